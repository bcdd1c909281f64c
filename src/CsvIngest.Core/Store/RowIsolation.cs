namespace CsvIngest.Store;

/// <summary>The database refused a statement because of the data in it, not because of its own state.</summary>
/// <param name="reason">The database's reason, without row values.</param>
public sealed class RowRejectedException(string reason, Exception? inner = null) : Exception(reason, inner);

/// <summary>Finds the rows that a database refuses, by halving, so that one bad row costs its own place only.</summary>
public static class RowIsolation
{
    /// <summary>
    /// Inserts rows, halving where the database refuses until the refused row stands alone.
    /// For k bad rows of n that is about 2k·log2(n) statements.
    /// </summary>
    /// <param name="rows">In the order to keep.</param>
    /// <param name="insert">
    /// Inserts a run of rows under a savepoint: throws <see cref="RowRejectedException"/>, with nothing of the run inserted, when
    /// the database refuses one of them.
    /// </param>
    /// <param name="refused">Is told each refused row with the database's reason.</param>
    public static async Task InsertAsync<T>(
        ReadOnlyMemory<T> rows, Func<ReadOnlyMemory<T>, Task> insert, Action<T, string> refused)
    {
        if (rows.IsEmpty)
        {
            return;
        }

        try
        {
            await insert(rows);
        }
        catch (RowRejectedException refusal) when (rows.Length == 1)
        {
            refused(rows.Span[0], refusal.Message);
        }
        catch (RowRejectedException)
        {
            var middle = rows.Length / 2;
            await InsertAsync(rows[..middle], insert, refused);
            await InsertAsync(rows[middle..], insert, refused);
        }
    }
}
