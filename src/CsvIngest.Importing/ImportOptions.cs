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

    /// <summary>The folder of the files of rejected rows; it is created if it does not exist. Defaults to null: no such files.</summary>
    public string? RejectsFolder { get; init; }

    /// <summary>The folder of the state files that resuming needs. Defaults to null: beside the file.</summary>
    public string? StateFolder { get; init; }

    /// <summary>Whether an unfinished import of the file is forgotten. Defaults to false: it is resumed.</summary>
    public bool Restart { get; init; }

    /// <summary>
    /// How far gzip data may expand, as a multiple of its size. Defaults to 200: text that people write stays under 50; a gzip bomb
    /// reaches 1,000.
    /// </summary>
    public int MaxExpansion { get; init; } = 200;

    /// <summary>
    /// The name server to ask about domains, where <see cref="SliceOptions.CheckDomains"/> is set. Defaults to null: those of the system.
    /// </summary>
    public DnsEndPoint? NameServer { get; init; }

    /// <summary>Every option that has an invalid value; empty if there is none.</summary>
    public IReadOnlyList<OptionFault> Faults()
    {
        var faults = new List<OptionFault>();
        if (Slices.RowsPerMessage is < 1 or > 100_000)
        {
            faults.Add(new(ImportOption.RowsPerMessage, $"{Slices.RowsPerMessage} is out of range; expected 1 to 100000."));
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

    /// <summary>Dataset column to header, for headers that the dataset does not know. Defaults to none.</summary>
    public IReadOnlyDictionary<string, string> Map { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>
    /// How many rows of the file make a message. Fewer cost the broker and the ledger more per row; more make a redelivery larger.
    /// Defaults to 200 rows: measured, from a hundred rows on the broker is not the bottleneck.
    /// </summary>
    public int RowsPerMessage { get; init; } = 200;

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
