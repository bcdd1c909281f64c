using CsvIngest.Contracts;
using CsvIngest.Postgres;
using CsvIngest.ServerTests.Servers;
using CsvIngest.Settings;
using CsvIngest.Testing;
using Shouldly;
using Xunit;
using static CsvIngest.Contracts.ImportDraft;

namespace CsvIngest.ServerTests.Adapters;

/// <summary>Certificates and credentials of PostgreSQL, in the modes that its own tools have.</summary>
public sealed class PostgresTlsTests(TlsServers servers) : IAsyncLifetime
{
    private readonly RecordedLogs _logs = new();

    public async ValueTask InitializeAsync() => await servers.StartedAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task What_is_verified_on_both_sides_is_used()
    {
        await AcceptedAsync(Address("localhost", "certified", "sslmode=verify-full", Trusted, Certified));
        await AcceptedAsync(
            $"postgres://certified:certified@{servers.DatabaseAt("127.0.0.1")},{servers.DatabaseAt("localhost")}/postgres"
            + $"?sslmode=verify-full&{Trusted}&{Certified}");

        _logs.AboveInformation.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("127.0.0.1", "sslmode=verify-ca")]
    [InlineData("127.0.0.1", "sslmode=require")]
    [InlineData("localhost", "SSL%20Mode=VerifyFull")]
    public async Task A_mode_verifies_the_issuer_if_one_is_named(string host, string mode)
    {
        await AcceptedAsync(Address(host, "postgres", mode, Trusted));
        (await DeniedAsync(Address(host, "postgres", mode, Other))).ShouldContain(
            $"\"CN=Tests\", is not in {servers.OtherIssuerFile}, the file of trusted issuers (sslrootcert in --database)");
    }

