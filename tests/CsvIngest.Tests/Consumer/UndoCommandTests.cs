using CsvIngest.Testing;
using Microsoft.Data.Sqlite;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Consumer;

/// <summary><c>consumer undo</c> with the built programs: what it prints, its exit codes, and what becomes of messages that come later.</summary>
public sealed class UndoCommandTests : IDisposable
{
    private const string Header = "transaction_id,account_number,transaction_reference,transaction_datetime,amount\n";

    private readonly WorkFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_import_is_undone_with_its_totals_and_its_file_can_be_imported_again()
    {
        await RunAsync("migrate");
        var first = await ProduceAsync("first.csv", "t1,acc-1,,2026-11-26T10:00:00Z,10.50\nt2,acc-2,,2026-11-26T10:00:00Z,-3\nt3,acc-2,,never,1\n");
        (await RunAsync("--drain")).ShouldExitWith(0);
        var second = await ProduceAsync("second.csv", "t2,acc-2,,2026-11-26T10:00:00Z,-3\nt4,acc-1,,2026-11-26T10:00:00Z,0.25\n");
        (await RunAsync("--drain")).ShouldExitWith(0);

        // Nobody can answer a question here.
        var unconfirmed = await RunAsync("undo", first);
        unconfirmed.ShouldExitWith(64).Error.ShouldContain("This would permanently remove 2 rows from table transactions; pass --yes to confirm.");
        Query("SELECT count(*) FROM transactions").ShouldBe("3");

        // The first characters of an ID are enough, but IDs of one moment begin alike.
        var undo = (await RunAsync("undo", first[..^1], "--yes")).ShouldExitWith(0);
        undo.Error.ShouldBeEmpty();
        undo.Output.ShouldContain("Rows that other imports had, and that were duplicates of the rows to be removed, are not restored.");
        undo.Output.ShouldContain($"{second} of second.csv: 1 duplicate row");
        undo.Output.ShouldContain($"Import {first} of first.csv is undone: 2 rows removed from table transactions.");
        Query("SELECT group_concat(transaction_id) FROM transactions").ShouldBe("t4");
        Query("SELECT count(*) FROM rejected_rows").ShouldBe("0");
        var total = (await RunAsync("totals", "--json")).ShouldExitWith(0).Json().EnumerateArray().ShouldHaveSingleItem();
        (total.GetProperty("value").GetString(), total.GetProperty("rows").GetInt32()).ShouldBe(("acc-1", 1));

        var again = (await RunAsync("undo", first, "--yes")).ShouldExitWith(0);
        again.Output.ShouldContain($"Import {first} of first.csv was undone at ");
        again.Output.ShouldContain("(2 rows removed). There is nothing left to undo.");

        // With the file, its rows are back, and so is the one that the other import could not insert.
        var anew = await ProduceAsync("first.csv", null);
        anew.ShouldNotBe(first);
        (await RunAsync("--drain")).ShouldExitWith(0);
        Query("SELECT group_concat(transaction_id) FROM (SELECT * FROM transactions ORDER BY 1)").ShouldBe("t1,t2,t4");
    }

