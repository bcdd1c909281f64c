using System.Text;
using CsvIngest.Settings;

namespace CsvIngest.RabbitMq;

/// <summary>Reads broker addresses and checks queue names: <see cref="RabbitMqOptions.Parse"/>.</summary>
internal static class RabbitMqAddress
{
    private const int Port = 5672;
    private const int TlsPort = 5671;

    /// <summary>The protocol's limit for names; the dead-letter queue's name must fit too.</summary>
    private const int MaxQueueNameBytes = 255 - 12;

    public static RabbitMqOptions Parse(string address, string queue)
    {
        CheckQueue(queue);
        var parts = ServerAddress.Parse(address, "broker address", "amqp://user:password@host:port/vhost");
        if (parts.Scheme is not ("amqp" or "amqps"))
        {
            throw parts.Invalid("it does not begin with amqp:// or amqps://");
        }

        if (parts.Parameters.Count > 0 || address.Contains('#', StringComparison.Ordinal))
        {
            throw parts.Invalid("it has parameters, and none are supported (write a literal ? as %3F and a literal # as %23)");
        }

        if (parts.Hosts.Count == 0)
        {
            throw parts.Invalid("it names no host");
        }

        if (parts.Path.Count > 1)
        {
            throw parts.Invalid("a literal / in the user, the password or the virtual host must be written as %2F");
        }

        var tls = parts.Scheme == "amqps";
        var options = new RabbitMqOptions
        {
            Hosts = [.. parts.Hosts.Select(host => new BrokerHost(host.Name, host.Port ?? (tls ? TlsPort : Port)))],
            Queue = queue,
            Tls = tls,
        };
        return options with
        {
            User = parts.User ?? options.User,
            Password = parts.Password ?? options.Password,
            VirtualHost = parts.Path.Count > 0 ? parts.Path[0] : options.VirtualHost,
        };
    }

    private static void CheckQueue(string queue)
    {
        if (string.IsNullOrWhiteSpace(queue))
        {
            throw new UsageException("The queue name is empty (--queue).");
        }

        if (Encoding.UTF8.GetByteCount(queue) > MaxQueueNameBytes)
        {
            throw new UsageException($"The queue name is longer than {MaxQueueNameBytes} bytes (--queue).");
        }

        if (queue.StartsWith("amq.", StringComparison.Ordinal))
        {
            throw new UsageException("The queue name starts with \"amq.\", which is reserved for the broker itself (--queue).");
        }
    }
}
