using System.CommandLine;
using System.CommandLine.Parsing;

namespace CsvIngest.Hosting;

/// <summary>Finds what is wrong with a command line, before anything is opened.</summary>
internal static class CommandLineErrors
{
    /// <summary>
    /// All errors: those of the parser, and mistyped options. Where the parser accepts a value, it accepts a word such as
    /// <c>--dry-runn</c> as well, so that <c>--file data.csv --dry-runn</c> would name two files.
    /// </summary>
    /// <param name="result">The parsed command line.</param>
    /// <param name="arguments">The command line before parsing.</param>
    /// <returns>One message for each error; empty when there are none.</returns>
    public static IReadOnlyList<string> Find(ParseResult result, IReadOnlyList<string> arguments)
    {
        var unrecognized = Values(result)
            // A value that is attached to its option, as in --file=--odd.csv, is intentional.
            .Where(value => LooksLikeOption(value) && arguments.Contains(value))
            .Select(value => $"Unrecognized option \"{value}\". To name a file that begins with \"-\", write \"./{value}\".");
        return [.. unrecognized, .. result.Errors.Select(error => error.Message)];
    }

    /// <summary>The words that the parser accepted as text values, up to <c>--</c>: whatever follows it is a value.</summary>
    private static IEnumerable<string> Values(ParseResult result)
    {
        var numbers = Options(result.CommandResult)
            .Where(option => option.ValueType != typeof(string) && option.ValueType != typeof(string[]))
            .Select(result.GetResult)
            .OfType<OptionResult>()
            .SelectMany(option => option.Tokens)
            .ToHashSet(ReferenceEqualityComparer.Instance);
        return result.Tokens
            .TakeWhile(token => token.Type != TokenType.DoubleDash)
            .Where(token => token.Type == TokenType.Argument && !numbers.Contains(token))
            .Select(token => token.Value);
    }

    private static IEnumerable<Option> Options(CommandResult command) =>
        command.Command.Options.Concat(command.Parent is CommandResult parent ? Options(parent) : []);

    // A value such as "-|-" is a delimiter; "-" alone is standard input.
    private static bool LooksLikeOption(string value) => value.Length > 1 && value[0] == '-' && value.Any(char.IsLetterOrDigit);
}
