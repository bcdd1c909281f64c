using CsvIngest.Testing;
using Microsoft.Data.Sqlite;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Consumer;

public sealed class MigrateCommandTests : IDisposable
{
    private readonly WorkFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_table_that_lacks_what_the_consumer_needs_is_69_and_named()
    {
        var datasets = Path.GetDirectoryName(_folder.CopyIn("samples/orders.json"))!;
        (await RunAsync("migrate")).ShouldExitWith(0).Output.ShouldEndWith("sqlite:csvingest.db: migrated\n");
        await ExecuteAsync("CREATE TABLE orders (order_number TEXT PRIMARY KEY)");

        var migrated = (await RunAsync("migrate", "--datasets", datasets)).ShouldExitWith(69);

        migrated.Output.ShouldNotContain("nothing to migrate");
        migrated.Error.ShouldContain("Table orders of dataset orders");
        migrated.Error.ShouldContain("missing: ");
        migrated.Error.ShouldContain("Run `consumer migrate --add-columns`");
        (await RunAsync("migrate")).ShouldExitWith(0).Output.ShouldContain("nothing to migrate");
        (await RunAsync("migrate", "--datasets", datasets, "--add-columns")).ShouldExitWith(0)
            .Output.ShouldContain("Added column quantity to table orders for dataset orders.\n");
        (await RunAsync("migrate", "--datasets", datasets)).ShouldExitWith(0).Output.ShouldContain("nothing to migrate");
    }

    [Fact]
    public async Task A_table_of_another_program_with_the_name_of_a_built_in_dataset_is_kept_and_the_other_datasets_can_be_used()
    {
        await ExecuteAsync("CREATE TABLE transactions (theirs TEXT)");

        var migrated = (await RunAsync("migrate", "--add-columns")).ShouldExitWith(0);
        (await Programs.RunAsync("producer", ["--file", _folder.CopyIn("samples/contacts.csv"), "--quiet"], _folder)).ShouldExitWith(0);
        var drained = (await RunAsync("--drain")).ShouldExitWith(0);

        foreach (var result in (ProgramResult[])[migrated, drained])
        {
            result.ShouldSay("Built-in dataset transactions cannot be used with this database: Table transactions");
        }

        drained.ShouldSay("rows: 50 inserted");
        await ExecuteAsync("INSERT INTO transactions (theirs) VALUES ('x')");
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new SqliteConnection($"Data Source={_folder["csvingest.db"]};Pooling=false");
        connection.Open();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    private Task<ProgramResult> RunAsync(params string[] arguments) => Programs.RunAsync("consumer", arguments, _folder);
}
