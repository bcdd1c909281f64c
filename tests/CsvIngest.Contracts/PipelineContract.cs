using System.Text.Json;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Contracts;

/// <summary>The built programs, end to end, on one kind of broker and database after the other.</summary>
public abstract class PipelineContract<TFixture>(TFixture fixture) : IClassFixture<TFixture>, IAsyncLifetime
    where TFixture : PipelineFixture
{
    /// <summary>The environment of this test, with tables.</summary>
    protected PipelineEnvironment Environment { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Environment = await fixture.CreateAsync();

    public virtual async ValueTask DisposeAsync()
    {
        await Environment.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Three_consumers_store_exactly_the_first_line_of_every_address_and_a_second_run_stores_nothing()
    {
        var verdict = new Verdict(Environment);
        var file = verdict.Write(fixture.ManyRows, "many");
        await using var first = Environment.StartConsumer();
        await using var second = Environment.StartConsumer();
        await using var third = Environment.StartConsumer("--parallel", "2");

        await file.ProduceAsync();
        await verdict.WaitUntilCompleteAsync();
        await verdict.CheckAsync();
        var import = file.Import;

        await file.ProduceAsync();
        file.Import.ShouldNotBe(import);
        (await Environment.WaitUntilCompleteAsync(file.Import)).GetProperty("inserted").GetInt64().ShouldBe(0);
        await verdict.CheckAsync();

        foreach (var consumer in (RunningProgram[])[first, second, third])
        {
            consumer.SendSignal(Signal.Terminate);
            var ended = (await consumer.WaitForExitAsync()).ShouldExitWith(0);
            ended.Error.ShouldNotContain("[WRN]");
            ended.Error.ShouldNotContain("[ERR]");
        }
    }

    [Fact]
    public async Task One_row_per_message_has_the_same_result()
    {
        var verdict = new Verdict(Environment);
        var file = verdict.Write(fixture.ManyMessages, "single");
        await using var first = Environment.StartConsumer();
        await using var second = Environment.StartConsumer();
        await using var third = Environment.StartConsumer();

        await file.ProduceAsync("--rows-per-message", "1");

        // The opening and the closing are messages too.
        file.Messages.ShouldBe(file.Oracle.Rows + 2);
        await verdict.WaitUntilCompleteAsync();
        await verdict.CheckAsync();
    }

    [Fact]
    public async Task Rows_that_only_the_consumer_rejects_change_nothing_about_the_others()
    {
        const int Rows = 3_000;
        foreach (var (folder, rule) in (ReadOnlySpan<(string, string)>)[("lenient", ""), ("strict", ", \"maxLength\": 5")])
        {
            Directory.CreateDirectory(Environment.Folder[folder]);
            Environment.Folder.Write(
                $"{folder}/people.json",
                $$"""{ "name": "people", "table": "people", "key": "email", "columns": { "email": { "type": "email" }, "city": { "type": "text"{{rule}} } } }""");
        }

        // Addresses of many lengths, each with its line.
        var random = new Random(1);
        var cities = Enumerable.Range(2, Rows).Select(line => (Line: line, City: random.Next(2) == 0 ? "Ulm" : "Stuttgart")).ToList();
        var file = Environment.Folder.Write(
            "people.csv", "email,city\n" + string.Concat(cities.Select(row => $"{row.Line}.{new string('x', random.Next(1, 40))}@x.example,{row.City}\n")));
        (await Environment.MigrateAsync("--datasets", "strict")).ShouldExitWith(0);

        (await Environment.ProduceAsync(file, "--datasets", "lenient", "--dataset", "people", "--rows-per-message", "3")).ShouldExitWith(0);
        (await Environment.DrainAsync("--datasets", "strict")).ShouldExitWith(0);

        var valid = cities.Count(row => row.City == "Ulm");
        (await Environment.CountAsync("SELECT count(*) FROM people WHERE email LIKE CAST(line AS text) || '.x%@x.example'")).ShouldBe(valid);
        (await Environment.CountAsync("SELECT count(*) FROM people")).ShouldBe(valid);
        (await Environment.CountAsync("SELECT count(*) FROM rejected_rows")).ShouldBe(Rows - valid);
    }

    [Fact]
    public async Task A_dataset_of_the_user_is_stored_in_its_own_table_with_its_own_types()
    {
        var datasets = Path.GetDirectoryName(Environment.Folder.CopyIn("samples/orders.json"))!;
        var orders = Environment.Folder.CopyIn("samples/orders.csv");
        var common = (string[])["--datasets", datasets];
        (await Environment.MigrateAsync(common)).ShouldExitWith(0);

        var summary = await ProduceAsync(orders, ["--dataset", "orders", .. common]);
        (await Environment.DrainAsync(common)).ShouldExitWith(0);

        var books = await Environment.WaitUntilCompleteAsync(Import(summary));
        books.GetProperty("rejected").GetInt64().ShouldBe(0);
        books.GetProperty("inserted").GetInt64().ShouldBe(books.GetProperty("rowsRead").GetInt64());
        books.GetProperty("rowsRead").GetInt64().ShouldBeGreaterThan(10);
        (await Environment.CountAsync("SELECT count(DISTINCT order_number) FROM orders")).ShouldBe(books.GetProperty("inserted").GetInt64());
    }

    [Fact]
    public async Task The_status_of_one_import_names_rejected_and_duplicate_lines()
    {
        var file = Environment.Folder.Write("status.csv", "email,name\nstatus.a@example.com,A\nno address,B\nSTATUS.A@example.com,C\n");
        var summary = await ProduceAsync(file);
        (await Environment.DrainAsync()).ShouldExitWith(0);

        var status = await Environment.StatusAsync($"{Import(summary)}", "--wait", "60");

        status.ShouldExitWith(0);
        status.Output.ShouldContain("complete");
        status.Output.ShouldContain("rejected: line 3, column \"email\": invalid-email");
        status.Output.ShouldContain("duplicate lines: 4");
    }

    [Fact]
    public async Task A_file_with_only_a_header_is_a_complete_import_without_rows()
    {
        var summary = await ProduceAsync(Environment.Folder.Write("header.csv", "email,name\n"));
        summary.GetProperty("rowsRead").GetInt64().ShouldBe(0);
        (await Environment.DrainAsync()).ShouldExitWith(0);

        (await Environment.WaitUntilCompleteAsync(Import(summary))).GetProperty("slicesExpected").GetInt32().ShouldBe(0);
    }

    [Fact]
    public async Task An_import_that_nobody_has_consumed_is_not_complete()
    {
        var status = await Environment.StatusAsync($"{Guid.NewGuid()}", "--wait", "4");

        status.ShouldExitWith(1);
    }

    [Fact]
    public async Task The_status_of_one_import_as_json_has_exactly_the_documented_keys()
    {
        var summary = await ProduceAsync(Environment.Folder.Write("keys.csv", "email,name\nkeys@example.com,K\n"));
        (await Environment.DrainAsync()).ShouldExitWith(0);

        var books = await Environment.WaitUntilCompleteAsync(Import(summary));

        books.EnumerateObject().Select(property => property.Name).ShouldBe([
            "import", "source", "dataset", "state", "startedAt", "changedAt", "durationSeconds", "host", "user", "bytes", "contentSha256",
            "rowsRead", "inserted", "duplicate", "rejected", "outstanding", "rowsPerSecond", "secondsLeft",
            "slicesApplied", "slicesExpected", "closed", "complete", "missingSlices", "undoStartedAt", "undoneAt", "rowsRemoved",
            "rejections", "duplicateLines"]);
        (await Environment.StatusAsync("--json")).Json().EnumerateArray()
            .ShouldAllBe(import => !import.EnumerateObject().Any(property => property.Name == "rejections"), "only one import is listed with its rows");
    }

    [Fact]
    public async Task The_status_of_one_import_lists_some_rows_and_all_of_them_on_demand()
    {
        var file = Environment.Folder.Write(
            "many.csv", "email,name\n" + string.Concat(Enumerable.Range(0, 25).Select(i => $"many{i}@example.com,M\n"))
            + string.Concat(Enumerable.Range(0, 25).Select(i => $"many{i}@example.com,M\n")) + string.Concat(Enumerable.Repeat("no address,B\n", 21)));
        var import = Import(await ProduceAsync(file));
        (await Environment.DrainAsync()).ShouldExitWith(0);

        var some = (await Environment.StatusAsync($"{import}", "--wait", "60")).ShouldExitWith(0).Output;
        var all = (await Environment.StatusAsync($"{import}", "--all")).ShouldExitWith(0).Output;
        var json = (await Environment.StatusAsync($"{import}", "--json")).ShouldExitWith(0).Json()[0];

        some.ShouldContain("… and 1 more rejected row; --all lists them.");
        some.ShouldContain("… and 5 more duplicate lines; --all lists them.");
        some.ShouldContain("rejected: line 71,");
        some.ShouldNotContain("rejected: line 72,");
        all.ShouldContain("rejected: line 72,");
        all.ShouldContain($"duplicate lines: {string.Join(", ", Enumerable.Range(27, 25))}\n");
        all.ShouldNotContain("more");
        json.GetProperty("duplicateLines").EnumerateArray().Select(line => line.GetInt64()).ShouldBe(Enumerable.Range(27, 25).Select(line => (long)line));
        var rejection = json.GetProperty("rejections").EnumerateArray().First();
        json.GetProperty("rejections").GetArrayLength().ShouldBe(21);
        rejection.EnumerateObject().Select(property => property.Name).ShouldBe(["line", "column", "code", "reason"]);
        (rejection.GetProperty("line").GetInt64(), rejection.GetProperty("column").GetString()).ShouldBe((52, "email"));
    }

    [Fact]
    public async Task The_rejections_of_an_import_are_printed_in_constant_memory()
    {
        var import = Import(await ProduceAsync(Environment.Folder.Write("huge.csv", "email,name\nhuge@example.com,H\n")));
        (await Environment.DrainAsync()).ShouldExitWith(0);
        await using (var connection = await Environment.ConnectAsync())
        {
            // 100,000 rejections with 100 MB of records, as a consumer would have stored them.
            await using var command = connection.CreateCommand();
            command.CommandText =
                $"""
                WITH RECURSIVE n(line) AS (SELECT 1 UNION ALL SELECT line + 1 FROM n WHERE line < 100000)
                INSERT INTO rejected_rows (import_id, line, "column", code, reason, raw)
                SELECT '{import}', line, 'email', 'invalid-email', 'not an email address', '{new string('x', 1000)}' FROM n
                """;
            await command.ExecuteNonQueryAsync();
        }

        // 48 MiB, in hexadecimal: the program alone needs about a third of it.
        var status = await Programs.RunAsync(
            "consumer", ["status", $"{import}", "--json", .. Environment.ConsumerFlags], Environment.Folder,
            environment: new Dictionary<string, string> { ["DOTNET_GCHeapHardLimit"] = "3000000" });

        status.ShouldExitWith(0).Json()[0].GetProperty("rejections").GetArrayLength().ShouldBe(100_000);
    }

    [Fact]
    public async Task An_import_is_found_by_its_first_characters_and_an_unknown_one_is_named()
    {
        var summary = await ProduceAsync(Environment.Folder.Write("known.csv", "email,name\nknown@example.com,K\n"));
        (await Environment.DrainAsync()).ShouldExitWith(0);
        var known = Import(summary).ToString();
        (await Environment.StatusAsync(known[..35], "--wait", "60")).ShouldExitWith(0).Output.ShouldContain(known);

        foreach (var unknown in (string[])["ffffffff-ffff-4fff-bfff-ffffffffffff", "ffffffff-ff"])
        {
            (await Environment.StatusAsync(unknown)).ShouldExitWith(1).Output.ShouldContain($" contains no import {unknown};");
            var json = (await Environment.StatusAsync(unknown, "--json")).ShouldExitWith(1);
            json.Json().GetArrayLength().ShouldBe(0);
            json.Error.ShouldContain(unknown);
        }

        // It can never exist, so the wait would never end.
        (await Environment.StatusAsync("foo", "--wait")).ShouldExitWith(64).Error.ShouldContain("\"foo\" is not an import ID");
    }

    [Fact]
    public async Task A_dead_letter_keeps_the_status_from_being_complete()
    {
        var good = Import(await ProduceAsync(Environment.Folder.Write("good.csv", "email,name\ngood@example.com,G\n"))).ToString();
        var datasets = Path.GetDirectoryName(Environment.Folder.CopyIn("samples/orders.json"))!;
        await ProduceAsync(Environment.Folder.CopyIn("samples/orders.csv"), "--dataset", "orders", "--datasets", datasets);
        // This consumer does not know the dataset.
        (await Environment.DrainAsync()).ShouldExitWith(76).Error.TrimEnd().Split('\n')[^1]
            .ShouldEndWith("Messages were dead-lettered and are not stored: 3; `consumer dead-letters list` shows why");
        (await Environment.DrainAsync()).ShouldExitWith(0);

        var status = (await Environment.StatusAsync([good, "--wait", "3", .. Environment.ProducerFlags])).ShouldExitWith(1);
        status.Output.ShouldContain("complete");
        status.Output.ShouldMatch("Queue .* at .*: 0 messages waiting, 3 messages dead-lettered\\.");
        (await Environment.StatusAsync([good, "--json", .. Environment.ProducerFlags])).ShouldExitWith(1).Error.ShouldContain("3 messages dead-lettered");

        (await Environment.DeadLettersAsync("purge", "--yes")).ShouldExitWith(0);
        (await Environment.StatusAsync([good, "--wait", "60", .. Environment.ProducerFlags])).ShouldExitWith(0).Output.ShouldContain("0 messages waiting, 0 messages dead-lettered.");
    }

    [Theory]
    [InlineData("60s", "such as --wait 60")]
    [InlineData("-1", "")]
    [InlineData("018f6f4e-0000-7000-8000-000000000001", "Name the import first")]
    public async Task A_wrong_wait_is_rejected_with_a_message(string wait, string expected)
    {
        var status = (await Environment.StatusAsync("--wait", wait)).ShouldExitWith(64);

        status.Error.ShouldContain(expected);
        status.Error.ShouldContain(wait);
        status.Error.ShouldNotContain("   at ");
    }

    private static Guid Import(JsonElement summary) => summary.GetProperty("import").GetGuid();

    private async Task<JsonElement> ProduceAsync(string file, params string[] flags) =>
        (await Environment.ProduceAsync(file, flags)).ShouldExitWith(0).Json();
}
