namespace CsvIngest.Tls;

/// <summary>What errors call the parts of a server's address, so that people find what to change.</summary>
public sealed record TlsTerms
{
    /// <summary>The option of the address, such as <c>--server</c>.</summary>
    public required string Setting { get; init; }

    /// <summary>The parameter that names the file of trusted issuers.</summary>
    public required string Issuers { get; init; }

    /// <summary>The parameter that names the file of the client's certificate.</summary>
    public required string Certificate { get; init; }

    /// <summary>The parameter that names the file of the client's private key.</summary>
    public required string Key { get; init; }

    /// <summary>What to do, besides using a name of the certificate as the host, where the certificate is for another name. A sentence.</summary>
    public required string OtherName { get; init; }
}
