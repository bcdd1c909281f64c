using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CsvIngest.Testing;

/// <summary>An issuer of certificates that nobody trusts unless told to.</summary>
public sealed class CertificateAuthority : IDisposable
{
    private readonly X509Certificate2 _own;

    /// <param name="name">Its name.</param>
    /// <param name="parent">The issuer of its own certificate; null for itself.</param>
    public CertificateAuthority(string name, CertificateAuthority? parent = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var (from, to) = (DateTimeOffset.UtcNow.AddDays(-100), DateTimeOffset.UtcNow.AddDays(100));
        if (parent is null)
        {
            _own = request.CreateSelfSigned(from, to);
            return;
        }

        using var issued = request.Create(parent._own, from.AddDays(1), to.AddDays(-1), RandomNumberGenerator.GetBytes(8));
        _own = issued.CopyWithPrivateKey(key);
    }

    /// <summary>Its own certificate, in the format PEM.</summary>
    public string Pem => _own.ExportCertificatePem();

    /// <summary>Its own certificate, in the format DER.</summary>
    public byte[] Der => _own.RawData;

    /// <summary>Issues a certificate that is valid now.</summary>
    /// <param name="subject">The subject's common name.</param>
    /// <param name="names">The host names and IP addresses that it is for; none for a client.</param>
    public IssuedCertificate Issue(string subject, params string[] names) => Issue(subject, TimeSpan.FromDays(-1), TimeSpan.FromDays(1), names);

    /// <summary>Issues a certificate.</summary>
    /// <param name="subject">The subject's common name.</param>
    /// <param name="from">When it begins to be valid, from now.</param>
    /// <param name="to">When it expires, from now.</param>
    /// <param name="names">The host names and IP addresses that it is for; none for a client.</param>
    public IssuedCertificate Issue(string subject, TimeSpan from, TimeSpan to, params string[] names)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={subject}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        if (names.Length > 0)
        {
            var alternatives = new SubjectAlternativeNameBuilder();
            foreach (var name in names)
            {
                if (IPAddress.TryParse(name, out var address))
                {
                    alternatives.AddIpAddress(address);
                }
                else
                {
                    alternatives.AddDnsName(name);
                }
            }

            request.CertificateExtensions.Add(alternatives.Build());
        }

        var now = DateTimeOffset.UtcNow;
        var issued = request.Create(_own, now + from, now + to, RandomNumberGenerator.GetBytes(8));
        return new IssuedCertificate(issued.CopyWithPrivateKey(key), key);
    }

    public void Dispose() => _own.Dispose();
}

/// <summary>A certificate and its key.</summary>
public sealed class IssuedCertificate(X509Certificate2 certificate, ECDsa key) : IDisposable
{
    /// <summary>With its key.</summary>
    public X509Certificate2 Certificate => certificate;

    /// <summary>The certificate in the format PEM.</summary>
    public string Pem => certificate.ExportCertificatePem();

    /// <summary>The key in the format PEM.</summary>
    public string KeyPem => key.ExportPkcs8PrivateKeyPem();

    /// <summary>The key in the format PEM, encrypted.</summary>
    public string EncryptedKeyPem(string password) => key.ExportEncryptedPkcs8PrivateKeyPem(
        password, new PbeParameters(PbeEncryptionAlgorithm.Aes128Cbc, HashAlgorithmName.SHA256, iterationCount: 1));

    /// <summary>The key in the format DER, as an <c>ECPrivateKey</c>.</summary>
    public byte[] KeyDer => key.ExportECPrivateKey();

    public void Dispose()
    {
        certificate.Dispose();
        key.Dispose();
    }
}
