using CsvIngest.Store;
using Npgsql;

namespace CsvIngest.Postgres;

/// <summary>Inserts all rows of a table but those that PostgreSQL rejects, and records why it rejects these.</summary>
/// <remarks>
/// A statement does not say which of its rows is rejected, so a run of rows that contains one is cut down until it is alone. If most
/// rows are rejected, that is one statement for each; if few of n are, about 2·log₂(n) for each of them.
/// </remarks>
internal sealed class IsolatedInsert(NpgsqlTransaction transaction, RowInsert insert)
{
    private const string Savepoint = "rows";

    // Guesses. The next run after a rejected one is likely to have a rejected row, too, and that after an inserted one is not.
    private const int Shrinking = 4;
    private const int Growing = 2;

    /// <summary>Inserts rows, in their order.</summary>
    /// <exception cref="PostgresException">The transaction has failed.</exception>
    public async Task ExecuteAsync(ReadOnlyMemory<SliceRow> rows, CancellationToken cancellationToken)
    {
        await transaction.SaveAsync(Savepoint, cancellationToken);
        for (var length = rows.Length; !rows.IsEmpty;)
        {
            var run = rows[..Math.Min(length, rows.Length)];
            var rejection = await TryInsertAsync(run, cancellationToken);
            if (rejection is not null && run.Length > 1)
            {
                length = Math.Max(1, run.Length / Shrinking);
                continue;
            }

            if (rejection is null)
            {
                length = run.Length * Growing;
            }
            else
            {
                var (slice, row) = run.Span[0];
                slice.AddRejected(row, rejection);
            }

            rows = rows[run.Length..];
        }

        await transaction.ReleaseAsync(Savepoint, cancellationToken);
    }

    /// <summary>Inserts a run of rows, or none of them if PostgreSQL rejects one; returns its reason then.</summary>
    private async Task<string?> TryInsertAsync(ReadOnlyMemory<SliceRow> run, CancellationToken cancellationToken)
    {
        try
        {
            await insert.ExecuteAsync(run, cancellationToken);
        }
        catch (PostgresException rejection) when (PostgresFailure.RejectsRow(rejection))
        {
            // The savepoint stays, for the next run.
            await transaction.RollbackAsync(Savepoint, cancellationToken);
            return PostgresFailure.ReasonOf(rejection);
        }

        await transaction.ReleaseAsync(Savepoint, cancellationToken);
        await transaction.SaveAsync(Savepoint, cancellationToken);
        return null;
    }
}
