using System.Globalization;
using CsvIngest.Settings;
using Npgsql;

namespace CsvIngest.Postgres;

/// <summary>
/// Reads the address of a PostgreSQL database. It is either <c>postgres://user:password@host:port/database?parameters</c> (or
/// <c>postgresql://</c>), with the parameters of PostgreSQL's own tools or the driver's keywords and with several hosts separated by
/// commas, or a keyword string of the driver, Npgsql.
/// </summary>
public static class PostgresAddress
{
    /// <summary>In place of the file of the trusted issuers: those that the system trusts.</summary>
    internal const string SystemIssuers = "system";

    private static readonly string[] Schemes = ["postgres", "postgresql"];

    // The parameters of PostgreSQL's own tools that have another name in the driver.
    private static readonly Dictionary<string, string> Keywords = new(StringComparer.OrdinalIgnoreCase)
    {
        ["user"] = "Username",
        ["dbname"] = "Database",
        ["sslmode"] = "SSL Mode",
        ["sslnegotiation"] = "SSL Negotiation",
        ["sslrootcert"] = "Root Certificate",
        ["sslcert"] = "SSL Certificate",
        ["sslkey"] = "SSL Key",
        ["sslpassword"] = "SSL Password",
        ["channel_binding"] = "Channel Binding",
        ["gssencmode"] = "GSS Encryption Mode",
        ["krbsrvname"] = "Kerberos Service Name",
        ["connect_timeout"] = "Timeout",
        ["application_name"] = "Application Name",
        ["target_session_attrs"] = "Target Session Attributes",
        ["load_balance_hosts"] = "Load Balance Hosts",
        ["client_encoding"] = "Client Encoding",
        ["keepalives"] = "TCP Keepalive",
        ["keepalives_idle"] = "TCP Keepalive Time",
        ["keepalives_interval"] = "TCP Keepalive Interval",
    };

    /// <summary>The addresses of PostgreSQL databases.</summary>
    internal static AddressForms Forms { get; } = new()
    {
        Schemes = Schemes,
        Descriptions = ["postgres://…[?sslmode=verify-full]", "an Npgsql connection string"],
        AcceptsKeywords = true,
    };

    /// <summary>The driver's connection string for an address, with our own defaults for what the address leaves open.</summary>
    /// <exception cref="UsageException">The address is not valid. The message may name a parameter, but never contains a value.</exception>
    public static string ToConnectionString(string address)
    {
        var builder = new NpgsqlConnectionStringBuilder();
        if (Array.Exists(Schemes, scheme => address.StartsWith(scheme + "://", StringComparison.OrdinalIgnoreCase)))
        {
            ReadUrl(address, builder);
        }
        else
        {
            ReadKeywords(address, builder);
        }

        if (string.IsNullOrEmpty(builder.Host))
        {
            throw new UsageException("The database address names no host.");
        }

        RequireNameForSystemIssuers(builder);
        RepeatSingleHost(builder);
        ApplyDefaults(builder);
        return builder.ConnectionString;
    }

