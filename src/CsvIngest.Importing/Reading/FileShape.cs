using System.Globalization;

namespace CsvIngest.Importing.Reading;

/// <summary>What a file turned out to be.</summary>
internal sealed record FileShape
{
    public required Dialect Dialect { get; init; }

    /// <summary>For people, such as <c>Windows-1252</c>.</summary>
    public required string Encoding { get; init; }

    /// <summary>
    /// The columns: as many as <see cref="Width"/>, as the header names them. Empty where it does not; <c>column_1</c> and so on
    /// without a header.
    /// </summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>The physical line on which the header starts; 0 without a header.</summary>
    public required long HeaderLine { get; init; }

    /// <summary>How many fields a row has.</summary>
    public required int Width { get; init; }

    /// <summary>Whether the header holds an email address: then it is probably a row, and the file has no header.</summary>
    public required bool HeaderLooksLikeData { get; init; }

    /// <summary>The line end that the file uses first, in its own encoding; LF when it has none.</summary>
    public required ReadOnlyMemory<byte> LineEnd { get; init; }

    /// <summary>
    /// What people should know: each a whole sentence or two, naming the flag that changes it. More may come while reading.
    /// </summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>
    /// Options that read the same file, or its rejected rows below the same header, in the same way without finding
    /// anything out. The encoding is left open while everything was ASCII.
    /// </summary>
    public required ReadingOptions Pinned { get; init; }

    /// <summary>The same shape, after the source has found out its encoding while it grew.</summary>
    /// <param name="source">Has just grown.</param>
    /// <param name="line">The physical line on which its text starts.</param>
    public FileShape Decided(SourceText source, long line)
    {
        var encoding = source.IsSwitched ? TextEncodings.Windows1252 : System.Text.Encoding.UTF8;
        return this with
        {
            Encoding = TextEncodings.Describe(encoding),
            Pinned = Pinned with { Encoding = encoding.WebName },
            Warnings = StartOfFile.Decision(source, line) is { } decision ? [.. Warnings, decision] : Warnings,
        };
    }

    /// <summary>In one line, such as <c>`;` separated, Windows-1252, header on line 3</c>.</summary>
    public string Describe()
    {
        var header = HeaderLine == 0
            ? $"no header, {Width.ToString(CultureInfo.InvariantCulture)} columns"
            : $"header on line {HeaderLine.ToString(CultureInfo.InvariantCulture)}";
        var columns = Width == 1 ? "one column" : Dialect.Describe();
        return $"{columns}, {Encoding}, {header}";
    }
}
