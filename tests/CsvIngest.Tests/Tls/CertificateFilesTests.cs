using CsvIngest.Settings;
using CsvIngest.Testing;
using CsvIngest.Tls;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Tls;

public sealed class CertificateFilesTests : IDisposable
{
    private readonly WorkFolder _folder = new();
    private readonly CertificateAuthority _issuer = new("Ours");
    private readonly IssuedCertificate _client;
    private readonly CertificateFiles _files = new(new TlsTerms
    {
        Setting = "--server", Issuers = "issuers", Certificate = "certificate", Key = "key", OtherName = "",
    });

    public CertificateFilesTests() => _client = _issuer.Issue("client");

    public void Dispose()
    {
        _client.Dispose();
        _issuer.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_file_may_contain_several_issuers_and_text_between_them()
    {
        using var other = new CertificateAuthority("Others");

        _files.ReadIssuers(_folder.Write("ca.pem", $"# ours\n{_issuer.Pem}\n# theirs\n{other.Pem}\n"))
            .Select(certificate => certificate.Subject).ShouldBe(["CN=Ours", "CN=Others"]);
    }

    [Fact]
    public void A_client_has_a_certificate_with_its_issuers_and_a_key_in_one_file_or_two()
    {
        var certificate = _folder.Write("client.pem", $"{_client.Pem}\n{_issuer.Pem}");
        var both = _folder.Write("both.pem", $"{_client.KeyPem}\n{_client.Pem}");

        using var two = _files.ReadClient(certificate, _folder.Write("client.key", _client.KeyPem));
        using var one = _files.ReadClient(both, both);

        (two.Own.Subject, two.Own.HasPrivateKey, two.Issuers.Single().Subject).ShouldBe(("CN=client", true, "CN=Ours"));
        (one.Own.Subject, one.Own.HasPrivateKey, one.Issuers.Count).ShouldBe(("CN=client", true, 0));
    }

    [Fact]
    public void A_key_may_have_a_password()
    {
        var certificate = _folder.Write("client.pem", _client.Pem);
        var encrypted = _folder.Write("client.key", _client.EncryptedKeyPem("secret"));

        using var client = _files.ReadClient(certificate, encrypted, "secret");

        client.Own.HasPrivateKey.ShouldBeTrue();
        Fault(() => _files.ReadClient(certificate, encrypted, "hunter2")).ShouldNotContain("hunter2");
        Fault(() => _files.ReadClient(certificate, encrypted)).ShouldContain("contains an encrypted key");
    }

    [Fact]
    public void A_file_that_cannot_be_used_is_named_with_its_parameter()
    {
        var certificate = _folder.Write("client.pem", _client.Pem);
        var nothing = _folder.Write("nothing.pem", "nothing\n");
        var broken = _folder.Write("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        using var other = _issuer.Issue("other");

        Fault(() => _files.ReadIssuers("/nowhere/ca.pem")).ShouldStartWith("The file /nowhere/ca.pem, which issuers in --server names, cannot be read: ");
        Fault(() => _files.ReadIssuers(_folder.FullPath)).ShouldContain("cannot be read");
        Fault(() => _files.ReadIssuers(nothing)).ShouldBe(
            $"The file {nothing}, which issuers in --server names, contains no certificate, or one that is malformed. "
            + "Expected the format PEM: -----BEGIN CERTIFICATE-----.");
        Fault(() => _files.ReadIssuers(broken)).ShouldContain("malformed");
        Fault(() => _files.ReadClient(nothing, certificate)).ShouldContain($"{nothing}, which certificate in --server names, contains no certificate");
        Fault(() => _files.ReadClient(broken, certificate)).ShouldContain($"{broken}, which certificate in --server names");
        Fault(() => _files.ReadClient(certificate, "/nowhere/key")).ShouldStartWith("The file /nowhere/key, which key in --server names, cannot be read");
        Fault(() => _files.ReadClient(certificate, nothing)).ShouldBe(
            $"The file {nothing}, which key in --server names, contains no private key of the certificate in {certificate} (certificate).");
        Fault(() => _files.ReadClient(certificate, _folder.Write("other.key", other.KeyPem))).ShouldContain("contains no private key of the certificate");
    }

    private static string Fault(Action read) => Should.Throw<UsageException>(read).Message;
}
