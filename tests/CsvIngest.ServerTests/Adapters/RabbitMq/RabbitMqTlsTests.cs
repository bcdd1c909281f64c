using CsvIngest.Contracts;
using CsvIngest.Messages;
using CsvIngest.RabbitMq;
using CsvIngest.ServerTests.EndToEnd.Harness;
using CsvIngest.ServerTests.Servers;
using CsvIngest.Settings;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.Adapters;

/// <summary>Certificates and credentials of a broker that asks its clients for certificates.</summary>
public sealed class RabbitMqTlsTests(TlsServers servers) : IAsyncLifetime
{
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(15);

    private readonly string _queue = $"csvingest-tls-{Guid.NewGuid():N}";
    private readonly RecordedLogs _logs = new();

    public async ValueTask InitializeAsync() => await servers.StartedAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task What_is_verified_on_both_sides_is_used()
    {
        await using var broker = Open(Address("localhost", Trusted, Certified));

        await broker.PublishAsync("m");

        (await broker.CountAsync(default)).Messages.ShouldBe(1);
        _logs.AboveInformation.ShouldBeEmpty();
    }

    [Fact]
    public async Task Each_of_several_hosts_is_verified_under_its_own_name_or_all_under_one_that_is_specified()
    {
        await using var broker = Open($"amqps://guest:guest@{servers.BrokerAt("127.0.0.1")},{servers.BrokerAt("localhost")}/?{Trusted}&{Certified}");
        await using var named = Open(Address("127.0.0.1", Trusted, Certified, "server_name_indication=localhost"));

        // The client tries the hosts in any order, and uses the one with the right name.
        await broker.CountAsync(default);
        await named.CountAsync(default);
    }

    [Fact]
    public async Task A_certificate_for_another_name_is_denied()
    {
        var denial = await DeniedAsync(Address("127.0.0.1", Trusted, Certified));

        denial.ShouldContain("the server's certificate is for \"localhost\", not for \"127.0.0.1\"");
        denial.ShouldContain("server_name_indication=NAME");
        denial.ShouldContain("--broker");
    }

    [Fact]
    public async Task A_certificate_of_an_issuer_that_is_not_trusted_is_denied()
    {
        (await DeniedAsync(Address("localhost"))).ShouldContain("\"CN=Tests\", is not trusted by this system");
        (await DeniedAsync(Address("localhost"))).ShouldContain("in --broker: cacertfile=FILE");
        (await DeniedAsync(Address("localhost", $"cacertfile={servers.OtherIssuerFile}"))).ShouldContain(
            $"\"CN=Tests\", is not in {servers.OtherIssuerFile}, the file of trusted issuers (cacertfile in --broker)");
    }

    [Fact]
    public async Task A_client_without_a_certificate_or_with_one_of_an_unknown_issuer_is_denied()
    {
        (await DeniedAsync(Address("localhost", Trusted))).ShouldContain(
            "the server requires a client certificate (certificate required). "
            + "Pass the files of one and of its key (PEM) in --broker: certfile=FILE and keyfile=FILE");
        (await DeniedAsync(Address("localhost", Trusted, $"certfile={servers.Stranger.Certificate}&keyfile={servers.Stranger.Key}"))).ShouldContain(
            $"the server does not accept the client certificate in {servers.Stranger.Certificate} (certfile in --broker): unknown ca");
    }

    [Fact]
    public async Task A_port_without_tls_is_denied()
    {
        (await DeniedAsync($"amqps://guest:guest@{Endpoint.Of(servers.Broker.Address)}/")).ShouldContain("Check that it expects TLS at this port");
    }

    [Fact]
    public async Task Publisher_and_receiver_are_denied_as_well()
    {
        await using var broker = Open(Address("localhost"));
        await using var publisher = broker.OpenPublisher(new PublisherOptions());
        await using var receiver = broker.OpenReceiver(new ReceiverOptions());

        await Should.ThrowAsync<DeniedException>(() => publisher.PublishAsync(BrokerTesting.Message("m")).WaitAsync(AtOnce));
        await Should.ThrowAsync<DeniedException>(() => receiver.WaitAsync(default).WaitAsync(AtOnce));
    }

    [Fact]
    public async Task Without_verification_everything_is_accepted_and_a_warning_is_logged()
    {
        await using var broker = Open(Address("127.0.0.1", "verify=verify_none", Certified));

        await broker.CountAsync(default);

        _logs.AboveInformation.ShouldHaveSingleItem().Message.ShouldContain("is not verified (verify_none)");
    }

