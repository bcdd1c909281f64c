namespace CsvIngest.Consumer.Commands;

/// <summary>
/// How many rows one transaction of an undo removes. Each reads the table once, because it has no index on the import: where that takes
/// long, fewer transactions with more rows each take less.
/// </summary>
internal sealed class UndoPace
{
    /// <summary>The rows of the first transaction. 20,000, a guess: few enough that nothing waits long for their locks.</summary>
    public const int FewestRows = 20_000;

    /// <summary>The most rows of a transaction. A guess: their lines and totals take a second or two, and what they lock is theirs alone.</summary>
    public const int MostRows = 1_000_000;

    /// <summary>A transaction that takes longer than this is followed by one with twice as many rows. A guess.</summary>
    public static readonly TimeSpan Slow = TimeSpan.FromSeconds(2);

    /// <summary>How many rows the next transaction removes.</summary>
    public int Rows { get; private set; } = FewestRows;

    /// <summary>Records how long a transaction took.</summary>
    public void Record(TimeSpan duration)
    {
        if (duration > Slow)
        {
            Rows = Math.Min(MostRows, Rows * 2);
        }
    }
}
