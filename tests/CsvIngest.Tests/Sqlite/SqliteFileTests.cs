using CsvIngest.Contracts;
using CsvIngest.Messages;
using CsvIngest.Sqlite;
using CsvIngest.Store;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Sqlite;

/// <summary>Both seams deny the use of unusable files, with a message that names the next step.</summary>
public sealed class SqliteFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_file_of_another_kind_is_denied()
    {
        var path = _folder.File("data.csv");
        await File.WriteAllTextAsync(path, string.Join('\n', Enumerable.Repeat("email,name", 100)));

        await ShouldBeDeniedAsync(path, "not an SQLite database");
        (await File.ReadAllTextAsync(path)).ShouldStartWith("email,name\n");
    }

    [Fact]
    public async Task A_missing_folder_is_denied() =>
        await ShouldBeDeniedAsync(_folder.File("missing/broker.db"), $"the folder {_folder.File("missing")} does not exist");

    [Fact]
    public void A_new_file_and_what_is_beside_it_can_be_read_by_its_owner_only()
    {
        using var connection = new SqliteFile(_folder.File("new.db")).Open(create: true);
        connection.Execute("CREATE TABLE t (a)");

        foreach (var file in (string[])["new.db", "new.db-wal", "new.db-shm"])
        {
            File.GetUnixFileMode(_folder.File(file)).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite, file);
        }
    }

    [Fact]
    public async Task A_folder_in_place_of_a_file_is_denied() => await ShouldBeDeniedAsync(_folder.Path, "is a folder");

    [Fact]
    public async Task Broker_tables_of_another_program_are_denied()
    {
        var path = _folder.File("other.db");
        using (var connection = new SqliteFile(path).Open(create: true))
        {
            connection.Execute("CREATE TABLE broker_messages (id, text)");
        }

        await using var broker = new SqliteBroker(path, "q", NullLoggerFactory.Instance);
        (await Should.ThrowAsync<DeniedException>(() => broker.PrepareAsync(CancellationToken.None)))
            .Message.ShouldContain("broker_");
    }

    [Fact]
    public async Task Using_a_store_that_does_not_exist_does_not_create_it()
    {
        var path = _folder.File("typo.db");
        await using var store = new SqliteStore(path, NullLogger.Instance);

        (await Should.ThrowAsync<DeniedException>(() => store.ReportAsync(ImportFilter.All, CancellationToken.None)))
            .Message.ShouldContain("consumer migrate");
        await Should.ThrowAsync<DeniedException>(() => store.CheckAsync([], CancellationToken.None));
        await Should.ThrowAsync<DeniedException>(
            () => store.ApplyAsync([new ImportDraft(StoreDatasets.Contacts).Closing(0, 0)], CancellationToken.None));

        File.Exists(path).ShouldBeFalse();
    }

    [Fact]
    public void A_file_that_was_deleted_or_replaced_is_gone_for_its_connection()
    {
        var file = new SqliteFile(_folder.File("a.db"));
        using var connection = file.Open(create: true);
        connection.IsFileGone().ShouldBeFalse();

        DeleteFiles();
        connection.IsFileGone().ShouldBeTrue();

        using var other = file.Open(create: true);
        connection.IsFileGone().ShouldBeTrue();
        other.IsFileGone().ShouldBeFalse();
    }

    [Fact]
    public async Task Rows_go_into_the_file_that_has_replaced_the_one_before()
    {
        var dataset = StoreDatasets.Contacts;
        var path = _folder.File("store.db");
        await using var store = new SqliteStore(path, NullLogger.Instance);
        await store.MigrateAsync([dataset], CancellationToken.None);
        await store.ApplyAsync([new ImportDraft(dataset).Closing(0, 0)], CancellationToken.None);
        DeleteFiles();
        await using var other = new SqliteStore(path, NullLogger.Instance);
        await other.MigrateAsync([dataset], CancellationToken.None);

        var kept = new ImportDraft(dataset);
        await store.ApplyAsync([kept.Closing(0, 0)], CancellationToken.None);

        (await other.ReportAsync(ImportFilter.All, CancellationToken.None)).ShouldHaveSingleItem().ImportId.ShouldBe(kept.Id);
    }

    private void DeleteFiles()
    {
        foreach (var file in Directory.GetFiles(_folder.Path))
        {
            File.Delete(file);
        }
    }

    private static async Task ShouldBeDeniedAsync(string path, string because)
    {
        await using var broker = new SqliteBroker(path, "q", NullLoggerFactory.Instance);
        await using var publisher = broker.OpenPublisher(new PublisherOptions());
        await using var receiver = broker.OpenReceiver(new ReceiverOptions());
        await using var store = new SqliteStore(path, NullLogger.Instance);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));

        Task[] calls =
        [
            broker.PrepareAsync(deadline.Token),
            publisher.PublishAsync(BrokerTesting.Message("a")),
            receiver.WaitAsync(deadline.Token),
            receiver.IsQueueEmptyAsync(deadline.Token),
            store.MigrateAsync([], deadline.Token),
        ];

        foreach (var call in calls)
        {
            var denial = await Should.ThrowAsync<DeniedException>(() => call.WaitAsync(deadline.Token));
            denial.Message.ShouldContain(because);
            denial.Message.ShouldContain(path);
        }
    }
}
