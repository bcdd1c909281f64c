namespace CsvIngest.Importing.Reading;

/// <summary>
/// How a file is to be read. Everything that is null or automatic is found out from the start of the file.
/// <see cref="FileShape.Pinned"/> is the same with everything said, so that another reading means the same.
/// </summary>
internal sealed record ReadingOptions
{
    private const string OneAsciiCharacter = "--comment: expected one ASCII character.";

    /// <summary>What stands between two fields: one or several characters. Null: found out.</summary>
    public string? Delimiter { get; init; }

    /// <summary>What fields may be enclosed in. Defaults to automatic.</summary>
    public QuoteSetting Quote { get; init; } = QuoteSetting.Auto;

    /// <summary>How a quote is written inside a quoted field. Defaults to automatic.</summary>
    public EscapeSetting Escape { get; init; } = EscapeSetting.Auto;

    /// <summary>Any .NET encoding name or code page number. A byte order mark is stronger. Null: found out.</summary>
    public string? Encoding { get; init; }

    /// <summary>True when the first record is a row already. Null means false: files have a header.</summary>
    public bool? NoHeader { get; init; }

    /// <summary>How many physical lines stand before the header. Null: title and comment lines there are found out.</summary>
    public int? SkipLines { get; init; }

    /// <summary>How many records the header consists of; the names are joined by a space. Null means 1.</summary>
    public int? HeaderLines { get; init; }

    /// <summary>Lines that start with it are passed over, anywhere. Null: none, except before the header.</summary>
    public char? Comment { get; init; }

    /// <summary>How many fields a row has. Null: as the header says, or nine rows in ten at the start of the file.</summary>
    public int? Width { get; init; }

    /// <summary>
    /// A longer record, in bytes of UTF-8 without its line end, is rejected. Raising it costs memory: about three times this much
    /// when such a record comes. Defaults to 16 MiB: RabbitMQ 4 takes no larger message unless configured.
    /// </summary>
    public int MaxRecordBytes { get; init; } = 16 << 20;

    /// <summary>A file with more columns is refused. Defaults to 4,096: a guess; PostgreSQL tables end at 1,600.</summary>
    public int MaxFields { get; init; } = 4096;

    /// <summary>
    /// Whether <see cref="RecordReader.PrefixHash"/> will be asked for. Turning it off spares the hashing of every byte.
    /// Defaults to true.
    /// </summary>
    public bool HashPrefix { get; init; } = true;

    /// <summary>
    /// How many bytes are read at once. Changes nothing in what is read. Defaults to 1 MiB: measured, no faster above.
    /// </summary>
    internal int BlockBytes { get; init; } = 1 << 20;

    /// <summary>
    /// How many bytes are "the start of the file" for finding out its encoding and its shape. Defaults to 1 MiB: a guess.
    /// </summary>
    internal int WindowBytes { get; init; } = 1 << 20;

    /// <summary>Faults in the options, for people; empty when there are none.</summary>
    public IReadOnlyList<string> Faults()
    {
        var faults = new List<string>();
        if (Delimiter is { } delimiter && (delimiter.Length == 0 || delimiter.AsSpan().ContainsAny('\r', '\n')))
        {
            faults.Add("--delimiter: expected one or several characters, none of them a line end.");
        }

        if (SkipLines < 0)
        {
            faults.Add("--skip-lines: expected 0 or more.");
        }

        if (HeaderLines < 1)
        {
            faults.Add("--header-lines: expected 1 or more; for a file without a header use --no-header.");
        }

        if (Comment is '\r' or '\n' or > '~')
        {
            faults.Add(OneAsciiCharacter);
        }

        if (Width is < 1 || Width > MaxFields)
        {
            faults.Add($"The number of fields must be 1 to {MaxFields}.");
        }

        if (MaxRecordBytes is < 16 or > 512 << 20 || MaxFields < 1)
        {
            faults.Add("Limits: expected a record of 16 bytes to 512 MiB and at least 1 field.");
        }

        if (Encoding is { } name && TextEncodings.Find(name) is null)
        {
            faults.Add(
                $"--encoding: no encoding is called \"{name}\". Give a .NET encoding name (utf-8, windows-1252, iso-8859-15, " +
                "shift_jis, …) or a code page number (1252, 949, …).");
        }

        if (Delimiter is not null && Delimiter == Quote.Mark)
        {
            faults.Add("--delimiter and --quote cannot be the same.");
        }

        if (Escape.Mark is { } escape && (escape == Delimiter))
        {
            faults.Add("--delimiter and --escape cannot be the same.");
        }

        return faults;
    }

    /// <summary>A delimiter as people write it: <c>tab</c>, <c>\t</c>, <c>space</c>, <c>comma</c>, …, or itself.</summary>
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

    /// <summary>What comment lines start with.</summary>
    /// <exception cref="Settings.UsageException">It is not one character.</exception>
    public static char ParseComment(string text) => Marks.OneCharacter(text, OneAsciiCharacter)[0];
}
