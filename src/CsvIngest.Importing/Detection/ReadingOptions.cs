using CsvIngest.Importing.Records;
using CsvIngest.Importing.Text;

namespace CsvIngest.Importing.Detection;

/// <summary>
/// How to read a file. Everything that is null or automatic is detected from the start of the file; <see cref="FileShape.Pinned"/> has
/// the same options with everything specified, so that reading again gives the same result.
/// </summary>
public sealed record ReadingOptions
{
    private const int LeastRecordBytes = 16;
    private const int MostRecordBytes = 512 << 20;

    /// <summary>The text between two fields: one or more characters. Defaults to null: detected.</summary>
    public string? Delimiter { get; init; }

    /// <summary>What fields may be enclosed in. Defaults to automatic.</summary>
    public QuoteSetting Quote { get; init; } = QuoteSetting.Auto;

    /// <summary>How a quote is written inside a quoted field. Defaults to automatic.</summary>
    public EscapeSetting Escape { get; init; } = EscapeSetting.Auto;

    /// <summary>A .NET encoding name or code page number. A byte order mark takes precedence. Defaults to null: detected.</summary>
    public string? Encoding { get; init; }

    /// <summary>Whether the first record is a row. Defaults to null, which means false: the file has a header.</summary>
    public bool? NoHeader { get; init; }

    /// <summary>How many physical lines precede the header. Defaults to null: title and comment lines are detected.</summary>
    public int? SkipLines { get; init; }

    /// <summary>How many records the header has; their names are joined by a space. Defaults to null, which means 1.</summary>
    public int? HeaderLines { get; init; }

    /// <summary>The first character of comment lines, which are skipped. Defaults to null: comments are skipped only before the header.</summary>
    public char? Comment { get; init; }

    /// <summary>
    /// How many fields a row has, apart from empty ones at its end. Defaults to null: as many as the header, unless nine in ten rows at the
    /// start of the file agree on a larger number.
    /// </summary>
    public int? Width { get; init; }

    /// <summary>
    /// How many fields a row has at least; those that are missing at its end are empty. Defaults to null: <see cref="Width"/> if that is
    /// specified; otherwise up to the last name in the header, unless nine in ten rows at the start of the file agree on a smaller number.
    /// </summary>
    public int? FewestFields { get; init; }

    /// <summary>
    /// The maximum length of a record, in bytes of UTF-8 without its line end; longer records are rejected. Raising it costs memory:
    /// about three times this much when such a record occurs. Defaults to 16 MiB: RabbitMQ 4 accepts no larger message unless configured.
    /// </summary>
    public int MaxRecordBytes { get; init; } = 16 << 20;

    /// <summary>The maximum number of columns; a file with more cannot be read. Defaults to 4,096, a guess; PostgreSQL tables have up to 1,600.</summary>
    public int MaxFields { get; init; } = 4096;

    /// <summary>The names of the encodings that <see cref="Encoding"/> accepts, ordered; others, and numbers, are accepted too.</summary>
    public static IReadOnlyList<string> EncodingNames => TextEncodings.Names;

    /// <summary>
    /// Whether the reader can return the hash of what it has read. Turning it off saves hashing every byte. Defaults to true.
    /// </summary>
    public bool HashPrefix { get; init; } = true;

    /// <summary>How many bytes to read at once. Has no influence on the result. Defaults to 1 MiB: measured, more is not faster.</summary>
    internal int BlockBytes { get; init; } = 1 << 20;

    /// <summary>How many bytes at the start of the file decide its encoding and shape. Defaults to 1 MiB, a guess.</summary>
    internal int WindowBytes { get; init; } = 1 << 20;

    /// <summary>Every option that has an invalid value; empty if there is none.</summary>
    public IReadOnlyList<OptionFault> Faults()
    {
        var faults = new List<OptionFault>();
        if (Delimiter is { } delimiter && (delimiter.Length == 0 || delimiter.AsSpan().ContainsAny('\r', '\n')))
        {
            faults.Add(new(ImportOption.Delimiter, "expected one or more characters other than line ends."));
        }

        if (SkipLines < 0)
        {
            faults.Add(new(ImportOption.SkipLines, $"{SkipLines} is out of range; expected 0 or more."));
        }

        if (HeaderLines < 1)
        {
            faults.Add(new(
                ImportOption.HeaderLines, $"{HeaderLines} is out of range; expected 1 or more. There is a separate option for files without a header."));
        }

        if (HeaderLines > 1 && NoHeader == true)
        {
            faults.Add(new(ImportOption.HeaderLines, "not possible for a file without a header."));
        }

        if (Comment is '\r' or '\n' or > '~')
        {
            faults.Add(CommentFault);
        }

        if (Width is < 1 || Width > MaxFields)
        {
            faults.Add(new(ImportOption.MaxFields, $"the file has {Width} columns; expected 1 to {MaxFields}."));
        }

        if (MaxRecordBytes is < LeastRecordBytes or > MostRecordBytes)
        {
            faults.Add(new(ImportOption.MaxRecordBytes, $"{MaxRecordBytes} is out of range; expected {LeastRecordBytes} to {MostRecordBytes} bytes."));
        }

        if (MaxFields < 1)
        {
            faults.Add(new(ImportOption.MaxFields, $"{MaxFields} is out of range; expected 1 or more."));
        }

        if (Encoding is { } name && TextEncodings.Find(name) is null)
        {
            faults.Add(new(
                ImportOption.Encoding,
                $"\"{name}\" is not a known encoding; expected a .NET encoding name (utf-8, windows-1252, iso-8859-15, shift_jis, …) "
                + "or a code page number (1252, 949, …)."));
        }

        if (Delimiter is not null && Delimiter == Quote.Mark)
        {
            faults.Add(new(ImportOption.Quote, "the quote character and the delimiter must differ."));
        }

        if (Escape.Mark is { } escape && escape == Delimiter)
        {
            faults.Add(new(ImportOption.Escape, "the escape character and the delimiter must differ."));
        }

        return faults;
    }

