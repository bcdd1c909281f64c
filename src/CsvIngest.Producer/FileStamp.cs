namespace CsvIngest.Producer;

/// <summary>What shows that a file is still being written: its size and its time.</summary>
internal readonly record struct FileStamp(long Length, DateTime ModifiedAt)
{
    /// <summary>The stamp that a file has now; null if it does not exist.</summary>
    public static FileStamp? Of(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? new(file.Length, file.LastWriteTimeUtc) : null;
    }

    /// <summary>Waits until a file's size and time have not changed for some time, or the file is gone.</summary>
    /// <param name="path">The file.</param>
    /// <param name="time">How long they must not change.</param>
    /// <param name="waiting">Called when the waiting begins.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public static async Task SettleAsync(string path, TimeSpan time, Action waiting, CancellationToken cancellationToken)
    {
        var stamp = Of(path);
        if (stamp is not null)
        {
            waiting();
        }

        for (FileStamp? before = null; stamp is not null && stamp != before; stamp = Of(path))
        {
            before = stamp;
            await Task.Delay(time, cancellationToken);
        }
    }
}
