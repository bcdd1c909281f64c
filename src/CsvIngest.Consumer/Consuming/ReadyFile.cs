namespace CsvIngest.Consumer.Consuming;

/// <summary>A file that exists while the consumer is ready: <c>test -f FILE</c> is a health check that needs no port.</summary>
internal sealed class ReadyFile : IDisposable
{
    private readonly string _path;
    private readonly Readiness _readiness;

    /// <summary>Follows the readiness. A file that a killed process has left behind is removed.</summary>
    public ReadyFile(string path, Readiness readiness)
    {
        (_path, _readiness) = (path, readiness);
        File.Delete(path);
        readiness.Changed += Update;
    }

    /// <summary>Removes the file.</summary>
    public void Dispose()
    {
        _readiness.Changed -= Update;
        File.Delete(_path);
    }

    private void Update(bool ready)
    {
        if (ready)
        {
            File.WriteAllText(_path, string.Empty);
        }
        else
        {
            File.Delete(_path);
        }
    }
}
