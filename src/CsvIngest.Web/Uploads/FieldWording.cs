using System.Text.Json;
using CsvIngest.Hosting;

namespace CsvIngest.Web.Uploads;

/// <summary>Puts problems and what can be done about them into the words of a form: the options are its fields.</summary>
internal static class FieldWording
{
    /// <summary>What no upload can choose.</summary>
    private static readonly ImportOption[] Fixed =
    [
        ImportOption.Datasets, ImportOption.Rejects, ImportOption.State, ImportOption.Restart, ImportOption.MoveTo, ImportOption.FailedTo,
        ImportOption.Settle, ImportOption.MaxExpansion, ImportOption.MaxRecordBytes, ImportOption.MaxFields, ImportOption.NameServer,
    ];

    /// <summary>A fault with the field that it is about.</summary>
    public static string Describe(OptionFault fault) => $"{FieldOf(fault.Option)}: {fault.Text}";

    /// <summary>A warning, and what to do if it is not what the user wants.</summary>
    public static string Describe(ImportWarning warning) =>
        Choices(warning.Remedies) is { Length: > 0 } choices ? $"{warning.Text} If that is wrong, set {choices}." : warning.Text;

    /// <summary>The message of what ended an import, and how to proceed. It contains no value of a row.</summary>
    public static string Describe(Exception failure)
    {
        var message = Exit.LastWords(failure);
        return failure is UnusableFileException unusable && Choices(unusable.Remedies) is { Length: > 0 } choices
            ? $"{message}{(message.Contains('\n', StringComparison.Ordinal) ? '\n' : ' ')}To import it, set {choices}."
            : message;
    }

    private static string Choices(IReadOnlyList<Remedy> remedies) => string.Join(" or ", remedies
        .Where(remedy => !Fixed.Contains(remedy.Option))
        // Which header it is, only the user knows if the value ends there.
        .Select(remedy => remedy.Value is { } value ? $"{FieldOf(remedy.Option)} to \"{DisplayText.OneLine(value)}{(value.EndsWith('=') ? "HEADER" : "")}\"" : FieldOf(remedy.Option)));

    private static string FieldOf(ImportOption option) => JsonNamingPolicy.KebabCaseLower.ConvertName($"{option}");
}
