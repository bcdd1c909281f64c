namespace CsvIngest.ServerTests.EndToEnd;

/// <summary>The <c>host:port</c> in the address of a server.</summary>
internal static class Endpoint
{
    public static string Of(string address)
    {
        var endpoint = address[(address.LastIndexOf('@') + 1)..];
        return endpoint[..endpoint.IndexOf('/', StringComparison.Ordinal)];
    }

    /// <summary>The same address, through a proxy.</summary>
    public static string Replace(string address, string endpoint) => address.Replace(Of(address), endpoint, StringComparison.Ordinal);
}
