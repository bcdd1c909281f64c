using CsvIngest.Importing;

namespace CsvIngest.Web.Uploads;

/// <summary>An upload: its record, its files, and what is being done with it. Read by any thread; see <see cref="Spool"/> for changes.</summary>
internal sealed class Upload(string folder, UploadRecord record)
{
    private volatile UploadRecord _record = record;
    private volatile ImportProgress? _progress;
    private volatile string? _obstacle;

    public Guid Id => Record.Id;

    /// <summary>What is kept of it.</summary>
    public UploadRecord Record
    {
        get => _record;
        set => _record = value;
    }

    /// <summary>The folder of its files.</summary>
    public string Folder { get; } = folder;

    /// <summary>The uploaded file. It is deleted once every message is confirmed.</summary>
    public string DataPath => Path.Combine(Folder, "data");

    /// <summary>The folder of the rejects files of its import.</summary>
    public string RejectsFolder => Path.Combine(Folder, "rejects");

    /// <summary>The folder of the rejects files of its check.</summary>
    public string CheckFolder => Path.Combine(Folder, "check");

    /// <summary>How far the check or import that runs is; null if none does.</summary>
    public ImportProgress? Progress
    {
        get => _progress;
        set => _progress = value;
    }

    /// <summary>Why its import does not get on; null if it does.</summary>
    public string? Obstacle
    {
        get => _obstacle;
        set => _obstacle = value;
    }

    /// <summary>Whether its import was seen in the ledger. It never leaves it.</summary>
    public bool IsInLedger { get; set; }

    /// <summary>Ends the check or import that runs; null if none does. Owned by the worker, used under the lock of the spool.</summary>
    public CancellationTokenSource? Work { get; set; }

    /// <summary>Deletes the file and the state of its import, which are not needed once every message is confirmed.</summary>
    public void DeleteData()
    {
        foreach (var file in Directory.EnumerateFiles(Folder, "*data*"))
        {
            File.Delete(file);
        }
    }

    /// <summary>The file of the rejected records, or of the reasons; null if there is none.</summary>
    /// <param name="ending"><c>.rejected.csv</c> or <c>.errors.csv</c>.</param>
    public string? RejectsFile(string ending)
    {
        var place = Record.State is UploadState.Checking or UploadState.Checked ? CheckFolder : RejectsFolder;
        return Directory.Exists(place) ? Directory.EnumerateFiles(place, "*" + ending).FirstOrDefault() : null;
    }
}
