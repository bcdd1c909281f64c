using System.Globalization;
using System.Text;

namespace CsvIngest.Importing.Reading;

/// <summary>Encodings by the names that people and .NET use for them.</summary>
internal static class TextEncodings
{
    public const int Utf8CodePage = 65001;

    /// <summary>Windows-1252: what a file is taken for whose bytes are not UTF-8 at all.</summary>
    public static Encoding Windows1252 { get; } = CodePagesEncodingProvider.Instance.GetEncoding(1252)!;

    /// <summary>An encoding by .NET name, common other name, or code page number; null when there is none.</summary>
    public static Encoding? Find(string name)
    {
        var text = name.Trim().ToLowerInvariant();
        var alias = text switch
        {
            "utf8" => "utf-8",
            "utf16" or "utf16le" or "utf-16-le" => "utf-16",
            "utf16be" or "utf-16-be" => "utf-16be",
            "utf32" => "utf-32",
            "ansi" => "windows-1252",
            "sjis" or "shift-jis" => "shift_jis",
            "latin-1" => "iso-8859-1",
            "latin9" or "latin-9" => "iso-8859-15",
            _ => text,
        };
        var number = alias.StartsWith("cp", StringComparison.Ordinal) ? alias[2..].TrimStart('-') : alias;
        try
        {
            return int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var codePage)
                ? ByNumber(codePage)
                : CodePagesEncodingProvider.Instance.GetEncoding(alias) ?? Encoding.GetEncoding(alias);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>For people.</summary>
    public static string Describe(Encoding encoding) => encoding.CodePage switch
    {
        Utf8CodePage => "UTF-8",
        1200 => "UTF-16 LE",
        1201 => "UTF-16 BE",
        12000 => "UTF-32 LE",
        12001 => "UTF-32 BE",
        1252 => "Windows-1252",
        _ => encoding.WebName,
    };

    // 0 would be "the machine's own", which must not decide what a file means; 65000 (UTF-7) is refused by .NET.
    private static Encoding? ByNumber(int codePage) => codePage is 0 or > 65535
        ? null
        : CodePagesEncodingProvider.Instance.GetEncoding(codePage) ?? Encoding.GetEncoding(codePage);
}
