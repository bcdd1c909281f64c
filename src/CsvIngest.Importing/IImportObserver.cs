using CsvIngest.Datasets;
using CsvIngest.Importing.Detection;
using CsvIngest.Values;

namespace CsvIngest.Importing;

/// <summary>
/// Learns what happens during an import, on the import's thread and while the import waits. Members do nothing unless they are
/// implemented.
/// </summary>
public interface IImportObserver
{
    /// <summary>
    /// Whether <see cref="RowAccepted"/> and <see cref="RowRejected"/> are to be called; read once, when the import begins. Defaults to
    /// false, which spares the call for every row.
    /// </summary>
    bool WantsRows => false;

    /// <summary>The format of the file is recognized. Its columns are compared with those of the dataset next.</summary>
    /// <param name="file">What was recognized.</param>
    void Recognized(RecognizedFile file)
    {
    }

    /// <summary>The file is recognised and fits the dataset; its first row comes next.</summary>
    /// <param name="beginning">What is known of the import.</param>
    void Began(ImportBeginning beginning)
    {
    }

    /// <summary>An unfinished import of the file is resumed with its own <see cref="SliceOptions"/>, which differ from those of this run.</summary>
    /// <param name="startedAt">When that import began.</param>
    void OptionsKept(DateTimeOffset startedAt)
    {
    }

    /// <summary>The part of the file that is confirmed already has been read again, and what follows is published.</summary>
    /// <param name="slices">How many slices were confirmed.</param>
    /// <param name="rows">How many rows these have.</param>
    void Resumed(int slices, long rows)
    {
    }

    /// <summary>The content of the file was published completely before, perhaps under another name. It is published again now.</summary>
    /// <param name="before">By which import.</param>
    /// <param name="isSame">Whether with the same dataset and options, to the same queue.</param>
    void ImportedBefore(ImportedContent before, bool isSame)
    {
    }

    /// <summary>Something that people should know was found, at the start of the file or on the way.</summary>
    /// <param name="warning">What was found and what can be done about it.</param>
    void Warned(ImportWarning warning)
    {
    }

    /// <summary>
    /// The import ended early and how far it is confirmed could not be saved: resuming publishes again what was confirmed since the
    /// state was last saved.
    /// </summary>
    /// <param name="failure">Why not.</param>
    void StateNotSaved(Exception failure)
    {
    }

    /// <summary>A row was accepted: it is valid and its key is new.</summary>
    /// <param name="row">The row. Valid during the call.</param>
    void RowAccepted(in AcceptedRow row)
    {
    }

    /// <summary>A row was rejected.</summary>
    /// <param name="line">The physical line on which the row starts, from 1.</param>
    /// <param name="reason">Why. It contains no value of the row.</param>
    void RowRejected(long line, RejectReason reason)
    {
    }
}

/// <summary>What is known of a file before its columns are matched with those of the dataset.</summary>
/// <param name="Dataset">The dataset.</param>
/// <param name="Headers">The file's headers, one for each of its columns.</param>
/// <param name="Format">The file's format in one line.</param>
/// <param name="Reading">
/// How the file is read, with everything specified that was detected. The encoding stays null while everything is ASCII.
/// </param>
public sealed record RecognizedFile(Dataset Dataset, IReadOnlyList<string> Headers, string Format, ReadingOptions Reading);

/// <summary>What is known of an import when it begins.</summary>
/// <param name="ImportId">The import's ID.</param>
/// <param name="Dataset">The dataset.</param>
/// <param name="Binding">Which of the file's columns feed the dataset's.</param>
/// <param name="Headers">The file's headers, one for each of its columns.</param>
/// <param name="Format">The file's format in one line, such as <c>`;` separated, Windows-1252, header on line 3</c>.</param>
/// <param name="Progress">How far the import is, from now on.</param>
public sealed record ImportBeginning(
    Guid ImportId, Dataset Dataset, ColumnBinding Binding, IReadOnlyList<string> Headers, string Format, ImportProgress Progress)
{
    /// <summary>The names of the values of an <see cref="AcceptedRow"/>: the dataset's columns, then the file's extra ones.</summary>
    public IReadOnlyList<string> Columns { get; } =
        [.. Dataset.Columns.Select(column => column.Name), .. Binding.Extra.Select(extra => extra.Name)];
}

/// <summary>A row in its canonical form.</summary>
public readonly ref struct AcceptedRow
{
    private readonly ReadOnlySpan<byte> _values;
    private readonly ReadOnlySpan<int> _ends;

    internal AcceptedRow(long line, ReadOnlySpan<byte> values, ReadOnlySpan<int> ends)
    {
        Line = line;
        _values = values;
        _ends = ends;
    }

    /// <summary>The physical line on which the row starts, from 1.</summary>
    public long Line { get; }

    /// <summary>How many values the row has: one for each of <see cref="ImportBeginning.Columns"/>.</summary>
    public int Count => _ends.Length;

    /// <summary>A value as UTF-8. An empty one of the dataset's own columns is absent.</summary>
    /// <param name="index">From 0.</param>
    public ReadOnlySpan<byte> this[int index] => _values[(index == 0 ? 0 : _ends[index - 1]).._ends[index]];
}