    [Theory]
    [InlineData("sslmode=require")]
    [InlineData("sslmode=prefer")]
    [InlineData("sslmode=disable")]
    public async Task Other_modes_verify_nothing(string mode)
    {
        await AcceptedAsync(Address("127.0.0.1", "postgres", mode));

        _logs.AboveInformation.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_file_of_issuers_that_a_mode_ignores_is_a_warning()
    {
        await AcceptedAsync(Address("127.0.0.1", "postgres", Other));

        _logs.AboveInformation.ShouldHaveSingleItem().Message.ShouldContain("sslrootcert has no effect without sslmode=verify-full");
    }

    [Fact]
    public async Task A_certificate_for_another_name_is_denied()
    {
        var denial = await DeniedAsync(Address("127.0.0.1", "postgres", "sslmode=verify-full", Trusted));

        denial.ShouldContain("the server's certificate is for \"localhost\", not for \"127.0.0.1\"");
        denial.ShouldContain("--database");
        denial.ShouldContain("sslmode=verify-ca");
    }

    [Theory]
    [InlineData("sslmode=verify-full")]
    [InlineData("sslmode=verify-ca")]
    [InlineData("sslrootcert=system")]
    public async Task An_issuer_that_the_system_does_not_trust_is_denied(string parameters)
    {
        var denial = await DeniedAsync(Address("localhost", "postgres", parameters));

        denial.ShouldContain("\"CN=Tests\", is not trusted by this system");
        denial.ShouldContain("in --database: sslrootcert=FILE");
    }

    [Fact]
    public async Task A_client_without_a_certificate_and_one_without_tls_are_denied()
    {
        (await DeniedAsync(Address("localhost", "certified", "sslmode=verify-full", Trusted))).ShouldContain(
            "requires a valid client certificate (SQLSTATE 28000). Check the user, the password and the TLS parameters (sslmode, sslcert, sslkey)");
        (await DeniedAsync(Address("localhost", "certified", "sslmode=disable"))).ShouldContain("no encryption");
    }

    [Fact]
    public async Task A_login_that_one_of_several_hosts_refuses_is_refused_whatever_becomes_of_the_others()
    {
        // Nothing listens on port 1.
        await using var store = Open($"postgres://certified:wrong@127.0.0.1:1,{servers.DatabaseAt("localhost")}/postgres?sslmode=require&{Certified}");

        (await Should.ThrowAsync<LoginRefusedException>(() => store.CheckAsync([], default))).Message.ShouldContain("SQLSTATE 28P01");
    }

    [Fact]
    public async Task A_host_with_a_wrong_certificate_is_unavailable_while_another_one_may_come_back()
    {
        await using var store = Open($"postgres://certified:certified@{servers.DatabaseAt("localhost")},127.0.0.1:1/postgres?sslmode=verify-full&{Other}");

        (await Should.ThrowAsync<StoreUnavailableException>(() => store.CheckAsync([], default))).Message.ShouldContain("the file of trusted issuers");
    }

    [Fact]
    public async Task Files_are_read_again_for_each_connection()
    {
        using var folder = new WorkFolder();
        var issuer = folder.Write("issuer.pem", await File.ReadAllTextAsync(servers.IssuerFile));
        await using var store = Open(Address("localhost", "postgres", "sslmode=verify-full", $"sslrootcert={issuer}", "Pooling=false"));
        await store.CheckAsync([], default);

        folder.Write("issuer.pem", await File.ReadAllTextAsync(servers.OtherIssuerFile));
        await Should.ThrowAsync<DeniedException>(() => store.CheckAsync([], default));

        // While it is being written.
        folder.Write("issuer.pem", "-----BEGIN CERTI");
        (await Should.ThrowAsync<StoreUnavailableException>(() => store.CheckAsync([], default))).Message.ShouldContain(issuer);

        folder.Write("issuer.pem", await File.ReadAllTextAsync(servers.IssuerFile));
        await store.CheckAsync([], default);
    }

    [Fact]
    public async Task A_password_or_user_that_is_replaced_is_read_from_its_file()
    {
        using var folder = new WorkFolder();
        var user = $"u{Guid.NewGuid():N}";
        await servers.SetPasswordAsync(user, "first");
        await servers.SetPasswordAsync(user + "b", "other");
        var file = folder.Write("database", AddressOf(user, "first"));
        await using var store = new PostgresStore(
            new ConfiguredAddress(AddressOf(user, "first"), new AddressFile(file, () => File.ReadAllText(file))), _logs.CreateLogger("store"));
        var import = new ImportDraft(StoreDatasets.Contacts);
        await store.ApplyAsync([import.Slice(1, 0, Row(2, $"{user}@example.com", "x"))], default);

        // First at the server: the login is refused until the file has the new password.
        await servers.SetPasswordAsync(user, "second");
        await Poll.UntilAsync(async () =>
            (await Should.ThrowAsync<StoreUnavailableException>(() => store.CheckAsync([], default))).Message
                .Contains($"Waiting for other credentials in {file}.", StringComparison.Ordinal));
        folder.Write("database", AddressOf(user, "second"));
        await store.ApplyAsync([import.Slice(2, 1, Row(3, $"{user}2@example.com", "x"))], default);

        // First in the file, and another user: the address that is shown is the new one.
        folder.Write("database", AddressOf(user + "b", "other"));
        await servers.SetPasswordAsync(user, "third");
        await Poll.UntilAsync(async () =>
        {
            try
            {
                await store.CheckAsync([], default);
                return true;
            }
            catch (StoreUnavailableException)
            {
                // The pool has noticed the end of its connection with this call.
                return false;
            }
        });
        store.DisplayAddress.ShouldStartWith($"postgres://{user}b@");

        string AddressOf(string name, string password) => Address("localhost", name, "sslmode=verify-full", Trusted).Replace(
            $"{name}:{name}", $"{name}:{password}", StringComparison.Ordinal);
    }

    private string Trusted => $"sslrootcert={servers.IssuerFile}";

    private string Other => $"sslrootcert={servers.OtherIssuerFile}";

    private string Certified => $"sslcert={servers.Client.Certificate}&sslkey={servers.Client.Key}";

    // The password of the superuser is another one, which the address of the server has.
    private string Address(string host, string user, params string[] parameters)
    {
        var login = user == "postgres" ? servers.Database.AddressOf("")["postgres://".Length..].Split('@')[0] : $"{user}:{user}";
        return $"postgres://{login}@{servers.DatabaseAt(host)}/postgres?{string.Join('&', parameters)}";
    }

    private PostgresStore Open(string address) => new(address, _logs.CreateLogger("store"));

    private async Task AcceptedAsync(string address)
    {
        await using var store = Open(address);
        await store.CheckAsync([], default);
    }

    private async Task<string> DeniedAsync(string address)
    {
        await using var store = Open(address);
        return (await Should.ThrowAsync<DeniedException>(() => store.CheckAsync([], default))).Message;
    }
}
