using CsvIngest.Contracts;
using CsvIngest.Sqlite;
using CsvIngest.Store;
using Microsoft.Data.Sqlite;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Sqlite;

/// <summary>Migrations that the embedded ones of <see cref="StoreContract{TFixture}"/> are not: failing and newer ones.</summary>
public sealed class MigrationRunnerTests : IDisposable
{
    private static readonly MigrationScript First = new("0001_first.sql", "CREATE TABLE first (id INTEGER); INSERT INTO first VALUES (1);");
    private static readonly MigrationScript Second = new("0002_second.sql", "INSERT INTO first VALUES (2);");

    private readonly TemporaryFolder _folder = new();
    private readonly SqliteConnection _connection;

    public MigrationRunnerTests() => _connection = new SqliteFile(_folder.File("store.db")).Open(create: true);

    public void Dispose()
    {
        _connection.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_newer_program_applies_only_what_is_missing()
    {
        await ApplyAsync(First);

        (await ApplyAsync(First, Second)).ShouldBe([new MigrationStep(MigrationStepKind.MigrationApplied, "0002_second.sql")]);

        Count("SELECT count(*) FROM first").ShouldBe(2);
    }

    [Fact]
    public async Task An_older_program_accepts_a_newer_database()
    {
        await ApplyAsync(First, Second);

        (await ApplyAsync(First)).ShouldBeEmpty();
        await Runner(First).CheckAsync([], _ => Task.CompletedTask, CancellationToken.None);
    }

    [Fact]
    public async Task A_migration_that_fails_leaves_nothing_behind_and_can_be_applied_later()
    {
        var failing = new MigrationScript(Second.Name, "INSERT INTO first VALUES (2); INSERT INTO missing VALUES (1);");

        await Should.ThrowAsync<SqliteException>(() => ApplyAsync(First, failing));

        Count("SELECT count(*) FROM first").ShouldBe(1, "the first migration is applied, nothing of the second");
        var denial = await Should.ThrowAsync<DeniedException>(() => Runner(First, Second).CheckAsync([], _ => Task.CompletedTask, CancellationToken.None));
        denial.Message.ShouldContain("lacks migration 0002_second.sql.");
        (await ApplyAsync(First, Second)).Count.ShouldBe(1);
    }

    private Task<IReadOnlyList<MigrationStep>> ApplyAsync(params IReadOnlyList<MigrationScript> scripts) =>
        Runner(scripts).ApplyAsync([], CancellationToken.None);

    private MigrationRunner Runner(params IReadOnlyList<MigrationScript> scripts) =>
        new(_connection, new SqliteDialect(_folder.File("store.db")), scripts);

    private long Count(string sql)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }
}
