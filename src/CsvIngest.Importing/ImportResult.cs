namespace CsvIngest.Importing;

/// <summary>What became of one file. Its rows are <c>RowsRead = RowsSent + RowsRejected + RowsDuplicate</c> once the import is done.</summary>
public sealed record ImportResult
{
    /// <summary>The name of the source.</summary>
    public required string Source { get; init; }

    /// <summary>The name of the dataset; what the options named if the import ended before the dataset was found.</summary>
    public required string Dataset { get; init; }

    /// <summary>
    /// The file's format in one line, as <see cref="ImportBeginning.Format"/>, but with the encoding that the last byte has decided; null if
    /// the import ended before the format was recognized.
    /// </summary>
    public string? Format { get; init; }

    /// <summary>How the import ended.</summary>
    public required ImportOutcome Outcome { get; init; }

    /// <summary>What ended the import early; null for every outcome but <see cref="ImportOutcome.Failed"/> and
    /// <see cref="ImportOutcome.Interrupted"/>.</summary>
    public Exception? Failure { get; init; }

    /// <summary>The import's ID; null if the file was found unusable before the import began.</summary>
    public Guid? ImportId { get; init; }

    /// <summary>What the check of the whole file found before anything was published; null if it was not checked first.</summary>
    public FileCheck? Check { get; init; }

    /// <summary>The import that published the same content before; null if none is known.</summary>
    public ImportedContent? Before { get; init; }

    /// <summary>Rows read.</summary>
    public long RowsRead { get; init; }

    /// <summary>Valid rows in confirmed messages; in a dry run, those that would have been sent.</summary>
    public long RowsSent { get; init; }

    /// <summary>Rows that were rejected.</summary>
    public long RowsRejected { get; init; }

    /// <summary>Rows whose key occurs earlier in the file.</summary>
    public long RowsDuplicate { get; init; }

    /// <summary>
    /// Rows that were accepted although no name server answered about the domain of an address; 0 unless domains are checked.
    /// </summary>
    public long RowsUnchecked { get; init; }

    /// <summary>All rows, rejected and duplicate ones included, up to the last confirmed message.</summary>
    public long RowsConfirmed { get; init; }

    /// <summary>
    /// How many of <see cref="RowsRead"/> earlier runs of the import had published, so that this run only read them again; 0 unless it was
    /// resumed.
    /// </summary>
    public long RowsConfirmedBefore { get; init; }

    /// <summary>How many of <see cref="RowsSent"/> were sent by earlier runs of the import.</summary>
    public long RowsSentBefore { get; init; }

    /// <summary>Messages that this run published and the broker confirmed, the opening and closing messages included.</summary>
    public long Messages { get; init; }

    /// <summary>Bytes read of the source, compressed if it is.</summary>
    public long Bytes { get; init; }

    /// <summary>How long the import took.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>The file of the rejected records; null if no row was rejected or no such file was wanted.</summary>
    public string? RejectedPath { get; init; }

    /// <summary>The file of the reasons; null if no row was rejected or no such file was wanted.</summary>
    public string? ErrorsPath { get; init; }

    /// <summary>Where the file was moved to; null if it was not.</summary>
    public string? MovedTo { get; init; }

    /// <summary>Whether importing the same file again resumes this import. Meaningful for an import that ended early.</summary>
    public bool IsResumable { get; init; }
}

/// <summary>What a check of a whole file found.</summary>
/// <param name="Rows">All rows.</param>
/// <param name="Rejected">How many of them are rejected.</param>
public sealed record FileCheck(long Rows, long Rejected);

/// <summary>How an import ended.</summary>
public enum ImportOutcome
{
    /// <summary>Every message is confirmed.</summary>
    Done,

    /// <summary>The same file, unchanged, was imported by an earlier run: nothing was read. The file may have been moved now.</summary>
    AlreadyDone,

    /// <summary>The same content was imported before, and is not wanted again: see <see cref="ImportOptions.SkipImported"/>.</summary>
    Skipped,

    /// <summary>Everything was read, and nothing was to be published.</summary>
    DryRun,

    /// <summary><see cref="ImportResult.Failure"/> ended it.</summary>
    Failed,

    /// <summary>It was cancelled.</summary>
    Interrupted,
}
