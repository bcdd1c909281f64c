using System.Globalization;
using CsvIngest.Importing.Records;
using CsvIngest.Importing.Text;

namespace CsvIngest.Importing.Detection;

/// <summary>The shape of a file: everything about it that is specified or detected.</summary>
internal sealed record FileShape
{
    public required Dialect Dialect { get; init; }

    /// <summary>The name of the encoding that is shown to users, such as <c>Windows-1252</c>.</summary>
    public required string Encoding { get; init; }

    /// <summary>
    /// The names of the columns, as many as <see cref="Width"/>: from the header, empty if it has none for a column. Without a header
    /// <c>column_1</c> and so on.
    /// </summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>The physical line, from 1, on which the header starts; 0 without a header.</summary>
    public required long HeaderLine { get; init; }

    /// <summary>How many fields a row has.</summary>
    public required int Width { get; init; }

    /// <summary>The first line end of the file, in its own encoding; LF if it has none.</summary>
    public required ReadOnlyMemory<byte> LineEnd { get; init; }

    /// <summary>
    /// Options that read the same file, or its rejected rows below the same header, in the same way without detecting anything. The
    /// encoding stays open while everything is ASCII.
    /// </summary>
    public required ReadingOptions Pinned { get; init; }

    /// <summary>The same shape after the encoding has been decided while reading.</summary>
    public FileShape With(System.Text.Encoding encoding) => this with
    {
        Encoding = TextEncodings.Describe(encoding),
        Pinned = Pinned with { Encoding = encoding.WebName },
    };

    /// <summary>A description of one line, such as <c>`;` separated, Windows-1252, header on line 3</c>.</summary>
    public string Describe()
    {
        var header = HeaderLine == 0
            ? $"no header, {Quantity.Of(Width, "column")}"
            : $"header on line {HeaderLine.ToString(CultureInfo.InvariantCulture)}";
        var columns = Width == 1 ? "one column" : Dialect.Describe();
        return $"{columns}, {Encoding}, {header}";
    }
}
