using System.Text;
using CsvIngest.Datasets;
using CsvIngest.Datasets.Drafting;
using CsvIngest.Importing.Detection;
using CsvIngest.Importing.Rows;
using CsvIngest.Importing.Sources;

namespace CsvIngest.Importing.Drafting;

/// <summary>A file that has been read to propose a dataset for it.</summary>
/// <param name="Draft">The dataset.</param>
/// <param name="Rows">How many rows were looked at.</param>
/// <param name="UnreadableRows">How many further rows could not be read.</param>
public sealed record DraftFile(DatasetDraft Draft, long Rows, long UnreadableRows)
{
    /// <summary>How many columns can be the key, in file order: identifiers come first. A guess that bounds the memory.</summary>
    private const int MaxKeyColumns = 16;

    /// <summary>How many keys are kept in all columns together: about 1 GB at most. A guess.</summary>
    private const long MaxKeys = 20_000_000;

    /// <summary>Reads a whole file. Its encoding, dialect and header are detected as for an import.</summary>
    /// <param name="source">The file.</param>
    /// <param name="warn">Receives what is uncertain about the file.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="UnusableFileException">It is not a CSV file, or has no header.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static DraftFile Read(Source source, Action<ImportWarning> warn, CancellationToken cancellationToken)
    {
        using var open = source.Open(new ExpansionLimit(), isClaimed: false, cancellationToken);
        using var reader = RecordReader.Open(open.Bytes, new ReadingOptions(), warn);
        if (ExpectedHeader.IsMissing(reader.Shape.Names))
        {
            throw new UnusableFileException("The first row contains an email address, so it is not a header. A draft needs a file with a header.");
        }

        var columns = reader.Shape.Names.Select(name => new ColumnDraft(name)).ToList();
        var keys = new List<(int Column, SeenKeys Values)>();
        keys.AddRange(Enumerable.Range(0, Math.Min(columns.Count, MaxKeyColumns)).Select(column => (column, new SeenKeys())));
        long rows = 0, unreadable = 0;
        while (reader.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (reader.RejectReason is not null)
            {
                unreadable++;
                continue;
            }

            rows++;
            for (var i = 0; i < columns.Count; i++)
            {
                columns[i].Add(reader.Field(i));
            }

            // The set of a column that has no value twice is kept, as long as there is room.
            keys.RemoveAll(key => !key.Values.Add(Fold(reader.Field(key.Column))));
            if (keys.Count * rows > MaxKeys)
            {
                keys.RemoveAt(keys.Count - 1);
            }
        }

        // A single row says nothing about its values being different.
        var unique = rows < 2 ? [] : keys.Select(key => columns[key.Column]).ToList();
        return new DraftFile(DatasetDraft.Of(NameOf(source.Name), columns, unique), rows, unreadable);
    }

    /// <summary>The form in which values are compared. Values that have the same canonical form in some type should be the same.</summary>
    private static byte[] Fold(ReadOnlySpan<byte> value) => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(value).Trim().ToLowerInvariant());

    /// <summary>The name without extensions, such as those of <c>orders.csv.gz</c>.</summary>
    private static string NameOf(string name)
    {
        var file = Path.GetFileName(name);
        var dot = file.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 ? file[..dot] : file;
    }
}
