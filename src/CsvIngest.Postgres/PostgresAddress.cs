using System.Globalization;
using CsvIngest.Settings;
using Npgsql;

namespace CsvIngest.Postgres;

/// <summary>
/// Reads the address of a PostgreSQL database: <c>postgres://user:password@host:port/database?parameters</c> (or
/// <c>postgresql://</c>) with the parameters of PostgreSQL's own tools or the driver's keywords, several hosts separated by
/// commas; or a keyword string of the driver, Npgsql.
/// </summary>
public static class PostgresAddress
{
    private static readonly string[] Schemes = ["postgres://", "postgresql://"];

    // The parameters of PostgreSQL's own tools that the driver calls otherwise.
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

    /// <summary>The driver's connection string for an address, with our own defaults where the address says nothing.</summary>
    /// <exception cref="UsageException">The address is not one; the message names at most a parameter, never a value.</exception>
    public static string ToConnectionString(string address)
    {
        var builder = new NpgsqlConnectionStringBuilder();
        var scheme = Schemes.FirstOrDefault(scheme => address.StartsWith(scheme, StringComparison.OrdinalIgnoreCase));
        if (scheme is not null)
        {
            ReadUrl(address[scheme.Length..], builder);
        }
        else
        {
            ReadKeywords(address, builder);
        }

        if (string.IsNullOrEmpty(builder.Host))
        {
            throw new UsageException("The database address names no host.");
        }

        RepeatSingleHost(builder);
        ApplyDefaults(builder);
        return builder.ConnectionString;
    }

    /// <summary>A connection string as it may be shown: user, hosts and database only.</summary>
    internal static string ToDisplay(string connectionString)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString);
        var user = builder.Username is { } name ? $"{name}@" : string.Empty;
        var hosts = string.Join(',', builder.Host!.Split(',').Select(host => WithPort(host, builder.Port)).Distinct());
        return $"postgres://{user}{hosts}/{builder.Database ?? builder.Username}";
    }

    // One of several hosts has its own port with it; an IPv6 address alone has no brackets; a folder of sockets has no port.
    private static string WithPort(string host, int port)
    {
        var colons = host.Count(character => character == ':');
        return host.StartsWith('/') || colons == 1 || host.Contains("]:", StringComparison.Ordinal) ? host
            : colons > 1 && !host.StartsWith('[') ? $"[{host}]:{port.ToString(CultureInfo.InvariantCulture)}"
            : $"{host}:{port.ToString(CultureInfo.InvariantCulture)}";
    }

    // The driver looks at the state of a server only where it has a choice. Asked for a state of one host, which is what an address
    // that always leads to the current primary needs, it gets that host twice.
    private static void RepeatSingleHost(NpgsqlConnectionStringBuilder builder)
    {
        var host = builder.Host!;
        var asks = builder.TargetSessionAttributes is { } state && !state.Equals("any", StringComparison.OrdinalIgnoreCase);
        if (asks && !host.Contains(',', StringComparison.Ordinal))
        {
            var address = host.Contains(':', StringComparison.Ordinal) ? WithPort(host, builder.Port) : host;
            builder.Host = $"{address},{address}";
        }
    }

    private static void ApplyDefaults(NpgsqlConnectionStringBuilder builder)
    {
        Default("Application Name", "csvingest");
        // A guess: a server on another continent answers in a second, and retrying is the caller's business.
        Default("Timeout", 10);
        // A guess: a round of 5,000 rows takes about 50 ms (measured), so after this long something holds us up.
        Default("Command Timeout", 60);
        // A half-open link is found within 60 s: after 15 s of silence, and nine probes (Linux's own count) of 5 s. A guess.
        Default("TCP Keepalive", true);
        Default("TCP Keepalive Time", 15);
        Default("TCP Keepalive Interval", 5);

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
        // Not with the driver's own words: they may name a piece of a password that holds a semicolon.
        if (!IsTaken(() => builder.ConnectionString = address))
        {
            throw new UsageException(
                "The database address is neither postgres://user:password@host/database nor a connection string that the driver "
                + "(Npgsql) takes: a keyword is unknown, or its value is not of its kind.");
        }
    }

    private static void ReadUrl(string rest, NpgsqlConnectionStringBuilder builder)
    {
        var (beforeQuery, query) = Cut(rest, '?');
        var (authority, database) = Cut(beforeQuery, '/');
        // A password may hold '@' unescaped; a host never does.
        var at = authority.LastIndexOf('@');
        if (at >= 0)
        {
            var (user, password) = Cut(authority[..at], ':');
            Set(builder, "user", "Username", Decode(user, "user"));
            if (password.Length > 0)
            {
                Set(builder, "password", "Password", Decode(password, "password"));
            }
        }

        ReadHosts(authority[(at + 1)..], builder);
        if (database.Length > 0)
        {
            Set(builder, "database", "Database", Decode(database, "database"));
        }

        foreach (var parameter in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = Cut(parameter, '=');
            SetParameter(builder, Decode(name, "a parameter's name"), Decode(value, $"parameter {name}"));
        }
    }

    private static void ReadHosts(string hosts, NpgsqlConnectionStringBuilder builder)
    {
        if (hosts.Length == 0)
        {
            return;
        }

        // The driver takes host:port lists as they are, but a single port in its own keyword.
        var decoded = Decode(hosts, "host");
        var colon = decoded.LastIndexOf(':');
        var single = !decoded.Contains(',', StringComparison.Ordinal);
        if (single && colon >= 0 && !decoded.EndsWith(']'))
        {
            Set(builder, "port", "Port", decoded[(colon + 1)..]);
            decoded = decoded[..colon];
        }

        Set(builder, "host", "Host", single ? decoded.Trim('[', ']') : decoded);
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
        if (!IsTaken(() => builder[keyword] = value))
        {
            throw new UsageException($"The database address has a parameter \"{name}\" that is unknown, or has a wrong value.");
        }
    }

    private static bool IsTaken(Action set)
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

    private static string Decode(string text, string what)
    {
        for (var i = text.IndexOf('%', StringComparison.Ordinal); i >= 0; i = text.IndexOf('%', i + 1))
        {
            if (i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2]))
            {
                throw new UsageException($"The {what} in the database address has a '%' that no two hex digits follow; write it %25.");
            }
        }

        return Uri.UnescapeDataString(text);
    }

    private static (string Before, string After) Cut(string text, char at)
    {
        var index = text.IndexOf(at, StringComparison.Ordinal);
        return index < 0 ? (text, string.Empty) : (text[..index], text[(index + 1)..]);
    }
}
