using CsvIngest.Datasets;
using CsvIngest.Store;
using CsvIngest.Values;
using Npgsql;

namespace CsvIngest.Postgres;

/// <summary>One transaction of undoing an import.</summary>
/// <param name="connection">The connection that runs the transaction.</param>
/// <param name="transaction">Begun and committed by the caller, READ COMMITTED.</param>
/// <param name="importId">The import.</param>
internal sealed class UndoTransaction(NpgsqlConnection connection, NpgsqlTransaction transaction, Guid importId)
{
    // The tables of datasets have no index on the import: a guess at how long reading a very large one takes.
    private static readonly TimeSpan RemovalTimeout = TimeSpan.FromMinutes(10);

    private const string Mark = "UPDATE imports SET undo_started_at = now(), rows_removed = 0 WHERE import_id = $1 AND undo_started_at IS NULL";

    // The lock makes several undos of one import take turns. Nothing else locks the row: no part of the import is applied any more.
    private const string Find =
        "SELECT undo_started_at IS NOT NULL, undone_at IS NOT NULL, totals FROM imports WHERE import_id = $1 FOR UPDATE";

    // Every slice has a row, so no more than $2 slices are needed.
    private const string NextSlices =
        """
        SELECT coalesce(max(number), 0), coalesce(min(first_line), 0), coalesce(max(last_line), 0),
            max(number) IS NOT DISTINCT FROM (SELECT max(number) FROM import_slices WHERE import_id = $1)
        FROM (
            SELECT number, first_line, last_line, row_number() OVER by_number AS place,
                sum(inserted::bigint + duplicate + rejected) OVER by_number AS rows
            FROM (SELECT * FROM import_slices WHERE import_id = $1 ORDER BY number LIMIT $2) AS slices
            WINDOW by_number AS (ORDER BY number)
        ) AS next
        WHERE place = 1 OR rows <= $2
        """;

    private const string RemoveSlices = "DELETE FROM import_slices WHERE import_id = $1 AND number <= $2";
    private const string RemoveRejections = "DELETE FROM rejected_rows WHERE import_id = $1 AND line BETWEEN $2 AND $3";

    private const string Record =
        """
        UPDATE imports SET rows_removed = rows_removed + $2, undone_at = CASE WHEN $3 THEN now() END WHERE import_id = $1
        """;

    /// <inheritdoc cref="IStore.BeginUndoAsync"/>
    public async Task<UndoStart> BeginAsync(CancellationToken cancellationToken)
    {
        await ExecuteAsync(ImportLock.Take, Sql.Integer(ImportLock.KeyOf(importId)), cancellationToken);
        // These statements see what the transactions that held the lock have committed.
        var books = await Reports.ReadAsync(connection, ImportFilter.Of(importId), cancellationToken);
        var start = LedgerRules.Judge(books.SingleOrDefault());
        if (start == UndoStart.Begun)
        {
            await ExecuteAsync(Mark, Import(), cancellationToken);
        }

        return start;
    }

    /// <inheritdoc cref="IStore.ContinueUndoAsync"/>
    public async Task<UndoStep> ContinueAsync(Dataset dataset, int maxRows, CancellationToken cancellationToken)
    {
        var (isUndone, definitions) = await FindAsync(dataset, cancellationToken);
        if (isUndone)
        {
            return new UndoStep(0, IsComplete: true);
        }

        var slices = await FindSlicesAsync(maxRows, cancellationToken);
        var (rows, contributions) = await RemoveRowsAsync(dataset, definitions, slices, cancellationToken);
        await using var batch = new NpgsqlBatch(connection, transaction);
        Sql.Add(batch, RemoveSlices, Import(), Sql.Integer(slices.LastNumber));
        Sql.Add(batch, RemoveRejections, Import(), Sql.Bigint(slices.FirstLine), Sql.Bigint(slices.LastLine));
        Sql.Add(batch, Record, Import(), Sql.Bigint(rows), new NpgsqlParameter<bool> { TypedValue = slices.IsLast });
        Totals.Add(batch, TotalChanges.Remove(contributions));
        await batch.ExecuteNonQueryAsync(cancellationToken);
        return new UndoStep(rows, slices.IsLast);
    }

    private async Task<(bool IsUndone, IReadOnlyList<TotalDefinition> Definitions)> FindAsync(
        Dataset dataset, CancellationToken cancellationToken)
    {
        await using var find = Command(Find, Import());
        await using var reader = await find.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) && reader.GetBoolean(0)
            ? (reader.GetBoolean(1), TotalDefinitions.Parse(await reader.IsDBNullAsync(2, cancellationToken) ? null : reader.GetString(2), dataset))
            : throw new InvalidOperationException($"Undoing import {importId} has not begun.");
    }

    private async Task<UndoneSlices> FindSlicesAsync(int maxRows, CancellationToken cancellationToken)
    {
        await using var find = Command(NextSlices, Import(), Sql.Bigint(maxRows));
        await using var reader = await find.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return UndoneSlices.Of(reader.GetInt32(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetBoolean(3));
    }

    private async Task<(long Rows, List<RunningTotal> Contributions)> RemoveRowsAsync(
        Dataset dataset, IReadOnlyList<TotalDefinition> definitions, UndoneSlices slices, CancellationToken cancellationToken)
    {
        await using var remove = Command(Sql.Remove(dataset, definitions), Import(), Sql.Bigint(slices.FirstLine), Sql.Bigint(slices.LastLine));
        remove.CommandTimeout = (int)RemovalTimeout.TotalSeconds;
        await using var reader = await remove.ExecuteReaderAsync(cancellationToken);
        var rows = 0L;
        var contributions = new List<RunningTotal>();
        while (await reader.ReadAsync(cancellationToken))
        {
            if (reader.GetInt32(0) is >= 0 and var definition)
            {
                var key = new TotalKey(dataset.Name, definitions[definition], reader.GetString(1));
                contributions.Add(new RunningTotal(key, reader.GetInt64(2), ExactDecimal.Parse(reader.GetString(3))));
            }
            else
            {
                rows = reader.GetInt64(2);
            }
        }

        return (rows, contributions);
    }

    private NpgsqlParameter<Guid> Import() => new() { TypedValue = importId };

    private NpgsqlCommand Command(string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlCommand(sql, connection, transaction);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        return command;
    }

    private async Task ExecuteAsync(string sql, NpgsqlParameter parameter, CancellationToken cancellationToken)
    {
        await using var command = Command(sql, parameter);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
