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
        var options = Options(result.CommandResult).SelectMany(option => option.Aliases.Prepend(option.Name)).ToList();
        // A value that is attached to its option, as in --file=--odd.csv, is intentional.
        var mistyped = Values(result).Where(value => LooksLikeOption(value) && arguments.Contains(value)).ToList();
        var takesFiles = result.CommandResult.Command.Arguments.Count > 0;
        var unrecognized = mistyped.Select(value => $"Unrecognized option \"{value}\"."
            + (NearMiss.Find(value, options) is { } meant ? $" Did you mean {meant}?"
                : takesFiles ? $" To name a file that begins with \"-\", write \"./{value}\"." : ""));
        var commands = result.CommandResult.Command.Subcommands.Select(command => command.Name).ToList();
        var unmatched = result.UnmatchedTokens.Where(token => !LooksLikeOption(token)).ToList();
        return
        [
            .. unrecognized,
            .. unmatched.Select(token => $"Unrecognized command or argument \"{token}\".{NearMiss.Propose(token, commands)}"),
            // The parser has errors for the same words.
            .. result.Errors.Where(error => !IsAbout(error, [.. mistyped, .. unmatched])).Select(Describe),
        ];
    }

    private static bool IsAbout(ParseError error, List<string> tokens) => error.SymbolResult is CommandResult
        && tokens.Any(token => error.Message.Contains($"'{token}'", StringComparison.Ordinal));

    // The parser would name the type of .NET, and writes a list on several lines.
    private static string Describe(ParseError error) =>
        error.SymbolResult is OptionResult { Option: var option, Tokens: [{ Value: var text }] } && IsNumber(option) && error.Message.Contains(option.ValueType.Name, StringComparison.Ordinal)
            ? $"{option.Name} is \"{text}\"; expected a number."
            : error.Message.ReplaceLineEndings("\n").Replace("'\n\t'", "', '", StringComparison.Ordinal).Replace("\n\t", " ", StringComparison.Ordinal);

    private static bool IsNumber(Option option) => Type.GetTypeCode(Nullable.GetUnderlyingType(option.ValueType) ?? option.ValueType) is TypeCode.Int32 or TypeCode.UInt16;

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

    // A value such as "-|-" is a delimiter, "-1" is a number, and "-" alone is standard input.
    private static bool LooksLikeOption(string value) => value.Length > 1 && value[0] == '-' && value.Any(char.IsLetter);
}
