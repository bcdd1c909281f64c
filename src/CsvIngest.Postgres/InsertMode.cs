namespace CsvIngest.Postgres;

/// <summary>How a transaction inserts its rows. An attempt that fails because of its rows is followed by the next mode.</summary>
internal enum InsertMode
{
    /// <summary>By COPY, where <see cref="CopyChoice"/> finds it worth while, otherwise with one statement.</summary>
    Copy,

    /// <summary>With one statement, for which rows whose keys are in the table are duplicates.</summary>
    Statement,

    /// <summary>
    /// With statements under savepoints, so that a row that PostgreSQL rejects becomes a rejection. In the modes above, such a row fails
    /// the transaction.
    /// </summary>
    IsolateRows,
}