    /// <summary>Parses a delimiter: <c>tab</c>, <c>\t</c>, <c>space</c>, <c>comma</c>, …, or the delimiter itself.</summary>
    public static string ParseDelimiter(string text) => text.ToLowerInvariant() switch
    {
        "tab" or "\\t" => "\t",
        "space" => " ",
        "comma" => ",",
        "semicolon" => ";",
        "pipe" => "|",
        "colon" => ":",
        _ => text,
    };

    /// <summary>Parses the first character of comment lines.</summary>
    /// <param name="text">One ASCII character.</param>
    /// <param name="faults">Receives a fault if it is not; the result is null then.</param>
    public static char? ParseComment(string text, ICollection<OptionFault> faults)
    {
        if (IsOneCharacter(text))
        {
            return text[0];
        }

        faults.Add(CommentFault);
        return null;
    }

    private static OptionFault CommentFault => new(ImportOption.Comment, "expected one ASCII character.");

    internal static bool IsOneCharacter(string text)
    {
        var runes = text.EnumerateRunes();
        return runes.MoveNext() && runes.Current.Value is not ('\r' or '\n' or 0xFFFD) && !runes.MoveNext();
    }
}

/// <summary>What fields may be enclosed in.</summary>
/// <param name="IsAuto">Whether to detect it from the start of the file.</param>
/// <param name="Mark">The quote character; null if it is detected, or if every quote is text.</param>
public sealed record QuoteSetting(bool IsAuto, string? Mark)
{
    /// <summary>Detected from the start of the file.</summary>
    public static QuoteSetting Auto { get; } = new(true, null);

    /// <summary>Every quote is text.</summary>
    public static QuoteSetting None { get; } = new(false, null);

    /// <summary>A specific character.</summary>
    public static QuoteSetting Of(string mark) => new(false, mark);

    /// <summary>Parses <c>auto</c>, <c>none</c>, <c>double</c>, <c>single</c>, or the character itself.</summary>
    /// <param name="text">The setting.</param>
    /// <param name="faults">Receives a fault if the setting is none of these; the result is automatic then.</param>
    public static QuoteSetting Parse(string text, ICollection<OptionFault> faults)
    {
        switch (text.ToLowerInvariant())
        {
            case "auto":
                return Auto;
            case "none":
                return None;
            case "double":
                return Of("\"");
            case "single":
                return Of("'");
            case var _ when ReadingOptions.IsOneCharacter(text):
                return Of(text);
            default:
                faults.Add(new(ImportOption.Quote, "expected one character, none, or auto."));
                return Auto;
        }
    }
}

/// <summary>How a quote is written inside a quoted field.</summary>
/// <param name="IsAuto">Whether to detect it from the start of the file.</param>
/// <param name="Style">The style; meaningless if it is detected.</param>
/// <param name="Mark">The escape character; null unless the style is one.</param>
public sealed record EscapeSetting(bool IsAuto, EscapeStyle Style, string? Mark)
{
    /// <summary>Detected from the start of the file.</summary>
    public static EscapeSetting Auto { get; } = new(true, EscapeStyle.Doubled, null);

    /// <summary>The quote is doubled.</summary>
    public static EscapeSetting Doubled { get; } = new(false, EscapeStyle.Doubled, null);

    /// <summary>A quoted field cannot contain a quote.</summary>
    public static EscapeSetting None { get; } = new(false, EscapeStyle.None, null);

    /// <summary>A specific escape character.</summary>
    public static EscapeSetting Of(string mark) => new(false, EscapeStyle.Character, mark);

    /// <summary>Parses <c>auto</c>, <c>none</c>, <c>doubled</c> (or a quote), <c>backslash</c>, or the character itself.</summary>
    /// <param name="text">The setting.</param>
    /// <param name="faults">Receives a fault if the setting is none of these; the result is automatic then.</param>
    public static EscapeSetting Parse(string text, ICollection<OptionFault> faults)
    {
        switch (text.ToLowerInvariant())
        {
            case "auto":
                return Auto;
            case "none":
                return None;
            case "doubled" or "double" or "\"":
                return Doubled;
            case "backslash":
                return Of("\\");
            case var _ when ReadingOptions.IsOneCharacter(text):
                return Of(text);
            default:
                faults.Add(new(ImportOption.Escape, "expected one character, doubled, none, or auto."));
                return Auto;
        }
    }
}
