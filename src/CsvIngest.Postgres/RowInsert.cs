using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CsvIngest.Datasets;
using CsvIngest.Store;
using Npgsql;
using NpgsqlTypes;

namespace CsvIngest.Postgres;

/// <summary>Inserts rows of one dataset with one statement over arrays, and notes what became of each.</summary>
internal sealed class RowInsert(NpgsqlConnection connection, NpgsqlTransaction transaction, Dataset dataset)
{
    private const string Savepoint = "rows";

    /// <summary>Inserts the rows, in their order. A <see cref="PostgresException"/> leaves the transaction failed.</summary>
    public async Task ExecuteAsync(ReadOnlyMemory<EnteredRow> rows, CancellationToken cancellationToken)
    {
        await using var command = CommandFor(dataset, rows.Span, connection, transaction);
        var inserted = new List<(Guid ImportId, long Line)>(rows.Length);
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                inserted.Add((reader.GetGuid(0), reader.GetInt64(1)));
            }
        }

        Note(rows.Span, inserted);
    }

    /// <summary>The same under a savepoint: on a refusal nothing of the run is inserted and the transaction goes on.</summary>
    /// <exception cref="RowRejectedException">PostgreSQL refused one of the rows.</exception>
    public async Task ExecuteUnderSavepointAsync(ReadOnlyMemory<EnteredRow> rows, CancellationToken cancellationToken)
    {
        await transaction.SaveAsync(Savepoint, cancellationToken);
        try
        {
            await ExecuteAsync(rows, cancellationToken);
        }
        catch (PostgresException refusal) when (PostgresFailure.IsOfARow(refusal))
        {
            await transaction.RollbackAsync(Savepoint, cancellationToken);
            await transaction.ReleaseAsync(Savepoint, cancellationToken);
            throw new RowRejectedException(PostgresFailure.ReasonOf(refusal), refusal);
        }

        await transaction.ReleaseAsync(Savepoint, cancellationToken);
    }

    /// <summary>The statement for some rows.</summary>
    public static NpgsqlCommand CommandFor(
        Dataset dataset, ReadOnlySpan<EnteredRow> rows, NpgsqlConnection connection, NpgsqlTransaction? transaction)
    {
        var columns = new string?[dataset.Columns.Count][];
        for (var column = 0; column < columns.Length; column++)
        {
            columns[column] = new string?[rows.Length];
        }

        var extra = new string?[rows.Length];
        var imports = new Guid[rows.Length];
        var lines = new long[rows.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            var (entry, row) = rows[i];
            for (var column = 0; column < columns.Length; column++)
            {
                columns[column][i] = row.Values[column];
            }

            extra[i] = row.Extra;
            imports[i] = entry.Part.ImportId;
            lines[i] = row.Line;
        }

        var command = new NpgsqlCommand(Sql.Insert(dataset), connection, transaction);
        foreach (var values in columns)
        {
            command.Parameters.Add(Sql.TextArray(values));
        }

        if (dataset.ExtraColumns is not null)
        {
            command.Parameters.Add(Sql.TextArray(extra));
        }

        command.Parameters.Add(Sql.Array(imports, NpgsqlDbType.Uuid));
        command.Parameters.Add(Sql.Array(lines, NpgsqlDbType.Bigint));
        return command;
    }

    private static void Note(ReadOnlySpan<EnteredRow> rows, List<(Guid ImportId, long Line)> inserted)
    {
        if (inserted.Count == rows.Length)
        {
            foreach (var (entry, _) in rows)
            {
                entry.Inserted++;
            }

            return;
        }

        // Lines are unique in an import, but slices from a stranger may repeat them: so they are counted, and the sums hold.
        var left = new Dictionary<(Guid ImportId, long Line), int>(inserted.Count);
        foreach (var place in inserted)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(left, place, out _)++;
        }

        foreach (var (entry, row) in rows)
        {
            ref var count = ref CollectionsMarshal.GetValueRefOrNullRef(left, (entry.Part.ImportId, row.Line));
            if (!Unsafe.IsNullRef(ref count) && count-- > 0)
            {
                entry.Inserted++;
            }
            else
            {
                entry.DuplicateLines.Add(row.Line);
            }
        }
    }
}
