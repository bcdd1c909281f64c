using System.Text.Json;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Contracts;

/// <summary>The built programs, end to end, on one environment after the other.</summary>
public abstract class PipelineContract<TEnvironment>(TEnvironment environment) : IClassFixture<TEnvironment>, IAsyncLifetime
    where TEnvironment : PipelineEnvironment
{
    private readonly WorkFolder _folder = new();

    protected TEnvironment PipelineEnvironment => environment;

    protected WorkFolder Folder => _folder;

    public async ValueTask InitializeAsync() =>
        (await Programs.RunAsync("consumer", ["migrate", "--database", environment.Database], _folder)).ShouldExitWith(0);

    public virtual ValueTask DisposeAsync()
    {
        _folder.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Three_consumers_put_in_exactly_the_first_line_of_every_address_and_a_second_run_nothing()
    {
        var file = GeneratedFile.Write(_folder["many.csv"], environment.ManyRows, "many");
        await using var first = environment.StartConsumer(_folder);
        await using var second = environment.StartConsumer(_folder);
        await using var third = environment.StartConsumer(_folder, "--parallel", "2");

        var summary = await ProduceAsync(file);
        await environment.CheckVerdictAsync(_folder, Import(summary), file, "many");
        summary.GetProperty("rowsSent").GetInt64().ShouldBe(file.FirstNames.Count);
        summary.GetProperty("rowsDuplicate").GetInt64().ShouldBe(file.Duplicates);
        summary.GetProperty("rowsRejected").GetInt64().ShouldBe(file.Rejected);
        File.ReadLines(_folder["many.errors.csv"]).Count().ShouldBe(file.Rejected + 1);

        var again = await ProduceAsync(file);
        Import(again).ShouldNotBe(Import(summary));
        await environment.CheckVerdictAsync(_folder, Import(again), file, "many", again: true);

        foreach (var consumer in (RunningProgram[])[first, second, third])
        {
            consumer.SendSignal(Signal.Terminate);
            var ended = (await consumer.WaitForExitAsync()).ShouldExitWith(0);
            ended.Error.ShouldNotContain("[WRN]");
            ended.Error.ShouldNotContain("[ERR]");
        }
    }

    [Fact]
    public async Task One_row_a_message_comes_to_the_same()
    {
        var file = GeneratedFile.Write(_folder["single.csv"], environment.ManyMessages, "single");
        await using var first = environment.StartConsumer(_folder);
        await using var second = environment.StartConsumer(_folder);
        await using var third = environment.StartConsumer(_folder);

        var summary = await ProduceAsync(file, "--rows-per-message", "1");

        summary.GetProperty("messages").GetInt64().ShouldBe(file.Rows + 1);
        await environment.CheckVerdictAsync(_folder, Import(summary), file, "single");
    }

    [Fact]
    public async Task A_dataset_of_ones_own_goes_to_its_own_table_with_its_own_types()
    {
        var datasets = Path.GetDirectoryName(_folder.CopyIn("samples/orders.json"))!;
        var orders = _folder.CopyIn("samples/orders.csv");
        var common = (string[])["--datasets", datasets];
        (await Programs.RunAsync("consumer", ["migrate", "--database", environment.Database, .. common], _folder)).ShouldExitWith(0);

        var summary = await ProduceAsync(orders, ["--dataset", "orders", .. common]);
        (await Programs.RunAsync("consumer", ["--drain", .. environment.ConsumerFlags, .. common], _folder)).ShouldExitWith(0);

        var books = await environment.WaitUntilCompleteAsync(_folder, Import(summary));
        books.GetProperty("rejected").GetInt64().ShouldBe(0);
        books.GetProperty("inserted").GetInt64().ShouldBe(books.GetProperty("rowsRead").GetInt64());
        books.GetProperty("rowsRead").GetInt64().ShouldBeGreaterThan(10);
        await using var connection = environment.Connect();
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(DISTINCT order_number) FROM orders";
        Convert.ToInt64(await command.ExecuteScalarAsync()).ShouldBe(books.GetProperty("inserted").GetInt64());
    }

    [Fact]
    public async Task The_status_of_one_import_names_rejected_and_duplicate_lines()
    {
        var file = _folder.Write("status.csv", "email,name\nstatus.a@example.com,A\nno address,B\nSTATUS.A@example.com,C\n");
        var summary = await ProduceAsync(file);
        (await Programs.RunAsync("consumer", ["--drain", .. environment.ConsumerFlags], _folder)).ShouldExitWith(0);

        var status = await Programs.RunAsync(
            "consumer", ["status", Import(summary).ToString(), "--wait", "60", "--database", environment.Database], _folder);

        status.ShouldExitWith(0);
        status.Output.ShouldContain("complete");
        status.Output.ShouldContain("rejected: line 3, column \"email\": invalid-email");
        status.Output.ShouldContain("duplicate lines: 4");
    }

    [Fact]
    public async Task A_file_of_its_header_alone_is_a_complete_import_of_no_rows()
    {
        var summary = await ProduceAsync(_folder.Write("header.csv", "email,name\n"));
        summary.GetProperty("rowsRead").GetInt64().ShouldBe(0);
        (await Programs.RunAsync("consumer", ["--drain", .. environment.ConsumerFlags], _folder)).ShouldExitWith(0);

        (await environment.WaitUntilCompleteAsync(_folder, Import(summary))).GetProperty("slicesExpected").GetInt32().ShouldBe(0);
    }

    [Fact]
    public async Task An_import_that_nobody_has_consumed_is_not_complete()
    {
        var status = await Programs.RunAsync(
            "consumer", ["status", Guid.NewGuid().ToString(), "--wait", "1", "--database", environment.Database], _folder);

        status.ShouldExitWith(1);
    }

    [Fact]
    public async Task The_status_of_one_import_as_json_has_exactly_the_keys_that_are_promised()
    {
        var summary = await ProduceAsync(_folder.Write("keys.csv", "email,name\nkeys@example.com,K\n"));
        (await Programs.RunAsync("consumer", ["--drain", .. environment.ConsumerFlags], _folder)).ShouldExitWith(0);

        var books = await environment.WaitUntilCompleteAsync(_folder, Import(summary));

        books.EnumerateObject().Select(property => property.Name).ShouldBe([
            "import", "source", "dataset", "rowsRead", "inserted", "duplicate", "rejected", "outstanding",
            "slicesApplied", "slicesExpected", "closed", "complete", "missingSlices"]);
    }

    [Fact]
    public async Task An_import_is_found_by_its_first_characters_and_an_unknown_one_is_named()
    {
        var summary = await ProduceAsync(_folder.Write("known.csv", "email,name\nknown@example.com,K\n"));
        (await Programs.RunAsync("consumer", ["--drain", .. environment.ConsumerFlags], _folder)).ShouldExitWith(0);
        var known = Import(summary).ToString();
        (await StatusAsync(known[..35], "--wait", "60")).ShouldExitWith(0).Output.ShouldContain(known);

        foreach (var unknown in (string[])["ffffffff-ffff-4fff-bfff-ffffffffffff", "ffffffff-ff"])
        {
            (await StatusAsync(unknown)).ShouldExitWith(1).Output.ShouldContain($"No import {unknown} is known to ");
            var json = (await StatusAsync(unknown, "--json")).ShouldExitWith(1);
            json.Json().GetArrayLength().ShouldBe(0);
            json.Error.ShouldContain(unknown);
        }

        // It can never come, so that waiting for it would have no end.
        (await StatusAsync("foo", "--wait")).ShouldExitWith(64).Error.ShouldContain("\"foo\" is no import");
    }

    [Fact]
    public async Task A_dead_letter_keeps_the_status_from_being_complete()
    {
        var good = Import(await ProduceAsync(_folder.Write("good.csv", "email,name\ngood@example.com,G\n"))).ToString();
        var datasets = Path.GetDirectoryName(_folder.CopyIn("samples/orders.json"))!;
        await ProduceAsync(_folder.CopyIn("samples/orders.csv"), "--dataset", "orders", "--datasets", datasets);
        // This consumer does not know the dataset.
        (await Programs.RunAsync("consumer", ["--drain", .. environment.ConsumerFlags], _folder)).ShouldExitWith(0);

        var status = (await StatusAsync([good, "--wait", "3", .. environment.ProducerFlags])).ShouldExitWith(1);
        status.Output.ShouldContain("complete");
        status.Output.ShouldMatch("The dead-letter queue at .* holds 2 messages");
        (await StatusAsync([good, "--json", .. environment.ProducerFlags])).ShouldExitWith(1).Error.ShouldContain("The dead-letter queue at");

        (await Programs.RunAsync("consumer", ["dead-letters", "purge", "--yes", .. environment.ProducerFlags], _folder)).ShouldExitWith(0);
        (await StatusAsync([good, "--wait", "60", .. environment.ProducerFlags])).ShouldExitWith(0).Output.ShouldNotContain("dead-letter");
    }

    [Theory]
    [InlineData("60s", "such as --wait 60")]
    [InlineData("-1", "")]
    [InlineData("018f6f4e-0000-7000-8000-000000000001", "Name the import first")]
    public async Task A_wrong_wait_is_rejected_with_a_message(string wait, string says)
    {
        var status = (await StatusAsync("--wait", wait)).ShouldExitWith(64);

        status.Error.ShouldContain(says);
        status.Error.ShouldContain(wait);
        status.Error.ShouldNotContain("   at ");
    }

    protected static Guid Import(JsonElement summary) => summary.GetProperty("import").GetGuid();

    private Task<ProgramResult> StatusAsync(params string[] flags) =>
        Programs.RunAsync("consumer", ["status", .. flags, "--database", environment.Database], _folder);

    protected Task<JsonElement> ProduceAsync(GeneratedFile file, params string[] flags) => ProduceAsync(file.Path, flags);

    protected async Task<JsonElement> ProduceAsync(string file, params string[] flags) =>
        (await environment.ProduceAsync(_folder, file, flags)).ShouldExitWith(0).Json();
}
