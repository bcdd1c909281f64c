namespace CsvIngest.Store;

/// <summary>The database rejected a statement because of the data in it, not because of its own state.</summary>
/// <param name="reason">The database's reason, without row values.</param>
public sealed class RowRejectedException(string reason, Exception? inner = null) : Exception(reason, inner);

/// <summary>Isolates the rows that a database rejects, by halving, so that all other rows are inserted.</summary>
public static class RowIsolation
{
    /// <summary>
    /// Inserts rows. A run of rows that the database rejects is halved until each rejected row is alone: about 2k·log2(n)
    /// statements for k rejected rows of n.
    /// </summary>
    /// <param name="rows">In the order in which they are inserted.</param>
    /// <param name="insert">
    /// Inserts a run of rows under a savepoint. When the database rejects one of them, it throws
    /// <see cref="RowRejectedException"/> and nothing of the run is inserted.
    /// </param>
    /// <param name="reject">Receives each rejected row with the database's reason.</param>
    public static async Task InsertAsync<T>(
        ReadOnlyMemory<T> rows, Func<ReadOnlyMemory<T>, Task> insert, Action<T, string> reject)
    {
        if (rows.IsEmpty)
        {
            return;
        }

        try
        {
            await insert(rows);
        }
        catch (RowRejectedException rejection) when (rows.Length == 1)
        {
            reject(rows.Span[0], FailureReason.Of(rejection));
        }
        catch (RowRejectedException)
        {
            var middle = rows.Length / 2;
            await InsertAsync(rows[..middle], insert, reject);
            await InsertAsync(rows[middle..], insert, reject);
        }
    }
}
