using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.EndToEnd;

/// <summary>Standard output and standard error that are full, closed, or read by nobody.</summary>
public sealed class StandardStreamsTests : IDisposable
{
    private readonly WorkFolder _folder = new();

    public StandardStreamsTests() => _folder.Write("ok.csv", "email,name\na@example.com,A\nb@example.com,B\n");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("--json > /dev/full", "No space left on device")]
    [InlineData("--json >&-", "it is closed")]
    [InlineData("> /dev/full", "No space left on device")]
    public async Task An_import_whose_summary_cannot_be_printed_is_said_to_be_complete(string redirection, string reason)
    {
        (await RunAsync("producer", $"--file ok.csv {redirection}")).ShouldExitWith(74)
            .ShouldSay($"ok.csv: Standard output cannot be written: {reason}. The import is complete");

        (await RunAsync("consumer", "migrate")).ShouldExitWith(0);
        (await RunAsync("consumer", "--drain")).ShouldExitWith(0);
        (await RunAsync("consumer", "status")).ShouldExitWith(0);
    }

    [Theory]
    [InlineData("producer", "--file ok.csv --dry-run --json > /dev/full")]
    [InlineData("producer", "--file ok.csv --dry-run --print > /dev/full")]
    [InlineData("consumer", "migrate > /dev/full")]
    [InlineData("consumer", "migrate && \"$0\" status > /dev/full")]
    [InlineData("consumer", "migrate && \"$0\" status --json > /dev/full")]
    [InlineData("consumer", "dead-letters list --json > /dev/full")]
    public async Task Whatever_cannot_be_printed_is_an_error(string program, string arguments)
    {
        var result = (await RunAsync(program, arguments)).ShouldExitWith(74);

        result.ShouldSay($"{program}: ").ShouldSay("Standard output cannot be written: No space left on device.");
        result.Error.ShouldNotContain("The import is complete");
    }

    [Fact]
    public async Task What_nobody_reads_any_more_is_no_error()
    {
        (await RunAsync("consumer", "migrate")).ShouldExitWith(0);

        (await RunAsync("producer", "--file ok.csv --json | true; exit ${PIPESTATUS[0]}")).ShouldExitWith(0);
        (await RunAsync("consumer", "status | true; exit ${PIPESTATUS[0]}")).ShouldExitWith(1);
    }

    [Fact]
    public async Task Where_errors_cannot_be_printed_the_exit_code_still_tells()
    {
        (await RunAsync("producer", "--file none.csv 2> /dev/full")).ShouldExitWith(66);
        (await RunAsync("producer", "--file none.csv 2>&-")).ShouldExitWith(66);
    }

    private Task<ProgramResult> RunAsync(string program, string arguments) =>
        Programs.RunAsync("bash", ["-c", $"\"$0\" {arguments}", Path.Combine(Programs.FolderOf(program), program)], _folder);
}
