using CsvIngest.Producer.Importing;
using CsvIngest.Importing.Reading;
using CsvIngest.Settings;

namespace CsvIngest.Producer;

/// <summary>How the producer runs.</summary>
internal sealed record ProducerOptions
{
    /// <summary>The inputs: files, folders, patterns, <c>-</c>.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>The name of a dataset, or a path of one. Defaults to contacts.</summary>
    public string Dataset { get; init; } = "contacts";

    /// <summary>Dataset column to header, where the dataset's own header names do not find it.</summary>
    public IReadOnlyDictionary<string, string> Map { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>
    /// Rows read that make a message. Fewer cost the broker and the ledger more per row; more make a redelivery larger.
    /// Defaults to 200 rows: from a hundred on the broker is out of the way (design §10).
    /// </summary>
    public int RowsPerMessage { get; init; } = 200;

    /// <summary>How many rows may be rejected before the file is given up. Defaults to no limit.</summary>
    public RejectLimit MaxRejects { get; init; } = RejectLimit.None;

    /// <summary>The folder of the rejects files. Defaults to null: beside the file, or the current folder for standard input.</summary>
    public string? RejectsFolder { get; init; }

    /// <summary>Whether rejects files are written. Defaults to true.</summary>
    public bool WriteRejects { get; init; } = true;

    /// <summary>The folder of the state files. Defaults to null: beside the file.</summary>
    public string? StateFolder { get; init; }

    /// <summary>
    /// Whether a key seen earlier in the file makes a row a duplicate. Off for files whose keys do not fit in memory; then the
    /// database decides, and which of two lines wins depends on timing. Defaults to true.
    /// </summary>
    public bool Dedupe { get; init; } = true;

    /// <summary>Whether an unfinished import of the file is forgotten. Defaults to false: it is resumed.</summary>
    public bool Restart { get; init; }

    /// <summary>How the file is to be read, where that is not to be found out.</summary>
    public ReadingOptions Reading { get; init; } = new();

    /// <summary>How long a file's size must stay as it is before the file is taken. Defaults to zero: not checked.</summary>
    public TimeSpan Settle { get; init; }

    /// <summary>How far gzip data may expand, as a multiple. Defaults to 200.</summary>
    public int MaxExpansion { get; init; } = 200;

    /// <summary>Whether to do everything but send. Defaults to false.</summary>
    public bool DryRun { get; init; }

    /// <summary>In a dry run: print the accepted rows as JSON lines. Defaults to false.</summary>
    public bool Print { get; init; }

    /// <summary>Whether the summary is JSON, one object a file. Defaults to false.</summary>
    public bool Json { get; init; }

    /// <summary>Whether only warnings and errors are said. Defaults to false.</summary>
    public bool Quiet { get; init; }

    /// <summary>How long to go on without an answer from the broker. Defaults to 30 s.</summary>
    public TimeSpan BrokerTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Where a file goes once everything is confirmed. Defaults to null: it stays.</summary>
    public string? MoveTo { get; init; }

    /// <summary>Checks every value.</summary>
    /// <exception cref="UsageException">Lists all faults.</exception>
    public void Validate()
    {
        var faults = new List<string>();
        if (RowsPerMessage is < 1 or > 100_000)
        {
            faults.Add($"--rows-per-message is {RowsPerMessage}; expected 1 to 100000");
        }

        if (BrokerTimeout <= TimeSpan.Zero)
        {
            faults.Add("--broker-timeout is not positive");
        }

        if (MaxExpansion < 1)
        {
            faults.Add($"--max-expansion is {MaxExpansion}; expected 1 or more");
        }

        if (Print && !DryRun)
        {
            faults.Add("--print goes with --dry-run");
        }

        if (Print && Json)
        {
            faults.Add("--print and --json both write to standard output; choose one");
        }

        if (faults.Count > 0)
        {
            throw new UsageException(string.Join("; ", faults) + ".");
        }
    }
}
