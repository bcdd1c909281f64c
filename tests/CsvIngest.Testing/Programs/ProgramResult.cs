using System.Text.Json;
using Shouldly;

namespace CsvIngest.Testing;

/// <summary>A program that has ended.</summary>
/// <param name="CommandLine">The command as it is shown.</param>
/// <param name="ExitCode">128 plus the signal's number if a signal ended it.</param>
/// <param name="Output">All of standard output.</param>
/// <param name="Error">All of standard error.</param>
/// <param name="Duration">From start to end.</param>
public sealed record ProgramResult(string CommandLine, int ExitCode, string Output, string Error, TimeSpan Duration)
{
    /// <summary>Asserts the exit code. A failure shows everything.</summary>
    /// <returns>This result, for further assertions.</returns>
    public ProgramResult ShouldExitWith(int exitCode)
    {
        ExitCode.ShouldBe(exitCode, ToString());
        return this;
    }

    /// <summary>Asserts that standard error holds a text. A failure shows everything.</summary>
    /// <returns>This result, for further assertions.</returns>
    public ProgramResult ShouldSay(string text)
    {
        Error.Contains(text, StringComparison.Ordinal).ShouldBeTrue($"\"{text}\" is not on standard error\n{this}");
        return this;
    }

    /// <summary>
    /// Asserts that standard error holds no stack trace, unless the program was run with <c>--verbose</c>: whatever fails, a log line is
    /// one line. A failure shows everything.
    /// </summary>
    /// <returns>This result, for further assertions.</returns>
    public ProgramResult ShouldHaveNoStackTrace()
    {
        (Error.Contains("   at ", StringComparison.Ordinal) && !CommandLine.Contains("--verbose", StringComparison.Ordinal))
            .ShouldBeFalse($"a stack trace is on standard error\n{this}");
        return this;
    }

    /// <summary>The lines of standard output, each of which must be JSON.</summary>
    public IReadOnlyList<JsonElement> JsonLines() =>
        [.. Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(ParseLine)];

    /// <summary>Standard output, which must be one JSON value.</summary>
    public JsonElement Json() => ParseLine(Output);

    /// <summary>Everything, to be read when a test has failed.</summary>
    public override string ToString() =>
        $"""
        $ {CommandLine}
        exit code {ExitCode} after {Duration.TotalSeconds:0.0} s
        --- standard output
        {Output}
        --- standard error
        {Error}
        ---
        """;

    private JsonElement ParseLine(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<JsonElement>(text);
        }
        catch (JsonException fault)
        {
            throw new ShouldAssertException($"Not JSON ({fault.Message})\n{this}", fault);
        }
    }
}
