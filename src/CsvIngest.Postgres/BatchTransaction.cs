using CsvIngest.Store;
using Npgsql;

namespace CsvIngest.Postgres;

/// <summary>One transaction of <see cref="IStore.ApplyAsync"/>, from its first statement to the last before the commit.</summary>
/// <param name="connection">The connection that runs the transaction.</param>
/// <param name="transaction">Begun and committed by the caller.</param>
/// <param name="isolateRows">
/// Whether a row that PostgreSQL rejects becomes a rejection, at the cost of savepoints; without it, such a row fails the transaction.
/// </param>
internal sealed class BatchTransaction(NpgsqlConnection connection, NpgsqlTransaction transaction, bool isolateRows)
{
    /// <summary>Applies the parts.</summary>
    /// <exception cref="PostgresException">The transaction has failed.</exception>
    public async Task<IReadOnlyList<PartOutcome>> ApplyAsync(IReadOnlyList<ImportPart> parts, CancellationToken cancellationToken)
    {
        if (isolateRows)
        {
            await CheckConstraintsImmediatelyAsync(cancellationToken);
        }

        var batch = new LedgerBatch(parts);
        var ledger = new Ledger(connection, transaction);
        batch.Classify(await ledger.EnterAsync(batch, cancellationToken));
        foreach (var rows in batch.RowsInLockOrder())
        {
            await InsertAsync(rows, cancellationToken);
        }

        await ledger.SettleAsync(batch, cancellationToken);
        return batch.Outcomes();
    }

    // A deferred constraint would reject its row at the commit, when it is too late for a savepoint.
    private async Task CheckConstraintsImmediatelyAsync(CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SET CONSTRAINTS ALL IMMEDIATE", connection, transaction);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private Task InsertAsync(TableRows table, CancellationToken cancellationToken)
    {
        var insert = new RowInsert(connection, transaction, table.Dataset);
        return isolateRows
            ? RowIsolation.InsertAsync(
                table.Rows,
                run => insert.ExecuteUnderSavepointAsync(run, cancellationToken),
                (rejected, reason) => rejected.Slice.AddRejected(rejected.Row, reason))
            : insert.ExecuteAsync(table.Rows, cancellationToken);
    }
}
