using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using CsvIngest.Settings;
using CsvIngest.Tls;
using RabbitMQ.Client;

namespace CsvIngest.RabbitMq;

/// <summary>One attempt to connect with TLS: reads the files, verifies the broker, and finds out why it was refused.</summary>
internal sealed class TlsAttempt
{
    private readonly RabbitMqTls _tls;
    private readonly string _broker;
    private readonly ServerVerification _verification;
    private readonly SslStreamCertificateContext? _own;
    private volatile BrokerHost? _verified;

    /// <param name="tls">The parameters of the address.</param>
    /// <param name="address">Without password.</param>
    /// <exception cref="UsageException">A file cannot be read or is malformed.</exception>
    public TlsAttempt(RabbitMqTls tls, string address)
    {
        (_tls, _broker) = (tls, $"Broker {address}");
        _verification = new ServerVerification(_broker, RabbitMqTls.Terms, tls.IssuersFile);
        if (tls.CertificateFile is not null)
        {
            var client = new CertificateFiles(RabbitMqTls.Terms).ReadClient(tls.CertificateFile, tls.KeyFile ?? tls.CertificateFile);
            _own = SslStreamCertificateContext.Create(client.Own, client.Issuers, offline: true);
        }
    }

    /// <summary>The client's options for one of the hosts.</summary>
    public SslOption OptionsFor(BrokerHost host) => new()
    {
        Enabled = true,
        ServerName = NameOf(host),
        CertificateValidationCallback = (sender, certificate, chain, errors) => Accept(host, sender, certificate, chain, errors),
        ClientCertificateContext = _own,
    };

    /// <summary>
    /// The error for a broker that ended the connection because it does not accept the certificate of this client; null if it had another reason.
    /// </summary>
    public async Task<DeniedException?> FindRefusalAsync(Exception failure, CancellationToken cancellationToken) =>
        _verified is { } host
        && await ClientCertificateRefusal.ListenAsync(host.Name, host.Port, ListeningTo(host), cancellationToken) is { } reason
            ? new DeniedException($"{_broker}: {ClientCertificateRefusal.Explain(reason, _tls.CertificateFile, RabbitMqTls.Terms)}", failure)
            : null;

    private SslClientAuthenticationOptions ListeningTo(BrokerHost host) => new()
    {
        TargetHost = NameOf(host),
        RemoteCertificateValidationCallback = (sender, certificate, chain, errors) => Accept(host, sender, certificate, chain, errors),
        ClientCertificateContext = _own,
    };

    private string NameOf(BrokerHost host) => _tls.ServerName ?? host.Name;

    private bool Accept(BrokerHost host, object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        var accepted = !_tls.Verify || _verification.Accept(sender, certificate, chain, errors);
        _verified = accepted ? host : null;
        return accepted;
    }
}
