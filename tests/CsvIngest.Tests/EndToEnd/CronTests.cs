using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.EndToEnd;

/// <summary>What cron would mail: nothing when all went well, and otherwise why.</summary>
public sealed class CronTests : IDisposable
{
    private readonly WorkFolder _folder = new();

    public CronTests() => Directory.CreateDirectory(_folder["in"]);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task When_all_goes_well_nothing_is_printed()
    {
        (await Programs.RunAsync("consumer", ["migrate"], _folder)).ShouldExitWith(0);
        ShouldBeSilent(await ProduceAsync());
        _folder.Write("in/a.csv", "email,name\nann@example.com,Ann\n");

        ShouldBeSilent(await ProduceAsync());
        ShouldBeSilent(await Programs.RunAsync("consumer", ["--drain", "--quiet"], _folder));
        ShouldBeSilent(await ProduceAsync());

        File.Exists(_folder["done/a.csv"]).ShouldBeTrue();
        (await Programs.RunAsync("consumer", ["status"], _folder)).ShouldExitWith(0).Output.ShouldContain("complete");
    }

    [Fact]
    public async Task Rejected_rows_have_an_exit_code_of_their_own_and_a_line()
    {
        _folder.Write("in/a.csv", "email,name\nann@example.com,Ann\nbob,Bob\n");

        var result = (await ProduceAsync()).ShouldExitWith(2);

        result.Output.ShouldBeEmpty();
        result.Error.ShouldBe($"producer: a.csv: 1 row is rejected; the reasons are in {_folder["in/a.errors.csv"]}.\n");
    }

    [Fact]
    public async Task What_is_worse_than_rejected_rows_decides_the_exit_code()
    {
        _folder.Write("in/a.csv", "email,name\nann@example.com,Ann\nbob,Bob\n");
        _folder.Write("in/b.csv", "<html></html>");

        (await ProduceAsync()).ShouldExitWith(65).ShouldSay("b.csv: This is an HTML page");
    }

    [Fact]
    public async Task Only_a_folder_that_exists_may_be_empty()
    {
        (await Programs.RunAsync("producer", ["in", "--quiet"], _folder)).ShouldExitWith(66).ShouldSay("There is no file to import in in");
        (await Programs.RunAsync("producer", ["in/*.csv", "--quiet", "--allow-empty"], _folder)).ShouldExitWith(0);
        (await Programs.RunAsync("producer", ["none", "--quiet", "--allow-empty"], _folder)).ShouldExitWith(66);
        (await Programs.RunAsync("producer", ["none/*.csv", "--quiet", "--allow-empty"], _folder)).ShouldExitWith(66);
    }

    private Task<ProgramResult> ProduceAsync() =>
        Programs.RunAsync("producer", ["in", "--quiet", "--allow-empty", "--fail-on-rejects", "--move-to", "done"], _folder);

    private static void ShouldBeSilent(ProgramResult result) =>
        (result.ShouldExitWith(0).Output, result.Error).ShouldBe((string.Empty, string.Empty), result.ToString());
}
