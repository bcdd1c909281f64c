using System.Globalization;

namespace CsvIngest.Importing.Rows;

/// <summary>How many rows may be rejected before the import is stopped: a number, a percentage, or no limit.</summary>
public sealed record RejectLimit
{
    /// <summary>
    /// With a limit, and without a check of the whole file, nothing is published before this many rows are read, so that a file that is
    /// wrong as a whole publishes nothing; and a percentage of fewer rows is not meaningful. 1,000 rows, a guess.
    /// </summary>
    public const int FirstRows = 1000;

    private readonly long? _count;
    private readonly decimal? _percent;

    private RejectLimit(long? count, decimal? percent)
    {
        _count = count;
        _percent = percent;
    }

    /// <summary>No limit.</summary>
    public static RejectLimit None { get; } = new(null, null);

    /// <summary>Parses <c>N</c> or <c>P%</c>.</summary>
    /// <param name="text">The limit.</param>
    /// <param name="faults">Receives a fault if the text is neither; the result is no limit then.</param>
    public static RejectLimit Parse(string text, ICollection<OptionFault> faults)
    {
        if (text.EndsWith('%')
            && decimal.TryParse(text.AsSpan()[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent)
            && percent is >= 0 and <= 100)
        {
            return new(null, percent);
        }

        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
        {
            return new(count, null);
        }

        faults.Add(new(ImportOption.MaxRejects, $"\"{text}\" is not a limit; expected a number such as 100 or a percentage such as 5%."));
        return None;
    }

    /// <summary>As <see cref="Parse"/> reads it.</summary>
    public override string ToString() => this switch
    {
        { _count: { } count } => count.ToString(CultureInfo.InvariantCulture),
        { _percent: { } percent } => percent.ToString(CultureInfo.InvariantCulture) + "%",
        _ => "none",
    };

    /// <summary>What to report of an import that has more rejected rows than allowed.</summary>
    /// <param name="rejected">Rows rejected so far.</param>
    /// <param name="read">Rows read so far.</param>
    /// <param name="consequence">What that means for the import: the end of a sentence, and whatever follows it.</param>
    internal UnusableFileException Exceeded(long rejected, long read, string consequence) => new(
        string.Create(
            CultureInfo.InvariantCulture,
            $"{rejected:N0} of {Quantity.Of(read, "row")} {(rejected == 1 ? "is" : "are")} rejected, more than the limit of {this}; {consequence}"),
        null,
        new Remedy(ImportOption.MaxRejects));

    /// <summary>Whether more rows were rejected than allowed.</summary>
    /// <param name="rejected">Rows rejected so far.</param>
    /// <param name="read">Rows read so far.</param>
    /// <param name="atEnd">Whether these are all rows of the file.</param>
    public bool IsExceeded(long rejected, long read, bool atEnd) =>
        rejected > _count
        || (_percent is { } percent && (atEnd || read >= FirstRows) && rejected * 100m > percent * read);
}
