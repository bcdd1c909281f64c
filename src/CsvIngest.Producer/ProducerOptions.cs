using CsvIngest.Importing;
using CsvIngest.Importing.Sources;

namespace CsvIngest.Producer;

/// <summary>What the command line asks for.</summary>
internal sealed record ProducerOptions
{
    /// <summary>
    /// How long a file in a watched folder must not change before it is imported, unless specified. 5 s, a guess: longer than most pauses
    /// of an upload. A longer time delays every import, a shorter one may import the part of a file that has arrived.
    /// </summary>
    public static readonly TimeSpan WatchSettle = TimeSpan.FromSeconds(5);

    /// <summary>What to import: files, folders, patterns, <c>-</c>. Defaults to none.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>What the one input is called. Defaults to null: as its file is, or <c>stdin</c>.</summary>
    public string? SourceName { get; init; }

    /// <summary>The folders and patterns to watch: the program stays and imports what arrives. Defaults to none.</summary>
    public IReadOnlyList<string> Watch { get; init; } = [];

    /// <summary>How every file is imported. Its rejects folder is that of <see cref="ImportOptionsFor"/>.</summary>
    public ImportOptions Import { get; init; } = new();

    /// <summary>
    /// The folder of the files of rejected rows. Defaults to null: beside the file, or the current folder for standard input.
    /// </summary>
    public string? RejectsFolder { get; init; }

    /// <summary>Whether files of rejected rows are written. Defaults to true.</summary>
    public bool WriteRejects { get; init; } = true;

    /// <summary>How long a file's size and time must not change before it is imported. Defaults to zero: not checked.</summary>
    public TimeSpan Settle { get; init; }

    /// <summary>Whether a folder or pattern without files is no error. Defaults to false.</summary>
    public bool AllowEmpty { get; init; }

    /// <summary>Whether rejected rows have an exit code of their own. Defaults to false.</summary>
    public bool FailOnRejects { get; init; }

    /// <summary>Whether to validate and report only. Defaults to false.</summary>
    public bool DryRun { get; init; }

    /// <summary>In a dry run, whether to print the accepted rows as JSON lines. Defaults to false.</summary>
    public bool Print { get; init; }

    /// <summary>Whether the summary is JSON, one object per file. Defaults to false.</summary>
    public bool Json { get; init; }

    /// <summary>Whether only warnings and errors are logged. Defaults to false.</summary>
    public bool Quiet { get; init; }

    /// <summary>How long to wait for an unavailable broker. Defaults to 30 s.</summary>
    public TimeSpan BrokerTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How one of the files is imported.</summary>
    public ImportOptions ImportOptionsFor(Source source) => Import with
    {
        RejectsFolder = WriteRejects ? RejectsFolder ?? Path.GetDirectoryName(source.Path) ?? Environment.CurrentDirectory : null,
    };

    /// <summary>Everything that is wrong, in sentences that name the flags; empty if nothing is.</summary>
    public IReadOnlyList<string> Faults()
    {
        var faults = Import.Faults().Select(RemedyWording.Describe).ToList();
        if (BrokerTimeout <= TimeSpan.Zero)
        {
            faults.Add("--broker-timeout: expected a time above zero.");
        }

        if (Print && !DryRun)
        {
            faults.Add("--print: requires --dry-run.");
        }

        if (Print && Json)
        {
            faults.Add("--print and --json: both write to standard output; choose one.");
        }

        if (SourceName is not null && (Watch.Count > 0 || Files is not [var only] || !SourceFinder.IsSingle(only)))
        {
            faults.Add("--source-name: expected a single file, a pipe, or standard input.");
        }

        if (SourceName is not null && (SourceName.Trim(' ', '.').Length == 0 || SourceName.Any(letter => letter is '/' or '\\' || char.IsControl(letter))))
        {
            faults.Add($"--source-name: \"{DisplayText.OneLine(SourceName)}\" is not a name; expected a name such as customers.csv, without folders.");
        }

        faults.AddRange(WatchFaults());
        return faults;
    }

    private IEnumerable<string> WatchFaults()
    {
        if (Watch.Count == 0)
        {
            yield break;
        }

        if (Files.Count > 0 || DryRun || Import.Restart)
        {
            yield return "--watch: cannot be combined with --file, --dry-run or --restart.";
        }

        foreach (var (option, target) in ((string, string?)[])[("--move-to", Import.MoveTo), ("--failed-to", Import.FailedTo)])
        {
            if (target is not null && Watch.Any(name => IsSameFolder(SourceFinder.Split(name).Folder, target)))
            {
                yield return $"{option}: {target} is watched, so that what is moved there would be imported again.";
            }
        }
    }

    private static bool IsSameFolder(string one, string other) =>
        Path.TrimEndingDirectorySeparator(Path.GetFullPath(one)) == Path.TrimEndingDirectorySeparator(other) || PathKinds.AreSame(one, other);
}
