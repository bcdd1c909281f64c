using CsvIngest.Importing.Sources;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Producer;

/// <summary>What the producer does with a file before and after its import. It leaves standard input alone.</summary>
internal sealed class InputFile(Source source, ILogger logger)
{
    /// <summary>Waits until the file's size has not changed for some time.</summary>
    public async Task SettleAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        if (time <= TimeSpan.Zero || source.Path is null)
        {
            return;
        }

        var size = -1L;
        for (var now = new FileInfo(source.Path); now.Exists && now.Length != size; now = new FileInfo(source.Path))
        {
            if (size < 0)
            {
                logger.Settling(source.Name, time.TotalSeconds);
            }

            size = now.Length;
            await Task.Delay(time, cancellationToken);
        }
    }

    /// <summary>The tables in the file. Logs what is in an archive besides.</summary>
    public IReadOnlyList<Source> FindTables()
    {
        var found = source.FindTables();
        if (found.Others.Count > 0)
        {
            logger.PassedOver(source.Name, found.Others.Count, found.DescribeOthers());
        }

        return found.Tables;
    }

    /// <summary>Moves the file to a folder, never over another file.</summary>
    /// <exception cref="IOException">It cannot be moved.</exception>
    public void MoveTo(string folder)
    {
        if (source.Path is null)
        {
            return;
        }

        Directory.CreateDirectory(folder);
        var target = Path.Combine(folder, source.Name);
        File.Move(source.Path, target, overwrite: false);
        logger.Moved(source.Name, target);
    }
}
