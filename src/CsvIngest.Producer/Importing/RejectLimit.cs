using System.Globalization;
using CsvIngest.Settings;

namespace CsvIngest.Producer.Importing;

/// <summary>How many rows may be rejected before the import is given up: a number, a percentage, or no limit.</summary>
internal sealed record RejectLimit
{
    /// <summary>Before this many rows are read nothing is sent, and a percentage says nothing (design §5).</summary>
    public const int FirstRows = 1000;

    private readonly long? _count;
    private readonly decimal? _percent;

    private RejectLimit(long? count, decimal? percent)
    {
        _count = count;
        _percent = percent;
    }

    public static RejectLimit None { get; } = new(null, null);

    /// <summary>Reads <c>N</c> or <c>P%</c>.</summary>
    /// <exception cref="UsageException">It is neither.</exception>
    public static RejectLimit Parse(string text)
    {
        if (text.EndsWith('%')
            && decimal.TryParse(text.AsSpan()[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent)
            && percent is >= 0 and <= 100)
        {
            return new(null, percent);
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? new(count, null)
            : throw new UsageException($"--max-rejects is \"{text}\"; expected a number such as 100 or a percentage such as 5%.");
    }

    /// <summary>Whether more rows were rejected than allowed.</summary>
    /// <param name="rejected">Rows rejected so far.</param>
    /// <param name="read">Rows read so far.</param>
    /// <param name="atEnd">Whether these are all rows of the file.</param>
    public bool IsExceeded(long rejected, long read, bool atEnd) =>
        rejected > _count
        || (_percent is { } percent && (atEnd || read >= FirstRows) && rejected * 100m > percent * read);
}