    [Fact]
    public async Task What_cannot_be_undone_is_refused_with_the_reason_and_nothing_changes()
    {
        await RunAsync("migrate");
        var import = await ProduceAsync("data.csv", "t1,acc-1,,2026-11-26T10:00:00Z,1\n");
        (await RunAsync("--drain")).ShouldExitWith(0);

        var unknown = await RunAsync("undo", "12345678-1234-1234-1234-123456789012", "--yes");
        unknown.ShouldExitWith(1).Error.ShouldContain("contains no import 12345678-1234-1234-1234-123456789012; `consumer status` lists all imports.");
        (await RunAsync("undo", "first.csv", "--yes")).ShouldExitWith(64).Error.ShouldContain("is not an import ID");

        Execute("UPDATE imports SET rows_read = 30, slices = 5");
        Execute("UPDATE import_slices SET number = 3");
        var lacking = (await RunAsync("undo", import, "--yes")).ShouldExitWith(1);
        lacking.Error.ShouldContain($"Import {import} of data.csv is not complete, so it cannot be undone; nothing was changed. Outstanding: slices 1-2, 4-5 (");
        Execute("UPDATE imports SET closed_at = NULL, rows_read = NULL, slices = NULL");
        Execute("UPDATE import_slices SET number = 1");
        (await RunAsync("undo", import, "--yes")).ShouldExitWith(1).Error.ShouldContain("Its closing has not arrived");

        Execute("UPDATE imports SET closed_at = started_at, rows_read = 1, slices = 1, dataset = 'elsewhere'");
        (await RunAsync("undo", import, "--yes")).ShouldExitWith(64).Error.ShouldContain("belongs to dataset \"elsewhere\", which is not defined here.");
        Query("SELECT count(*) FROM transactions").ShouldBe("1");
        Query("SELECT count(undo_started_at) FROM imports").ShouldBe("0");
    }

    [Fact]
    public async Task When_dead_letters_of_an_undone_import_are_replayed_they_come_back()
    {
        await RunAsync("migrate");
        var import = await ProduceAsync("data.csv", "t1,acc-1,,2026-11-26T10:00:00Z,1\n");
        // As if every message had been delivered a second time, after the undo.
        Execute("CREATE TABLE copies AS SELECT * FROM broker_messages");
        (await RunAsync("--drain")).ShouldExitWith(0);
        (await RunAsync("undo", import, "--yes")).ShouldExitWith(0);
        Execute("INSERT INTO broker_messages SELECT * FROM copies");

        var drain = await RunAsync("--drain");

        drain.ShouldExitWith(76).Error.ShouldContain("Dead-lettered a message (undone-import): the import was undone");
        (await RunAsync("dead-letters", "replay")).ShouldExitWith(0).Output.ShouldContain("3 messages replayed.");
        (await RunAsync("--drain")).ShouldExitWith(76);
        var letters = (await RunAsync("dead-letters", "list", "--json")).Json().EnumerateArray().ToList();
        letters.Select(letter => letter.GetProperty("reason").GetString()).ShouldBe(["undone-import", "undone-import", "undone-import"]);
        letters.ShouldAllBe(letter => letter.GetProperty("import").GetString() == import);
        Query("SELECT count(*) FROM transactions").ShouldBe("0");
    }

    [Fact]
    public async Task Rows_that_are_not_there_any_more_are_reported()
    {
        await RunAsync("migrate");
        var import = await ProduceAsync("data.csv", "t1,acc-1,,2026-11-26T10:00:00Z,1\nt2,acc-1,,2026-11-26T10:00:00Z,2\n");
        (await RunAsync("--drain")).ShouldExitWith(0);
        Execute("DELETE FROM transactions WHERE transaction_id = 't2'");

        var undo = (await RunAsync("undo", import, "--yes")).ShouldExitWith(0);

        undo.Output.ShouldContain("is undone: 1 row removed from table transactions.");
        undo.Output.ShouldContain("Not found: 1 row that it had inserted.");
        var total = (await RunAsync("totals", "--json")).Json().EnumerateArray().ShouldHaveSingleItem();
        total.GetProperty("total").GetString().ShouldBe("2");
    }

    private Task<ProgramResult> RunAsync(params string[] arguments) => Programs.RunAsync("consumer", arguments, _folder);

    private async Task<string> ProduceAsync(string name, string? rows)
    {
        var path = rows is null ? _folder[name] : _folder.Write(name, Header + rows);
        return (await Programs.RunAsync("producer", ["--file", path, "--dataset", "transactions", "--rejects", "none", "--json"], _folder))
            .ShouldExitWith(0).Json().GetProperty("import").GetString()!;
    }

    private void Execute(string sql) => Query(sql);

    private string? Query(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={_folder["csvingest.db"]};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar()?.ToString();
    }
}
