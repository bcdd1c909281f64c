using CsvIngest.Testing;

namespace CsvIngest.ServerTests.EndToEnd.Harness;

/// <summary>The <c>host:port</c> in the address of a server.</summary>
internal static class Endpoint
{
    public static string Of(string address)
    {
        var endpoint = address[(address.LastIndexOf('@') + 1)..];
        return endpoint[..endpoint.IndexOf('/', StringComparison.Ordinal)];
    }

    /// <summary>A <c>host:port</c> that nothing listens on.</summary>
    public static string Unused() => $"127.0.0.1:{ServerPorts.Take()}";

    /// <summary>The same address with another <c>host:port</c>, such as that of a proxy.</summary>
    public static string Replace(string address, string endpoint) => address.Replace(Of(address), endpoint, StringComparison.Ordinal);
}
