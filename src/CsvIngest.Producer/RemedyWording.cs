using System.Text.Json;
using CsvIngest.Importing;

namespace CsvIngest.Producer;

/// <summary>Puts problems and what can be done about them into the words of a command line.</summary>
internal static class RemedyWording
{
    /// <summary>A fault with the flag that it is about.</summary>
    public static string Describe(OptionFault fault) => $"{FlagOf(fault.Option)}: {fault.Text}";

    /// <summary>A warning, and what to do if it is not what the user wants.</summary>
    public static string Describe(ImportWarning warning)
    {
        if (warning.Remedies.Count == 0)
        {
            return warning.Text;
        }

        return warning.Remedies switch
        {
            [{ Option: ImportOption.Encoding, Value: null }] => $"{warning.Text} If the file uses another encoding, pass --encoding.",
            // Each marker by itself: all are needed.
            [{ Option: ImportOption.Null }, ..] =>
                $"{warning.Text} To treat them as empty, pass {string.Join(' ', warning.Remedies.Select(Flag))}.",
            _ => $"{warning.Text} If that is wrong, pass {string.Join(" or ", warning.Remedies.Select(Flag))}.",
        };
    }

    /// <summary>The message of what ended an import, and how to proceed.</summary>
    public static string Describe(Exception failure)
    {
        if (failure is ImportOptionsException options)
        {
            return string.Join(" ", options.Faults.Select(Describe));
        }

        string[] remedies = failure switch
        {
            UnusableFileException unusable => [.. unusable.Remedies.Select(Advise)],
            UnwritableFileException unwritable => [Advise(unwritable.Remedy)],
            FileChangedException => ["Run the same command again once it is complete; --settle 10s waits for that."],
            _ => [],
        };
        var message = FailureReason.InFull(failure);
        // Reasons of the system have no full stop.
        message += remedies.Length > 0 && char.IsLetterOrDigit(message[^1]) ? "." : "";
        return string.Join(message.Contains('\n', StringComparison.Ordinal) ? "\n" : " ", remedies.Prepend(message));
    }

    private static string Advise(Remedy remedy) => remedy.Option switch
    {
        ImportOption.Restart => "Pass --restart to import the file from its start, as a new import.",
        ImportOption.Map when remedy.Value is not null => $"Pass {Flag(remedy)} to choose the column.",
        ImportOption.Dataset when remedy.Value is not null => $"If the file has only addresses, pass {Flag(remedy)}.",
        ImportOption.NoHeader => "If the file has no header, pass --no-header.",
        ImportOption.Delimiter when remedy.Value is null => "If the fields are separated by something else, pass --delimiter.",
        ImportOption.SkipLines when remedy.Value is null => "If the header is on another line, pass --skip-lines with the number of lines above it.",
        ImportOption.SkipLines => $"To skip everything before it, pass {Flag(remedy)}.",
        ImportOption.Encoding when remedy.Value is null => "If the file uses another encoding, pass --encoding.",
        ImportOption.NoDedupe => "Pass --no-dedupe to let the database detect duplicates.",
        ImportOption.MaxExpansion => "If you trust the file, pass a larger --max-expansion.",
        ImportOption.MaxRejects => "To accept more of them, pass a larger --max-rejects.",
        ImportOption.MaxFields => "If the file is right, pass a larger --max-fields.",
        ImportOption.State => "Pass --state DIR to keep it in another folder.",
        ImportOption.MoveTo or ImportOption.FailedTo => $"Pass {Flag(remedy)} DIR to move it to another folder.",
        ImportOption.Rejects => "Pass --rejects DIR to write it to another folder, or --rejects none.",
        _ => $"Pass {Flag(remedy)}.",
    };

    /// <summary>A remedy as it is typed.</summary>
    private static string Flag(Remedy remedy)
    {
        var flag = FlagOf(remedy.Option);
        // A header, for example, is the file's.
        return (remedy with { Value = remedy.Value is null ? null : DisplayText.OneLine(remedy.Value) }) switch
        {
            { Value: null } => flag,
            // The value is COLUMN=HEADER; the header is empty if only the user knows it.
            { Option: ImportOption.Map, Value: var value } when value.Split('=', 2) is [var column, var header] =>
                $"{flag} {column}={Quote(header.Length > 0 ? header : "HEADER")}",
            // Otherwise a marker such as -- would be taken for an option.
            { Option: ImportOption.Null, Value: ['-', ..] marker } => $"{flag}={Quote(marker)}",
            { Option: ImportOption.Null, Value: var marker } => $"{flag} {Quote(marker)}",
            _ => $"{flag} {remedy.Value}",
        };
    }

    /// <summary>A text as POSIX shells take it unchanged: in double quotes, which people expect, or in single quotes.</summary>
    private static string Quote(string text) => text.AsSpan().ContainsAny("\"$`\\!")
        ? $"'{text.Replace("'", @"'\''", StringComparison.Ordinal)}'"
        : $"\"{text}\"";

    private static string FlagOf(ImportOption option) => "--" + JsonNamingPolicy.KebabCaseLower.ConvertName($"{option}");
}
