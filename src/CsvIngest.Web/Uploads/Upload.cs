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
    public string DataPath => DataIn(Folder);

    /// <summary>What is kept of the upload on disk.</summary>
    public string RecordPath => RecordIn(Folder);

    /// <summary>Whether rows of it may be published already: whether its import has a state, which it keeps beside the file.</summary>
    public bool HasBegun => Directory.EnumerateFiles(Folder, $".{Path.GetFileName(DataPath)}*.csvingest").Any();

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

    /// <summary>Whether its record is not on disk as it is here, because the disk was full.</summary>
    public bool IsUnsaved { get; set; }

    /// <summary>Ends the check or import that runs; null if none does. Owned by the worker, used under the lock of the spool.</summary>
    public CancellationTokenSource? Work { get; set; }

    /// <summary>The file of the upload in a folder.</summary>
    public static string DataIn(string folder) => Path.Combine(folder, "data");

    /// <summary>The record of the upload in a folder.</summary>
    public static string RecordIn(string folder) => Path.Combine(folder, "upload.json");

    /// <summary>
    /// Deletes what is not needed once every message is confirmed: all but the record and the rejects files, and what importers remember of
    /// these, since none replaces them any more.
    /// </summary>
    public void DeleteWork()
    {
        foreach (var entry in new DirectoryInfo(Folder).EnumerateFileSystemInfos().Where(entry => entry.FullName != RejectsFolder && entry.FullName != RecordPath))
        {
            Delete(entry);
        }

        var rejects = new DirectoryInfo(RejectsFolder);
        if (rejects.Exists)
        {
            foreach (var memory in rejects.EnumerateDirectories())
            {
                Delete(memory);
            }

            if (!rejects.EnumerateFiles().Any())
            {
                rejects.Delete();
            }
        }
    }

    /// <summary>Deletes all of its files.</summary>
    public void Delete()
    {
        // The record first: without it, the rest is deleted at the next start.
        File.Delete(RecordPath);
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>The file of the rejected records, or of the reasons; null if there is none.</summary>
    /// <param name="ending"><c>.rejected.csv</c> or <c>.errors.csv</c>.</param>
    public string? RejectsFile(string ending)
    {
        var place = Record.State is UploadState.Checking or UploadState.Checked ? CheckFolder : RejectsFolder;
        try
        {
            return Directory.Exists(place) ? Directory.EnumerateFiles(place, "*" + ending).FirstOrDefault() : null;
        }
        catch (DirectoryNotFoundException)
        {
            // Deleted meanwhile, because it was empty.
            return null;
        }
    }

    private static void Delete(FileSystemInfo entry)
    {
        if (entry is DirectoryInfo folder)
        {
            folder.Delete(recursive: true);
        }
        else
        {
            entry.Delete();
        }
    }
}
