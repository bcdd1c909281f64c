using System.Text.RegularExpressions;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.EndToEnd;

/// <summary>The progress on a real terminal, which the program <c>script</c> makes, records, and a test makes narrower.</summary>
public sealed partial class TerminalProgressTests : IDisposable
{
    private readonly WorkFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_line_fits_a_terminal_that_becomes_narrower_and_leaves_nothing_behind()
    {
        const string name = "a pipe with a name that is longer than most.csv";
        var seen = _folder.Write("seen", "");
        var producer = Path.Combine(Programs.FolderOf("producer"), "producer");
        await using var terminal = Programs.Start(
            "bash",
            [
                "-c",
                $$"""
                mkfifo "$1"
                script -qefc "stty cols 60; (until [ -e narrow ]; do sleep 0.05; done; stty cols 20 </dev/tty) & '$0' '$1'" seen </dev/null &
                { seq -f "user%.0f@example.com,Ann" 100000; until [ -e end ]; do sleep 0.05; done; } | (echo email,name; cat) >"$1"
                wait $!
                """,
                producer, name,
            ],
            _folder);
        await UntilAsync(width => width is > 20 and < 60);

        _folder.Write("narrow", "");
        await UntilAsync(width => width is > 0 and < 20);
        _folder.Write("end", "");

        (await terminal.WaitForExitAsync()).ShouldExitWith(0);
        var text = await File.ReadAllTextAsync(seen, TestContext.Current.CancellationToken);
        text.ShouldNotContain("waiting for the broker");
        // What follows the last line that was cleared is the summary.
        text[(text.LastIndexOf("\u001b[J", StringComparison.Ordinal) + 3)..].ShouldStartWith($"{name}: done");

        Task UntilAsync(Predicate<int> isExpected) => Poll.UntilAsync(async () =>
            ProgressLine().Matches(await File.ReadAllTextAsync(seen)).LastOrDefault() is { } last && isExpected(last.Groups["text"].Length));
    }

    [GeneratedRegex("\u001b\\[J(?<text>[^\r\n\u001b]+)\r", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ProgressLine();
}
