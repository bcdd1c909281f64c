using System.Net;
using CsvIngest.Importing.Detection;
using CsvIngest.Importing.Rows;

namespace CsvIngest.Importing;

/// <summary>How one run imports a file. A resumed import keeps its <see cref="Slices"/>; every run chooses the rest.</summary>
public sealed record ImportOptions
{
    /// <summary>What shapes the slices. An unfinished import of the file keeps its own.</summary>
    public SliceOptions Slices { get; init; } = new();

    /// <summary>How many rows may be rejected before the import is stopped. Defaults to no limit.</summary>
    public RejectLimit MaxRejects { get; init; } = RejectLimit.None;

    /// <summary>
    /// Whether the whole file is read once before anything is published, so that <see cref="MaxRejects"/>, and whatever else makes a file
    /// unusable, is decided before that. It doubles the time for reading, which is a small part of an import. Not for a pipe, which
    /// cannot be read twice. Defaults to null: a file is checked first if there is a limit of rejects.
    /// </summary>
    public bool? CheckFirst { get; init; }

    /// <summary>
    /// Whether a file is passed over if the state folder remembers that its content was published completely, in the same way and to the
    /// same queue, whatever the file's name. Defaults to false: it is imported, and the observer is told.
    /// </summary>
    public bool SkipImported { get; init; }

    /// <summary>The folder of the files of rejected rows; it is created if it does not exist. Defaults to null: no such files.</summary>
    public string? RejectsFolder { get; init; }

    /// <summary>The folder of the state files that resuming needs. Defaults to null: beside the file.</summary>
    public string? StateFolder { get; init; }

    /// <summary>
    /// The ID of the import if it is a new one, for a front end that has told it to somebody already; a version 7 UUID, like all. A resumed
    /// import keeps its own. Defaults to null: any.
    /// </summary>
    public Guid? ImportId { get; init; }

    /// <summary>The span that the import continues, as <see cref="Telemetry.TraceParent"/> has it. Defaults to null: it begins a new trace.</summary>
    public string? TraceParent { get; init; }

    /// <summary>Whether an unfinished import of the file is forgotten. Defaults to false: it is resumed.</summary>
    public bool Restart { get; init; }

    /// <summary>
    /// Whether the state file remembers that a file is imported, so that the same file, unchanged, is not imported again. Without it, a
    /// file that is imported again is a new import, of duplicates. Defaults to false.
    /// </summary>
    public bool Once { get; init; }

    /// <summary>
    /// The folder that a file is moved to once every message is confirmed, under its own name or, if that is taken, with a number; the
    /// folder is created if it does not exist. Defaults to null: the file stays.
    /// </summary>
    public string? MoveTo { get; init; }

    /// <summary>
    /// The folder that an unusable file is moved to, with its rejects files beside it; the last line of the errors file is the reason. It
    /// is created if it does not exist. Defaults to null: the file stays.
    /// </summary>
    public string? FailedTo { get; init; }

    /// <summary>
    /// How far compressed data may expand, as a multiple of its size. Defaults to 200: text that people write stays under 50; a bomb
    /// reaches 1,000.
    /// </summary>
    public int MaxExpansion { get; init; } = 200;

    /// <summary>
    /// The name server to ask about domains, where <see cref="SliceOptions.CheckDomains"/> is set. Defaults to null: those of the system.
    /// </summary>
    public DnsEndPoint? NameServer { get; init; }

    /// <summary>Whether a file is checked first: see <see cref="CheckFirst"/>.</summary>
    internal bool IsCheckedFirst => CheckFirst ?? MaxRejects != RejectLimit.None;

    /// <summary>Every option that has an invalid value; empty if there is none.</summary>
    public IReadOnlyList<OptionFault> Faults()
    {
        var faults = new List<OptionFault>();
        if (Slices.RowsPerMessage is < 1 or > 100_000)
        {
            faults.Add(new(ImportOption.RowsPerMessage, $"{Slices.RowsPerMessage} is out of range; expected 1 to 100000."));
        }

        if (Slices.NullMarkers.Any(marker => marker.Length == 0 || marker != marker.Trim()))
        {
            faults.Add(new(ImportOption.Null, "expected a text without surrounding white space; an empty field never has a value."));
        }

        if (MaxExpansion < 1)
        {
            faults.Add(new(ImportOption.MaxExpansion, $"{MaxExpansion} is out of range; expected 1 or more."));
        }

        if (NameServer is not null && !Slices.CheckDomains)
        {
            faults.Add(new(ImportOption.NameServer, "has no effect unless domains are checked."));
        }

        return [.. faults, .. Slices.Reading.Faults()];
    }

    /// <summary>Creates the folders that files are moved to, and checks that files can be moved there.</summary>
    /// <exception cref="UnwritableFileException">They cannot.</exception>
    public void PrepareFolders()
    {
        FileMove.Prepare(MoveTo, ImportOption.MoveTo);
        FileMove.Prepare(FailedTo, ImportOption.FailedTo);
    }

    /// <summary>Checks every option.</summary>
    /// <exception cref="ImportOptionsException">Lists all faults.</exception>
    public void Validate()
    {
        if (Faults() is { Count: > 0 } faults)
        {
            throw new ImportOptionsException(faults);
        }
    }
}

/// <summary>
/// Everything beside the file's bytes that decides which rows are in which slice, and what they contain. A slice number must always
/// mean the same rows, so a resumed import keeps these options from its first run.
/// </summary>
public sealed record SliceOptions
{
    /// <summary>The name of the dataset, or whatever else the importer's front end looks datasets up by. Defaults to contacts.</summary>
    public string Dataset { get; init; } = "contacts";

    /// <summary>
    /// Dataset column to header, for headers that the dataset does not know; as <see cref="Datasets.ColumnBinding.Bind"/> reads it. Defaults
    /// to none.
    /// </summary>
    public IReadOnlyDictionary<string, string> Map { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>
    /// Texts that the file writes where there is no value, such as <c>NULL</c>: a field that is one of them, apart from surrounding white
    /// space, is empty. Defaults to none: every text is a value.
    /// </summary>
    public IReadOnlyList<string> NullMarkers { get; init; } = [];

    /// <summary>
    /// How many rows of the file make a message. Fewer cost the broker and the ledger more per row; more make a redelivery larger.
    /// Defaults to 1,000 rows: measured, an import of a million rows takes a tenth less processor time than with 200, and hardly more than
    /// with larger messages.
    /// </summary>
    public int RowsPerMessage { get; init; } = 1000;

    /// <summary>
    /// The size at which a message ends, in bytes, however few rows it has. Defaults to 48 KiB: a consumer holds many messages in memory, and
    /// the runtime takes arrays from 85,000 bytes on as large objects, which cost more. With the names of extra columns in every row, the rows
    /// of a message take up to half as much memory again as the message.
    /// </summary>
    public int BytesPerMessage { get; init; } = 48 * 1024;

    /// <summary>
    /// Whether a row is a duplicate if its key occurs earlier in the file. Without it, for files whose keys do not fit in memory, the
    /// database decides, and which of two lines wins depends on timing. Defaults to true.
    /// </summary>
    public bool Dedupe { get; init; } = true;

    /// <summary>
    /// Whether the domains of email addresses are looked up: a row is rejected if a domain does not exist or accepts no mail. Defaults to
    /// false: it takes a question for each domain, and says nothing about mailboxes.
    /// </summary>
    public bool CheckDomains { get; init; }

    /// <summary>How the file is written, as far as it is not to be detected.</summary>
    public ReadingOptions Reading { get; init; } = new();
}
