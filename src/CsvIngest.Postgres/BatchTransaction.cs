using CsvIngest.Store;
using Npgsql;

namespace CsvIngest.Postgres;

/// <summary>One transaction of <see cref="IStore.ApplyAsync"/>, from its first statement to the last before the commit.</summary>
/// <param name="connection">The connection that runs the transaction.</param>
/// <param name="transaction">Begun and committed by the caller.</param>
/// <param name="mode">How rows are inserted.</param>
/// <param name="choices">What is known of the tables, for <see cref="InsertMode.Copy"/>.</param>
internal sealed class BatchTransaction(
    NpgsqlConnection connection, NpgsqlTransaction transaction, InsertMode mode, CopyChoices choices)
{
    /// <summary>Applies the parts.</summary>
    /// <exception cref="PostgresException">The transaction has failed.</exception>
    /// <exception cref="CopyRefusedException">The transaction has failed, and the next mode may succeed.</exception>
    public async Task<IReadOnlyList<PartOutcome>> ApplyAsync(IReadOnlyList<ImportPart> parts, CancellationToken cancellationToken)
    {
        if (mode == InsertMode.IsolateRows)
        {
            await CheckConstraintsImmediatelyAsync(cancellationToken);
        }

        var batch = new LedgerBatch(parts);
        var ledger = new Ledger(connection, transaction);
        batch.Classify(await ledger.EnterAsync(batch, cancellationToken));
        foreach (var table in batch.RowsInLockOrder())
        {
            using (table)
            {
                await InsertAsync(table, cancellationToken);
            }
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

    private async Task InsertAsync(TableRows table, CancellationToken cancellationToken)
    {
        var insert = new RowInsert(connection, transaction, table.Dataset);
        switch (mode)
        {
            case InsertMode.Copy:
                await new CopyInsert(connection, transaction, table.Dataset, choices).ExecuteAsync(table.Rows, insert, cancellationToken);
                break;
            case InsertMode.Statement:
                await insert.ExecuteAsync(table.Rows, cancellationToken);
                break;
            default:
                await new IsolatedInsert(transaction, insert).ExecuteAsync(table.Rows, cancellationToken);
                break;
        }
    }
}
