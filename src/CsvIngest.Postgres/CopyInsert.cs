using CsvIngest.Datasets;
using CsvIngest.Store;
using Npgsql;

namespace CsvIngest.Postgres;

/// <summary>
/// Inserts the rows of one dataset by COPY where that gives what <see cref="RowInsert"/> gives, and by that elsewhere. Why the result is
/// the same: docs/decisions/0014-copy-where-nothing-conflicts.md.
/// </summary>
internal sealed class CopyInsert(NpgsqlConnection connection, NpgsqlTransaction transaction, Dataset dataset, CopyChoices choices)
{
    /// <summary>Inserts rows, in their order, and records which were inserted and which are duplicates.</summary>
    /// <param name="rows">Sorted by key.</param>
    /// <param name="statement">Inserts the rows where COPY does not.</param>
    /// <exception cref="CopyRefusedException">COPY did not take the rows: the transaction has failed.</exception>
    /// <exception cref="PostgresException">The transaction has failed.</exception>
    public async Task ExecuteAsync(ReadOnlyMemory<SliceRow> rows, RowInsert statement, CancellationToken cancellationToken)
    {
        var choice = choices.For(dataset);
        var level = choice.Choose(rows.Length);
        if (level != CopyLevel.Statement)
        {
            // Looked at in each transaction: the table may be altered while the consumer runs.
            var obstacle = await DatasetTable.FindCopyObstacleAsync(connection, transaction, dataset, cancellationToken);
            choices.Record(dataset, obstacle);
            level = obstacle is null ? level : CopyLevel.Statement;
        }

        if (level == CopyLevel.Statement)
        {
            await statement.ExecuteAsync(rows, cancellationToken);
            choice.Succeed(level, isClean: true);
            return;
        }

        try
        {
            var isClean = await CopyAsync(rows, level, cancellationToken);
            choice.Succeed(level, isClean);
        }
        catch (PostgresException refusal) when (PostgresFailure.RejectsCopy(refusal))
        {
            choice.Fail(level);
            throw new CopyRefusedException(PostgresFailure.ReasonOf(refusal), refusal);
        }
    }

    /// <summary>Inserts by COPY the first row of each key, or of those that are found to be new; the others are duplicates.</summary>
    /// <returns>Whether the database had none of the keys, as far as is known.</returns>
    private async Task<bool> CopyAsync(ReadOnlyMemory<SliceRow> rows, CopyLevel level, CancellationToken cancellationToken)
    {
        var isNew = FindFirsts(rows.Span);
        var isClean = level == CopyLevel.Copy || dataset.Key is not { } key
            || !await ExcludeExistingAsync(key, rows, isNew, cancellationToken);
        var inserted = SelectNew(rows, isNew);
        if (!inserted.IsEmpty)
        {
            await new RowCopy(connection, dataset).ExecuteAsync(inserted, cancellationToken);
        }

        for (var i = 0; i < isNew.Length; i++)
        {
            var (slice, row) = rows.Span[i];
            if (isNew[i])
            {
                slice.AddInserted(row);
            }
            else
            {
                slice.AddDuplicate(row);
            }
        }

        return isClean;
    }

    private static bool[] FindFirsts(ReadOnlySpan<SliceRow> rows)
    {
        var isFirst = new bool[rows.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            isFirst[i] = !rows[i].RepeatsKey;
        }

        return isFirst;
    }

    /// <summary>Looks keys up, and marks the rows whose keys are in the table as not new.</summary>
    /// <returns>Whether there are any.</returns>
    private async Task<bool> ExcludeExistingAsync(
        string key, ReadOnlyMemory<SliceRow> rows, bool[] isNew, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Sql.FindKeys(dataset, key), connection, transaction);
        command.Parameters.Add(Sql.TextArray(KeysOf(rows.Span, isNew)));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var any = false;
        while (await reader.ReadAsync(cancellationToken))
        {
            isNew[reader.GetInt64(0) - 1] = false;
            any = true;
        }

        return any;
    }

    private ReadOnlyMemory<byte>?[] KeysOf(ReadOnlySpan<SliceRow> rows, bool[] isNew)
    {
        var keys = new ReadOnlyMemory<byte>?[rows.Length];
        for (var i = 0; i < keys.Length; i++)
        {
            if (isNew[i])
            {
                keys[i] = rows[i].Row.Value(dataset.KeyIndex);
            }
        }

        return keys;
    }

    private static ReadOnlyMemory<SliceRow> SelectNew(ReadOnlyMemory<SliceRow> rows, bool[] isNew)
    {
        var count = isNew.Count(one => one);
        if (count == rows.Length)
        {
            return rows;
        }

        var selected = new SliceRow[count];
        var next = 0;
        for (var i = 0; i < isNew.Length; i++)
        {
            if (isNew[i])
            {
                selected[next++] = rows.Span[i];
            }
        }

        return selected;
    }
}
