using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace CsvIngest.Tls;

/// <summary>
/// Verifies the certificate of a server: that it is valid now, that a trusted issuer has issued it, and that it is for the name by which the
/// server was addressed. Both drivers take <see cref="Accept"/> in place of their own check, which does not tell what is wrong.
/// </summary>
public sealed class ServerVerification
{
    private readonly string _server;
    private readonly TlsTerms _terms;
    private readonly string? _issuersFile;
    private readonly X509Certificate2Collection? _issuers;

    /// <param name="server">What errors call the server, such as "Broker scheme://host".</param>
    /// <param name="terms">What errors call the parameters of its address.</param>
    /// <param name="issuersFile">The file of the trusted issuers; null for those that the system trusts.</param>
    /// <exception cref="Settings.UsageException">The file cannot be read or is malformed.</exception>
    public ServerVerification(string server, TlsTerms terms, string? issuersFile)
    {
        (_server, _terms, _issuersFile) = (server, terms, issuersFile);
        _issuers = issuersFile is null ? null : new CertificateFiles(terms).ReadIssuers(issuersFile);
    }

    /// <summary>Whether the certificate must be for the name of the server. Defaults to true.</summary>
    public bool ChecksName { get; init; } = true;

    /// <summary>A <see cref="RemoteCertificateValidationCallback"/>. What it throws ends the handshake and reaches the caller of the driver.</summary>
    /// <returns>True.</returns>
    /// <exception cref="DeniedException">The certificate is not accepted. The message says why, and what to change.</exception>
    public bool Accept(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is not X509Certificate2 presented || chain is null)
        {
            throw Denied("the server presented no certificate.");
        }

        if (!IsTrusted(presented, chain, errors))
        {
            throw Denied(FaultOf(presented, chain));
        }

        if (ChecksName && errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            throw Denied(
                $"the server's certificate is for {NamesOf(presented)}, not for \"{Shown(((SslStream)sender).TargetHostName)}\". "
                + $"Use a name of the certificate as the host in {_terms.Setting}. {_terms.OtherName}");
        }

        return true;
    }

    private bool IsTrusted(X509Certificate2 presented, X509Chain chain, SslPolicyErrors errors)
    {
        if (_issuers is null)
        {
            return !errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors);
        }

        // Again, even if the system trusts it: only these issuers count. The chain keeps the certificates that the server has sent.
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(_issuers);
        return chain.Build(presented);
    }

    private string FaultOf(X509Certificate2 presented, X509Chain chain)
    {
        var all = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (flags, status) => flags | status.Status);
        if ((all & (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain)) != X509ChainStatusFlags.NoError)
        {
            var issuer = Shown(chain.ChainElements.LastOrDefault()?.Certificate.Issuer ?? presented.Issuer);
            return _issuersFile is null
                ? $"the issuer of the server's certificate, \"{issuer}\", is not trusted by this system. "
                    + $"To trust it, pass the file of its certificate (PEM) in {_terms.Setting}: {_terms.Issuers}=FILE."
                : $"the issuer of the server's certificate, \"{issuer}\", is not in {_issuersFile}, the file of trusted issuers "
                    + $"({_terms.Issuers} in {_terms.Setting}).";
        }

        if (all.HasFlag(X509ChainStatusFlags.NotTimeValid))
        {
            var untimely = chain.ChainElements
                .First(element => element.ChainElementStatus.Any(status => status.Status == X509ChainStatusFlags.NotTimeValid)).Certificate;
            var subject = Shown(untimely.Subject);
            return untimely.NotAfter < DateTime.Now
                ? $"the certificate of \"{subject}\" expired at {Utc(untimely.NotAfter)}. Renew it on the server."
                : $"the certificate of \"{subject}\" is not valid before {Utc(untimely.NotBefore)}. Check the clocks of both machines.";
        }

        return $"the server's certificate is not valid: {Shown(string.Join("; ", chain.ChainStatus.Select(status => status.StatusInformation.Trim())))}";
    }

    private static string NamesOf(X509Certificate2 certificate)
    {
        var alternatives = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        List<string> names =
        [
            .. alternatives?.EnumerateDnsNames() ?? [], .. alternatives?.EnumerateIPAddresses().Select(address => address.ToString()) ?? [],
        ];
        if (names.Count == 0)
        {
            names.Add(certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false));
        }

        return string.Join(", ", names.Select(name => $"\"{Shown(name)}\""));
    }

    private static string Utc(DateTime local) => local.ToUniversalTime().ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);

    private static string Shown(string text) => DisplayText.OneLine(text);

    private DeniedException Denied(string fault) => new($"{_server}: {fault}");
}
