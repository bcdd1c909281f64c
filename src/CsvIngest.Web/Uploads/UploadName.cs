using System.Globalization;
using System.Text;

namespace CsvIngest.Web.Uploads;

/// <summary>
/// Names of uploaded files. They are shown, and the rejects files are named after them; the file itself has a name of the program's own.
/// </summary>
internal static class UploadName
{
    /// <summary>The longest name that is kept: 255 characters, as file systems do.</summary>
    private const int MaxLength = 255;

    /// <summary>
    /// What is kept of a name that a client sent: what follows the last slash or backslash, without control and format characters, with
    /// something in place of nothing.
    /// </summary>
    public static string Clean(string? name)
    {
        var last = name is null ? "" : name[(name.LastIndexOfAny(['/', '\\']) + 1)..];
        var clean = new StringBuilder();
        foreach (var rune in last.EnumerateRunes())
        {
            var isShown = Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
            if (isShown && clean.Length + rune.Utf16SequenceLength <= MaxLength)
            {
                clean.Append(rune.ToString());
            }
        }

        var text = clean.ToString().Trim();
        return text.Trim('.').Length == 0 ? "upload.csv" : text;
    }
}