    /// <summary>A connection string as it may be shown to people: user, hosts and database only.</summary>
    internal static string ToDisplay(string connectionString)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString);
        var user = builder.Username is { } name ? $"{name}@" : string.Empty;
        var hosts = string.Join(',', builder.Host!.Split(',').Select(host => WithPort(host, builder.Port)).Distinct());
        return $"postgres://{user}{hosts}/{builder.Database ?? builder.Username}";
    }

    // Each of several hosts has its own port; a single IPv6 address has no brackets; a folder of sockets has no port.
    private static string WithPort(string host, int port)
    {
        var colons = host.Count(character => character == ':');
        return host.StartsWith('/') || colons == 1 || host.Contains("]:", StringComparison.Ordinal) ? host
            : colons > 1 && !host.StartsWith('[') ? $"[{host}]:{port.ToString(CultureInfo.InvariantCulture)}"
            : $"{host}:{port.ToString(CultureInfo.InvariantCulture)}";
    }

    // As PostgreSQL's own tools do: anybody can have a certificate of an issuer that systems trust, but only for his own name.
    private static void RequireNameForSystemIssuers(NpgsqlConnectionStringBuilder builder)
    {
        if (builder.RootCertificate != SystemIssuers)
        {
            return;
        }

        if (builder.ShouldSerialize("SSL Mode") && builder.SslMode != SslMode.VerifyFull)
        {
            throw new UsageException("The database address has sslrootcert=system, which needs sslmode=verify-full.");
        }

        builder.SslMode = SslMode.VerifyFull;
    }

    // The driver checks the state of a server only if it can choose between hosts. An address that always leads to the current primary
    // is one host and needs the check as well, so it is listed twice.
    private static void RepeatSingleHost(NpgsqlConnectionStringBuilder builder)
    {
        var host = builder.Host!;
        var isRequired = builder.TargetSessionAttributes is { } state && !state.Equals("any", StringComparison.OrdinalIgnoreCase);
        if (isRequired && !host.Contains(',', StringComparison.Ordinal))
        {
            var address = host.Contains(':', StringComparison.Ordinal) ? WithPort(host, builder.Port) : host;
            builder.Host = $"{address},{address}";
        }
    }

    private static void ApplyDefaults(NpgsqlConnectionStringBuilder builder)
    {
        Default("Application Name", "csvingest");
        // Seconds; a guess: a server on another continent answers within a second, and the caller retries.
        Default("Timeout", 10);
        // Seconds; a guess: a batch of 5,000 rows takes about 50 ms (measured), so a statement that takes this long is stuck.
        Default("Command Timeout", 60);
        // Seconds; a guess: with several hosts, a failover takes this much longer. The driver's own default is 10.
        Default("Host Recheck Seconds", 2);
        // A guess: a half-open connection is detected within 60 s, after 15 s of silence and nine probes (Linux's default) 5 s apart.
        // A Unix socket, whose host is a path, has no such options, and setting them fails.
        if (builder.Host is not ['/' or '@', ..])
        {
            Default("TCP Keepalive", true);
            Default("TCP Keepalive Time", 15);
            Default("TCP Keepalive Interval", 5);
        }

        void Default(string keyword, object value)
        {
            if (!builder.ShouldSerialize(keyword))
            {
                builder[keyword] = value;
            }
        }
    }

    private static void ReadKeywords(string address, NpgsqlConnectionStringBuilder builder)
    {
        // Without the driver's own message, which may quote a part of a password that contains a semicolon.
        if (!IsAccepted(() => builder.ConnectionString = address))
        {
            throw new UsageException(
                "The database address is neither postgres://user:password@host/database nor a valid Npgsql connection string: "
                + "a keyword is unknown or has an invalid value.");
        }
    }

    private static void ReadUrl(string address, NpgsqlConnectionStringBuilder builder)
    {
        var parts = ServerAddress.Parse(address, "database address", "postgres://user:password@host:port/database");
        if (parts.User is not null)
        {
            Set(builder, "user", "Username", parts.User);
        }

        if (!string.IsNullOrEmpty(parts.Password))
        {
            Set(builder, "password", "Password", parts.Password);
        }

        // The driver accepts a list of host:port as it is, but the port of a single host in its own keyword.
        if (parts.Hosts is [var host])
        {
            Set(builder, "host", "Host", host.Name);
            if (host.Port is { } port)
            {
                Set(builder, "port", "Port", port.ToString(CultureInfo.InvariantCulture));
            }
        }
        else if (parts.Hosts.Count > 0)
        {
            Set(builder, "host", "Host", string.Join(',', parts.Hosts));
        }

        if (parts.Path.Count > 0)
        {
            Set(builder, "database", "Database", string.Join('/', parts.Path));
        }

        foreach (var (name, value) in parts.Parameters)
        {
            SetParameter(builder, name, value);
        }
    }

    private static void SetParameter(NpgsqlConnectionStringBuilder builder, string name, string value)
    {
        var mapped = name.ToUpperInvariant() switch
        {
            "SSLMODE" => value.ToUpperInvariant() switch
            {
                "VERIFY-CA" => nameof(SslMode.VerifyCA),
                "VERIFY-FULL" => nameof(SslMode.VerifyFull),
                _ => value,
            },
            "KEEPALIVES" => value == "0" ? "false" : "true",
            "LOAD_BALANCE_HOSTS" => value == "random" ? "true" : "false",
            _ => value,
        };
        Set(builder, name, Keywords.GetValueOrDefault(name, name), mapped);
    }

    private static void Set(NpgsqlConnectionStringBuilder builder, string name, string keyword, string value)
    {
        if (!IsAccepted(() => builder[keyword] = value))
        {
            throw new UsageException($"The parameter \"{name}\" of the database address is unknown or has an invalid value.");
        }
    }

    private static bool IsAccepted(Action set)
    {
        try
        {
            set();
            return true;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or KeyNotFoundException or OverflowException)
        {
            return false;
        }
    }
}
