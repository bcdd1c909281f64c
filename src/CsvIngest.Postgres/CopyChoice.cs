namespace CsvIngest.Postgres;

/// <summary>
/// Decides how the rounds of one table go in, by what became of those before. Where nothing conflicts, COPY alone is fastest; where some
/// keys are there, looking them up first; where others insert the same keys at the same time, only the statement. Safe for concurrent
/// use: if two callers overwrite each other's findings, a round may be slower, but never wrong.
/// </summary>
internal sealed class CopyChoice(CopyOptions options)
{
    private readonly Lock _lock = new();
    private CopyLevel _level = options.FirstLevel;
    private int _cleanRounds;
    private string? _obstacle;

    /// <summary>Chooses for a round.</summary>
    public CopyLevel Choose(int rows)
    {
        lock (_lock)
        {
            return rows < options.MinRows ? CopyLevel.Statement : _level;
        }
    }

    /// <summary>Records why the table takes no COPY.</summary>
    /// <param name="obstacle">Null if it does.</param>
    /// <returns>Whether that is news.</returns>
    public bool Record(string? obstacle)
    {
        lock (_lock)
        {
            var isNews = obstacle != _obstacle;
            _obstacle = obstacle;
            return isNews;
        }
    }

    /// <summary>Records that a round is in the table.</summary>
    /// <param name="level">How it went.</param>
    /// <param name="isClean">Whether the next level would have served as well, as far as is known.</param>
    public void Succeed(CopyLevel level, bool isClean)
    {
        lock (_lock)
        {
            if (level != _level || level == CopyLevel.Copy)
            {
                return;
            }

            _cleanRounds = isClean ? _cleanRounds + 1 : 0;
            if (_cleanRounds == options.CleanRounds)
            {
                _level++;
                _cleanRounds = 0;
            }
        }
    }

    /// <summary>Records that COPY refused a round.</summary>
    /// <param name="level">How it was tried.</param>
    public void Fail(CopyLevel level)
    {
        lock (_lock)
        {
            if (level == _level)
            {
                _level--;
                _cleanRounds = 0;
            }
        }
    }
}

/// <summary>How a round goes in, from the safest to the fastest.</summary>
internal enum CopyLevel
{
    /// <summary>By <see cref="RowInsert"/>.</summary>
    Statement,

    /// <summary>Its keys are looked up, and the rows with new ones go in by COPY.</summary>
    LookUp,

    /// <summary>By COPY, on the assumption that all keys are new.</summary>
    Copy,
}

/// <summary>When COPY is used.</summary>
internal sealed record CopyOptions
{
    /// <summary>
    /// The fewest rows for which a COPY is worth the look at the table and its two round trips more. Defaults to 200 rows, a guess: it
    /// saves about 5 µs a row (measured), so that 200 rows save about a millisecond.
    /// </summary>
    public int MinRows { get; init; } = 200;

    /// <summary>How a store begins. Defaults to COPY alone: a table in which it fails costs one round.</summary>
    public CopyLevel FirstLevel { get; init; } = CopyLevel.Copy;

    /// <summary>
    /// After how many rounds in a row the next level is tried that would have served them. Defaults to 4 rounds, a guess: a wrong
    /// try costs about one round, and so at most one in five.
    /// </summary>
    public int CleanRounds { get; init; } = 4;
}
