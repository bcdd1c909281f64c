using System.Globalization;

namespace CsvIngest.Settings;

/// <summary>
/// The parts of a server's address: <c>scheme://user:password@host:port,host:port/path?name=value&amp;…</c>. Everything but the
/// scheme may be left out. <see cref="Uri"/> accepts no list of hosts.
/// </summary>
public sealed class ServerAddress
{
    private readonly string _name;
    private readonly string _expected;

    private ServerAddress(string address, string name, string expected)
    {
        (_name, _expected) = (name, expected);
        var end = address.IndexOf("://", StringComparison.Ordinal);
        if (end <= 0)
        {
            throw Invalid("it has no scheme");
        }

        Scheme = address[..end].ToLowerInvariant();
        var (beforeQuery, query) = Cut(address[(end + 3)..], '?');
        var (authority, path) = Cut(beforeQuery, '/');

        // The last @, so that a password with an unescaped one does not end up in a host name and in a log. A host has none.
        var at = authority.LastIndexOf('@');
        if (at >= 0)
        {
            var (user, password) = Cut(authority[..at], ':');
            User = Decode(user, "user");
            Password = password is null ? null : Decode(password, "password");
        }

        Hosts = ReadHosts(authority[(at + 1)..]);
        Path = string.IsNullOrEmpty(path) ? [] : [.. path.Split('/').Select(segment => Decode(segment, "path"))];
        Parameters = query is null ? [] : [.. query.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(ReadParameter)];
    }

    /// <summary>In lower case, without the colon.</summary>
    public string Scheme { get; }

    /// <summary>Null if the address has no <c>@</c>.</summary>
    public string? User { get; }

    /// <summary>Null if no colon follows the user; empty if nothing follows the colon.</summary>
    public string? Password { get; }

    /// <summary>Empty if the address names none.</summary>
    public IReadOnlyList<ServerHost> Hosts { get; }

    /// <summary>The segments after the hosts, which slashes separate. Empty if there is no path.</summary>
    public IReadOnlyList<string> Path { get; }

    /// <summary>What follows the question mark, in order.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Parameters { get; }

    /// <summary>Takes an address apart and decodes percent-encoded characters in every part.</summary>
    /// <param name="address">The address.</param>
    /// <param name="name">What errors call it, such as "broker address".</param>
    /// <param name="expected">The form that errors show, such as <c>scheme://user:password@host:port/path</c>.</param>
    /// <exception cref="UsageException">It is not such an address. The message contains no password.</exception>
    public static ServerAddress Parse(string address, string name, string expected) => new(address, name, expected);

    /// <summary>The error for an address whose parts do not fit the adapter.</summary>
    /// <param name="fault">What is wrong, as a clause. It must not contain the password.</param>
    public UsageException Invalid(string fault) => new($"The {_name} is not valid: {fault}. Expected {_expected}.");

    private List<ServerHost> ReadHosts(string hosts) =>
        hosts.Length == 0 ? [] : [.. hosts.Split(',', StringSplitOptions.TrimEntries).Select(ReadHost)];

    private ServerHost ReadHost(string text)
    {
        var colon = text.IndexOf(':', Math.Max(text.LastIndexOf(']'), 0));
        var name = Decode((colon < 0 ? text : text[..colon]).Trim('[', ']'), "host");
        if (name.Length == 0)
        {
            throw Invalid("a host is missing");
        }

        if (colon < 0)
        {
            return new ServerHost(name, null);
        }

        return int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            && port is > 0 and <= ushort.MaxValue
            ? new ServerHost(name, port)
            : throw Invalid($"the port of host \"{name}\" is not a number from 1 to 65535");
    }

    private KeyValuePair<string, string> ReadParameter(string parameter)
    {
        var (name, value) = Cut(parameter, '=');
        var decoded = Decode(name, "name of a parameter");
        return new(decoded, Decode(value ?? string.Empty, $"parameter \"{decoded}\""));
    }

    private string Decode(string text, string part)
    {
        for (var i = text.IndexOf('%', StringComparison.Ordinal); i >= 0; i = text.IndexOf('%', i + 1))
        {
            if (i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2]))
            {
                throw Invalid($"the {part} contains a % that is not followed by two hexadecimal digits (write a literal % as %25)");
            }
        }

        return Uri.UnescapeDataString(text);
    }

    private static (string Before, string? After) Cut(string text, char separator)
    {
        var index = text.IndexOf(separator, StringComparison.Ordinal);
        return index < 0 ? (text, null) : (text[..index], text[(index + 1)..]);
    }
}

/// <summary>One host of a server's address.</summary>
/// <param name="Name">A name, an IP address (IPv6 without brackets), or whatever else the server's adapter accepts.</param>
/// <param name="Port">1 to 65535; null if the address does not specify it.</param>
public sealed record ServerHost(string Name, int? Port)
{
    /// <summary>As it is written in an address.</summary>
    public override string ToString()
    {
        var name = Name.Contains(':', StringComparison.Ordinal) ? $"[{Name}]" : Name;
        return Port is { } port ? string.Create(CultureInfo.InvariantCulture, $"{name}:{port}") : name;
    }
}