    [Fact]
    public async Task Files_are_read_again_for_each_connection()
    {
        using var folder = new WorkFolder();
        var issuer = folder.Write("issuer.pem", await File.ReadAllTextAsync(servers.IssuerFile));
        await using var broker = Open(Address("localhost", $"cacertfile={issuer}", Certified));
        await broker.CountAsync(default);

        folder.Write("issuer.pem", await File.ReadAllTextAsync(servers.OtherIssuerFile));
        await Should.ThrowAsync<DeniedException>(() => broker.CountAsync(default));

        // While it is being written.
        folder.Write("issuer.pem", "-----BEGIN CERTI");
        (await Should.ThrowAsync<BrokerUnavailableException>(() => broker.CountAsync(default))).Message.ShouldContain(issuer);

        folder.Write("issuer.pem", await File.ReadAllTextAsync(servers.IssuerFile));
        await broker.CountAsync(default);
    }

    [Fact]
    public async Task A_password_that_is_replaced_is_read_from_its_file_by_what_is_connected()
    {
        using var folder = new WorkFolder();
        var user = $"u{Guid.NewGuid():N}";
        await servers.SetPasswordAsync(user, "first");
        var file = folder.Write("broker", AddressOf("first"));
        var options = RabbitMqOptions.Parse(
            new ConfiguredAddress(AddressOf("first"), new AddressFile(file, () => File.ReadAllText(file))), _queue);
        await using var broker = new RabbitMqBroker(options, _logs);
        await using var publisher = broker.OpenPublisher(new PublisherOptions());
        await using var receiver = broker.OpenReceiver(new ReceiverOptions());
        await publisher.PublishAllAsync(["m1"]).WaitAsync(AtOnce);
        await ReceiveAndAckAsync("m1");

        // First at the server: the login is refused until the file has the new password.
        await servers.SetPasswordAsync(user, "second");
        var publishing = publisher.PublishAllAsync(["m2"]);
        (await Should.ThrowAsync<BrokerUnavailableException>(() => broker.CountAsync(default))).Message.ShouldContain(
            $"wrong user name or password. Check the broker's address (--broker). Waiting for other credentials in {file}.");
        folder.Write("broker", AddressOf("second"));
        await publishing.WaitAsync(AtOnce);
        await ReceiveAndAckAsync("m2");

        // First in the file: nobody waits.
        folder.Write("broker", AddressOf("third"));
        await servers.SetPasswordAsync(user, "third");
        await publisher.PublishAllAsync(["m3"]).WaitAsync(AtOnce);
        await ReceiveAndAckAsync("m3");

        string AddressOf(string password) => $"amqps://{user}:{password}@{servers.BrokerAt("localhost")}/?{Trusted}&{Certified}";

        async Task ReceiveAndAckAsync(string text)
        {
            using var timeout = new CancellationTokenSource(AtOnce);
            var received = await receiver.ReceiveAsync(1, timeout.Token);
            received[0].Text().ShouldBe(text);
            await receiver.SettleAsync(received, Outcome.Ack, timeout.Token);
        }
    }

    [Fact]
    public async Task A_login_that_was_never_accepted_is_denied_at_once_though_its_address_is_in_a_file()
    {
        var address = Address("localhost", Trusted, Certified).Replace("guest:guest", "guest:wrong", StringComparison.Ordinal);
        var configured = new ConfiguredAddress(address, new AddressFile("broker", () => address));
        await using var broker = new RabbitMqBroker(RabbitMqOptions.Parse(configured, _queue), _logs);

        (await Should.ThrowAsync<LoginRefusedException>(() => broker.CountAsync(default))).Message.ShouldContain("wrong user name or password");
    }

    private string Trusted => $"cacertfile={servers.IssuerFile}";

    private string Certified => $"certfile={servers.Client.Certificate}&keyfile={servers.Client.Key}";

    private string Address(string host, params string[] parameters) =>
        $"amqps://guest:guest@{servers.BrokerAt(host)}/?{string.Join('&', parameters)}";

    private RabbitMqBroker Open(string address) => new(RabbitMqOptions.Parse(address, _queue), _logs);

    private async Task<string> DeniedAsync(string address)
    {
        await using var broker = Open(address);
        return (await Should.ThrowAsync<DeniedException>(() => broker.CountAsync(default).WaitAsync(AtOnce))).Message;
    }
}
