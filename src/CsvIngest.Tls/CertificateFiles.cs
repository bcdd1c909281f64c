using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CsvIngest.Settings;

namespace CsvIngest.Tls;

/// <summary>Reads the PEM files that an address names.</summary>
/// <param name="terms">What errors call the parameters.</param>
public sealed class CertificateFiles(TlsTerms terms)
{
    /// <summary>Reads the certificates of issuers: one or several in one file.</summary>
    /// <exception cref="UsageException">The file cannot be read, or contains no certificate.</exception>
    public X509Certificate2Collection ReadIssuers(string path)
    {
        var issuers = new X509Certificate2Collection();
        try
        {
            issuers.ImportFromPem(Read(terms.Issuers, path));
        }
        catch (CryptographicException e)
        {
            throw Malformed(terms.Issuers, path, e);
        }

        return issuers.Count > 0 ? issuers : throw Malformed(terms.Issuers, path);
    }

    /// <summary>Reads the client's certificate, which is the first in its file, with those of its issuers that follow it, and its key.</summary>
    /// <param name="certificate">The file of the certificates.</param>
    /// <param name="key">The file of the private key, which may be the same.</param>
    /// <param name="password">The password of the key; null if it has none.</param>
    /// <exception cref="UsageException">A file cannot be read or is malformed, or the key does not belong to the certificate.</exception>
    public ClientCertificate ReadClient(string certificate, string key, string? password = null)
    {
        var (certificateText, keyText) = (Read(terms.Certificate, certificate), Read(terms.Key, key));
        var chain = new X509Certificate2Collection();
        try
        {
            chain.ImportFromPem(certificateText);
        }
        catch (CryptographicException e)
        {
            throw Malformed(terms.Certificate, certificate, e);
        }

        if (chain.Count == 0)
        {
            throw Malformed(terms.Certificate, certificate);
        }

        if (password is null && keyText.Contains("-----BEGIN ENCRYPTED PRIVATE KEY-----", StringComparison.Ordinal))
        {
            throw Unusable(terms.Key, key, "contains an encrypted key. Expected a key without a passphrase, in a file that only this user can read.");
        }

        try
        {
            var own = password is null
                ? X509Certificate2.CreateFromPem(certificateText, keyText)
                : X509Certificate2.CreateFromEncryptedPem(certificateText, keyText, password);
            chain[0].Dispose();
            chain.RemoveAt(0);
            return new ClientCertificate(own, chain);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw Unusable(terms.Key, key, $"contains no private key of the certificate in {certificate} ({terms.Certificate}).", e);
        }
    }

    private string Read(string parameter, string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw Unusable(parameter, path, $"cannot be read: {FailureReason.Of(e)}", e);
        }
    }

    private UsageException Malformed(string parameter, string path, Exception? cause = null) =>
        Unusable(parameter, path, "contains no certificate, or one that is malformed. Expected the format PEM: -----BEGIN CERTIFICATE-----.", cause);

    private UsageException Unusable(string parameter, string path, string fault, Exception? cause = null) =>
        new($"The file {path}, which {parameter} in {terms.Setting} names, {fault}", cause);
}

/// <summary>What a client shows to a server that asks who it is.</summary>
/// <param name="Own">Its certificate, with the private key.</param>
/// <param name="Issuers">The certificates between its own and one that the server knows. May be empty.</param>
public sealed record ClientCertificate(X509Certificate2 Own, X509Certificate2Collection Issuers) : IDisposable
{
    /// <summary>Disposes the certificates and the key.</summary>
    public void Dispose()
    {
        Own.Dispose();
        foreach (var issuer in Issuers)
        {
            issuer.Dispose();
        }
    }
}
