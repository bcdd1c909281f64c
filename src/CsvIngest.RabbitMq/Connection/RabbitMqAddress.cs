using CsvIngest.Settings;

namespace CsvIngest.RabbitMq;

/// <summary>Where the broker is, and who logs in there.</summary>
public sealed record RabbitMqAddress
{
    private const string Expected = "amqp://user:password@host:port/vhost, or amqps with parameters such as ?cacertfile=FILE";
    private const int Port = 5672;
    private const int TlsPort = 5671;

    /// <summary>The brokers of one cluster; one of them is picked at random for each connection.</summary>
    public required IReadOnlyList<BrokerHost> Hosts { get; init; }

    /// <summary>How the connection is encrypted (<c>amqps</c>); null if it is not.</summary>
    public RabbitMqTls? Tls { get; init; }

    /// <summary>Defaults to guest, as the broker does.</summary>
    public string User { get; init; } = "guest";

    /// <summary>Defaults to guest, as the broker does.</summary>
    public string Password { get; init; } = "guest";

    /// <summary>Defaults to <c>/</c>, as the broker does.</summary>
    public string VirtualHost { get; init; } = "/";

    /// <summary>
    /// Reads an address of the form <c>amqp://user:password@host:port,host:port/vhost</c>, or <c>amqps</c> with the parameters of
    /// <see cref="RabbitMqTls"/>. User, password and virtual host are percent-decoded. What is left out takes the broker's default: guest, 5672
    /// (5671 with TLS), <c>/</c>.
    /// </summary>
    /// <exception cref="UsageException">What is wrong, without showing the password.</exception>
    public static RabbitMqAddress Parse(string address)
    {
        var parts = ServerAddress.Parse(address, "broker address", Expected);
        if (parts.Scheme is not ("amqp" or "amqps"))
        {
            throw parts.Invalid("it does not begin with amqp:// or amqps://");
        }

        if (address.Contains('#', StringComparison.Ordinal))
        {
            throw parts.Invalid("a literal # must be written as %23");
        }

        if (parts.Hosts.Count == 0)
        {
            throw parts.Invalid("it names no host");
        }

        if (parts.Path.Count > 1)
        {
            throw parts.Invalid("a literal / in the user, the password or the virtual host must be written as %2F");
        }

        var tls = RabbitMqTls.Read(parts);
        var read = new RabbitMqAddress
        {
            Hosts = [.. parts.Hosts.Select(host => new BrokerHost(host.Name, host.Port ?? (tls is null ? Port : TlsPort)))],
            Tls = tls,
        };
        return read with
        {
            User = parts.User ?? read.User,
            Password = parts.Password ?? read.Password,
            VirtualHost = parts.Path.Count > 0 ? parts.Path[0] : read.VirtualHost,
        };
    }

    /// <summary>The address as it may be shown to people: without password and parameters.</summary>
    public override string ToString() =>
        $"{(Tls is null ? "amqp" : "amqps")}://{Uri.EscapeDataString(User)}@{string.Join(',', Hosts)}/"
        + (VirtualHost == "/" ? "" : Uri.EscapeDataString(VirtualHost));
}

/// <summary>One broker.</summary>
/// <param name="Name">A name or an IP address (IPv6 without brackets).</param>
/// <param name="Port">1 to 65535.</param>
public sealed record BrokerHost(string Name, int Port)
{
    /// <summary>As in an address.</summary>
    public override string ToString() => Name.Contains(':', StringComparison.Ordinal) ? $"[{Name}]:{Port}" : $"{Name}:{Port}";
}
