using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using CsvIngest.Testing;
using CsvIngest.Tls;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Tls;

/// <summary>Handshakes over loopback, with certificates of the tests' own.</summary>
public sealed class ServerVerificationTests : IDisposable
{
    private static readonly TlsTerms Terms = new()
    {
        Setting = "--server", Issuers = "issuers", Certificate = "certificate", Key = "key", OtherName = "Pass name=NAME.",
    };

    private readonly WorkFolder _folder = new();
    private readonly CertificateAuthority _issuer = new("Ours");
    private readonly CertificateAuthority _other = new("Others\u001b[2J");

    public void Dispose()
    {
        _issuer.Dispose();
        _other.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("db.example")]
    [InlineData("127.0.0.1")]
    [InlineData("x.wild.example")]
    public async Task A_name_or_an_address_of_the_certificate_is_accepted(string host)
    {
        using var server = _issuer.Issue("server", "db.example", "127.0.0.1", "*.wild.example");

        (await ConnectAsync(server, host)).ShouldBeNull();
    }

    [Fact]
    public async Task An_issuer_between_that_the_server_sends_is_accepted()
    {
        using var between = new CertificateAuthority("Between", _issuer);
        using var server = between.Issue("server", "db.example");

        (await ConnectAsync(server, "db.example", sent: between)).ShouldBeNull();
        (await ConnectAsync(server, "db.example"))!.ShouldContain("the issuer of the server's certificate, \"CN=Between\", is not in");
    }

    [Fact]
    public async Task Another_name_is_denied_and_all_names_are_listed()
    {
        using var server = _issuer.Issue("server", "db.example", "10.0.0.1");
        using var plain = _issuer.Issue("only a subject");

        (await ConnectAsync(server, "other.example")).ShouldBe(
            "Server s: the server's certificate is for \"db.example\", \"10.0.0.1\", not for \"other.example\". "
            + "Use a name of the certificate as the host in --server. Pass name=NAME.");
        (await ConnectAsync(plain, "other.example"))!.ShouldContain("is for \"only a subject\", not for");
        (await ConnectAsync(server, "other.example", checksName: false)).ShouldBeNull();
    }

    [Fact]
    public async Task An_issuer_that_is_not_trusted_is_denied_and_named_without_what_a_terminal_obeys()
    {
        using var server = _other.Issue("server", "db.example");

        (await ConnectAsync(server, "db.example")).ShouldBe(
            $"Server s: the issuer of the server's certificate, \"CN=Others\\x1B[2J\", is not in {_folder["ours.pem"]}, the file of trusted issuers "
            + "(issuers in --server).");
        (await ConnectAsync(server, "db.example", trustsSystem: true)).ShouldBe(
            "Server s: the issuer of the server's certificate, \"CN=Others\\x1B[2J\", is not trusted by this system. "
            + "To trust it, pass the file of its certificate (PEM) in --server: issuers=FILE.");
    }

    [Fact]
    public async Task A_certificate_that_is_not_valid_now_is_denied()
    {
        using var expired = _issuer.Issue("old", TimeSpan.FromDays(-3), TimeSpan.FromDays(-2), "db.example");
        using var future = _issuer.Issue("new", TimeSpan.FromDays(2), TimeSpan.FromDays(3), "db.example");

        (await ConnectAsync(expired, "db.example"))!.ShouldMatch(@"the certificate of ""CN=old"" expired at \d{4}-\d\d-\d\d \d\d:\d\dZ\. Renew it");
        (await ConnectAsync(future, "db.example"))!.ShouldMatch(@"the certificate of ""CN=new"" is not valid before .*Z\. Check the clocks");
    }

    // Why the client denies the connection; null if it accepts the server.
    private async Task<string?> ConnectAsync(IssuedCertificate server, string host, bool checksName = true, bool trustsSystem = false, CertificateAuthority? sent = null)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = ServeAsync(listener, server, sent);
        var verification = new ServerVerification("Server s", Terms, trustsSystem ? null : _folder.Write("ours.pem", _issuer.Pem))
        {
            ChecksName = checksName,
        };
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        await using var stream = new SslStream(client.GetStream());
        try
        {
            await stream.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions { TargetHost = host, RemoteCertificateValidationCallback = verification.Accept });
            return null;
        }
        catch (DeniedException denial)
        {
            return denial.Message;
        }
        finally
        {
            client.Close();
            await serving;
        }
    }

    private static async Task ServeAsync(TcpListener listener, IssuedCertificate own, CertificateAuthority? sent)
    {
        using var client = await listener.AcceptTcpClientAsync();
        await using var stream = new SslStream(client.GetStream());
        try
        {
            X509Certificate2Collection between = sent is null ? [] : [X509Certificate2.CreateFromPem(sent.Pem)];
            await stream.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions
                {
                    ServerCertificateContext = SslStreamCertificateContext.Create(own.Certificate, between, offline: true),
                });
        }
        catch (Exception e) when (e is IOException or AuthenticationException)
        {
            // The client has ended the handshake.
        }
    }
}
