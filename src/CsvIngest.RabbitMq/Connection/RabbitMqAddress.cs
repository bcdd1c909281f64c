using System.Globalization;
using System.Text;
using CsvIngest.Settings;

namespace CsvIngest.RabbitMq;

/// <summary>
/// Reads broker addresses. <see cref="Uri"/> knows no lists of hosts, so the parts are taken apart here. What is wrong with one is
/// a <see cref="UsageException"/>.
/// </summary>
internal static class RabbitMqAddress
{
    private const int Port = 5672;
    private const int TlsPort = 5671;

    /// <summary>The protocol's limit for names; the dead-letter queue's name must fit too.</summary>
    private const int MaxQueueNameBytes = 255 - 12;

    public static RabbitMqOptions Parse(string address, string queue)
    {
        CheckQueue(queue);
        var (tls, rest) = Scheme(address);
        if (rest.AsSpan().IndexOfAny('?', '#') >= 0)
        {
            throw Wrong("it has parameters after the virtual host, and none are known here");
        }

        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var authority = slash < 0 ? rest : rest[..slash];
        var path = slash < 0 ? "" : rest[(slash + 1)..];
        if (path.Contains('/', StringComparison.Ordinal))
        {
            throw Wrong("a / within the user, the password or the virtual host must be written as %2F");
        }

        // The last @, so that a password with an unescaped one does not end up in a host name and in a log.
        var at = authority.LastIndexOf('@');
        var options = new RabbitMqOptions
        {
            Hosts = Hosts(authority[(at + 1)..], tls ? TlsPort : Port),
            Queue = queue,
            Tls = tls,
        };
        options = path.Length == 0 ? options : options with { VirtualHost = Decode(path) };
        return at < 0 ? options : WithCredentials(options, authority[..at]);
    }

    private static void CheckQueue(string queue)
    {
        if (string.IsNullOrWhiteSpace(queue))
        {
            throw new UsageException("The queue needs a name (--queue).");
        }

        if (Encoding.UTF8.GetByteCount(queue) > MaxQueueNameBytes)
        {
            throw new UsageException($"The queue's name is longer than {MaxQueueNameBytes} bytes (--queue).");
        }

        if (queue.StartsWith("amq.", StringComparison.Ordinal))
        {
            throw new UsageException("The queue's name starts with \"amq.\", which the broker keeps for itself (--queue).");
        }
    }

    private static (bool Tls, string Remainder) Scheme(string address)
    {
        const string Plain = "amqp://";
        const string Secure = "amqps://";
        if (address.StartsWith(Plain, StringComparison.OrdinalIgnoreCase))
        {
            return (false, address[Plain.Length..]);
        }

        return address.StartsWith(Secure, StringComparison.OrdinalIgnoreCase)
            ? (true, address[Secure.Length..])
            : throw Wrong("it does not start with amqp:// or amqps://");
    }

    private static RabbitMqOptions WithCredentials(RabbitMqOptions options, string credentials)
    {
        var colon = credentials.IndexOf(':', StringComparison.Ordinal);
        return colon < 0
            ? options with { User = Decode(credentials) }
            : options with { User = Decode(credentials[..colon]), Password = Decode(credentials[(colon + 1)..]) };
    }

    private static List<BrokerHost> Hosts(string list, int defaultPort) =>
        [.. list.Split(',', StringSplitOptions.TrimEntries).Select(host => Host(host, defaultPort))];

    private static BrokerHost Host(string host, int defaultPort)
    {
        var bracket = host.LastIndexOf(']');
        var colon = host.IndexOf(':', Math.Max(bracket, 0));
        var name = (colon < 0 ? host : host[..colon]).Trim('[', ']');
        if (name.Length == 0)
        {
            throw Wrong("a host is missing");
        }

        if (colon < 0)
        {
            return new BrokerHost(name, defaultPort);
        }

        return int.TryParse(host.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            && port is > 0 and <= ushort.MaxValue
            ? new BrokerHost(name, port)
            : throw Wrong($"the port of host \"{name}\" is not a number from 1 to 65535");
    }

    private static string Decode(string part) => Uri.UnescapeDataString(part);

    private static UsageException Wrong(string what) =>
        new($"The broker's address is not usable: {what}. Expected amqp://user:password@host:port/vhost.");
}
