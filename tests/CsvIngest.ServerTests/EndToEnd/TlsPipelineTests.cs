using CsvIngest.Postgres;
using CsvIngest.ServerTests.EndToEnd.Harness;
using CsvIngest.ServerTests.Servers;
using CsvIngest.Store;
using CsvIngest.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd;

/// <summary>The programs on servers that they verify, and that verify them, with addresses in files.</summary>
public sealed class TlsPipelineTests(TlsServers servers) : IAsyncLifetime
{
    private const int Rows = 6_000;

    private readonly WorkFolder _folder = new();
    private readonly string _user = $"u{Guid.NewGuid():N}";
    private string _database = "";

    public async ValueTask InitializeAsync()
    {
        await servers.StartedAsync();
        _database = await servers.CreateDatabaseAsync();
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task When_both_passwords_are_replaced_during_an_import_producer_and_consumer_go_on_with_the_new_ones()
    {
        // So slow that the producer is far from the end when the passwords are replaced.
        await using var link = new TcpProxy(servers.BrokerAt("127.0.0.1")) { Delay = TimeSpan.FromMilliseconds(20) };
        var broker = $"localhost:{link.Endpoint.Split(':')[1]}";
        await servers.SetPasswordAsync(_user, "hunter2old");
        WriteAddresses("hunter2old", broker, servers.DatabaseAt("localhost"));
        await using var store = new PostgresStore(servers.Database.AddressOf(_database), NullLogger.Instance);
        await store.MigrateAsync([], TestContext.Current.CancellationToken);
        var file = GeneratedFile.Write(_folder["people.csv"], Rows);
        await using var consumer = Start("consumer", "--quiet", "--ready-file", _folder["ready"]);
        // Few rows for each message make many messages.
        await using var producer = Start("producer", "--file", file.Path, "--rows-per-message", "2");

        await UntilAsync(books => books.SlicesApplied > Rows / 20);
        await servers.SetPasswordAsync(_user, "hunter2new");
        await Poll.UntilAsync(() => !File.Exists(_folder["ready"]), () => $"{consumer}");
        link.Delay = TimeSpan.Zero;
        WriteAddresses("hunter2new", broker, servers.DatabaseAt("localhost"));

        (await producer.WaitForExitAsync()).ShouldExitWith(0).Error.ShouldContain("Publisher reconnected to amqps://");
        await UntilAsync(books => books.Complete);
        var books = (await BooksAsync()).ShouldNotBeNull();
        (books.RowsRead, books.Inserted, books.Duplicate, books.Rejected).ShouldBe(
            (Rows, file.FirstNames.Count, file.Duplicates, file.Rejected));
        await Poll.UntilAsync(() => File.Exists(_folder["ready"]), () => $"{consumer}");
        consumer.SendSignal(Signal.Terminate);
        (await consumer.WaitForExitAsync()).ShouldExitWith(0);
        $"{producer}\n{consumer}".ShouldNotContain("hunter2");

        Task UntilAsync(Func<ImportBooks, bool> condition) => Poll.UntilAsync(
            async () => await BooksAsync() is { } books && condition(books), () => $"{producer}\n{consumer}");

        async Task<ImportBooks?> BooksAsync() =>
            (await store.ReportAsync(new ImportFilter(), TestContext.Current.CancellationToken)).SingleOrDefault();
    }

    [Fact]
    public async Task A_wrong_certificate_and_an_unusable_file_of_one_end_each_program_with_its_exit_code()
    {
        WriteAddresses("unused", servers.BrokerAt("localhost"), servers.DatabaseAt("127.0.0.1"));
        (await RunAsync("consumer", "status")).ShouldExitWith(69).Error.ShouldContain(
            $"consumer: Database postgres://{_user}@127.0.0.1");
        _folder.Write("broker", $"amqps://guest:guest@{servers.BrokerAt("localhost")}/?cacertfile={_folder["missing.pem"]}");
        _folder.Write("data.csv", "email,name\na@example.com,A\n");

        var producer = (await RunAsync("producer", "--file", "data.csv")).ShouldExitWith(64);

        producer.Error.ShouldContain($"producer: The file {_folder["missing.pem"]}, which cacertfile in --broker names, cannot be read");
    }

    private void WriteAddresses(string password, string broker, string database)
    {
        _folder.Write("broker", $"amqps://{_user}:{password}@{broker}/?cacertfile={servers.IssuerFile}"
            + $"&certfile={servers.Client.Certificate}&keyfile={servers.Client.Key}");
        _folder.Write("database", $"postgres://{_user}:{password}@{database}/{_database}?sslmode=verify-full&sslrootcert={servers.IssuerFile}");
    }

    private Dictionary<string, string> Environment => new()
    {
        ["CSVINGEST_BROKER_FILE"] = _folder["broker"],
        ["CSVINGEST_DATABASE_FILE"] = _folder["database"],
        ["CSVINGEST_QUEUE"] = _database,
    };

    private RunningProgram Start(string program, params string[] arguments) => Programs.Start(program, arguments, _folder, Environment);

    private Task<ProgramResult> RunAsync(string program, params string[] arguments) =>
        Programs.RunAsync(program, arguments, _folder, environment: Environment);
}
