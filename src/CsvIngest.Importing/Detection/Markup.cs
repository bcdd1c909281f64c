using System.Text;
using CsvIngest.Importing.Text;

namespace CsvIngest.Importing.Detection;

/// <summary>What kind of markup a text is.</summary>
internal enum MarkupKind
{
    /// <summary>It may be CSV.</summary>
    None,

    /// <summary>HTML.</summary>
    Html,

    /// <summary>A workbook in the XML format of Excel 2003.</summary>
    Workbook,

    /// <summary>Other XML.</summary>
    Xml,
}

/// <summary>Tells HTML and XML from CSV files that merely contain some of it: a column can be called <c>&lt;b&gt;Name&lt;/b&gt;</c>.</summary>
internal static class Markup
{
    /// <summary>How many lines must all start with a tag if the first one does not tell what the text is. A guess.</summary>
    private const int MaxLines = 20;

    /// <summary>How much of the text is searched for the name of a workbook's namespace: it is in the first element.</summary>
    private const int NamespaceBytes = 2048;

    // Only elements that begin a page, a part of one, or the table of a spreadsheet that was saved as a web page.
    private static readonly byte[][] PageElements =
    [
        [.. "<!doctype html"u8], [.. "<html"u8], [.. "<head"u8], [.. "<body"u8], [.. "<title"u8], [.. "<meta"u8], [.. "<script"u8], [.. "<style"u8],
    ];

    /// <summary>The kind of markup that the text certainly starts with.</summary>
    /// <param name="text">The text, without white space before it.</param>
    public static MarkupKind KindOf(ReadOnlySpan<byte> text)
    {
        var isDeclared = false;
        while (true)
        {
            var skipped = text.StartsWith("<!--"u8) ? LengthTo(text, "-->"u8)
                : StartsWith(text, "<?xml"u8) ? LengthTo(text, "?>"u8)
                : 0;
            if (skipped == 0)
            {
                break;
            }

            isDeclared = true;
            text = text[skipped..].TrimStart(" \t\r\n"u8);
        }

        if (IsPage(text))
        {
            return MarkupKind.Html;
        }

        if (!isDeclared && !StartsWith(text, "<!doctype"u8) && !HasOnlyTags(text))
        {
            return MarkupKind.None;
        }

        var start = text[..Math.Min(NamespaceBytes, text.Length)];
        if (start.IndexOf("urn:schemas-microsoft-com:office:spreadsheet"u8) >= 0)
        {
            return MarkupKind.Workbook;
        }

        // A comment, and then something that is no markup, can be the title of a CSV file.
        return text is [(byte)'<', ..] || text.IsEmpty ? MarkupKind.Xml : MarkupKind.None;
    }

    /// <summary>Whether a text starts with something, in any case.</summary>
    public static bool StartsWith(ReadOnlySpan<byte> text, ReadOnlySpan<byte> start) =>
        text.Length >= start.Length && Ascii.EqualsIgnoreCase(text[..start.Length], start);

    private static bool IsPage(ReadOnlySpan<byte> text)
    {
        foreach (var element in PageElements)
        {
            if (StartsWith(text, element) && (text.Length == element.Length || !IsNameCharacter((char)text[element.Length])))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsNameCharacter(char character) => char.IsAsciiLetterOrDigit(character) || character is '_' or '-' or ':' or '.';

    /// <summary>Whether each of the first lines starts with a tag, of which there are several lines.</summary>
    private static bool HasOnlyTags(ReadOnlySpan<byte> text)
    {
        var lines = 0;
        for (; lines < MaxLines && !text.IsEmpty; lines++)
        {
            if (!IsTag(text))
            {
                return false;
            }

            Lines.TryFindEnd(text, isFinalBlock: true, out _, out var end);
            text = text[end..].TrimStart(" \t\r\n"u8);
        }

        return lines > 1;
    }

    private static bool IsTag(ReadOnlySpan<byte> text) =>
        text is [(byte)'<', var first, ..] && (char.IsAsciiLetter((char)first) || first is (byte)'/' or (byte)'!' or (byte)'?');

    private static int LengthTo(ReadOnlySpan<byte> text, ReadOnlySpan<byte> end)
    {
        var at = text.IndexOf(end);
        return at < 0 ? text.Length : at + end.Length;
    }
}
