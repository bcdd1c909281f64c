using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CsvIngest.Datasets;
using CsvIngest.Store;
using Npgsql;
using NpgsqlTypes;

namespace CsvIngest.Postgres;

/// <summary>Inserts rows of one dataset with one statement over arrays, and records which were inserted and which are duplicates.</summary>
internal sealed class RowInsert(NpgsqlConnection connection, NpgsqlTransaction transaction, Dataset dataset)
{
    /// <summary>Inserts rows, in their order.</summary>
    /// <exception cref="PostgresException">The transaction has failed.</exception>
    public async Task ExecuteAsync(ReadOnlyMemory<SliceRow> rows, CancellationToken cancellationToken)
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

        TallyInserted(rows.Span, inserted);
    }

    /// <summary>Makes the statement that inserts rows.</summary>
    public static NpgsqlCommand CommandFor(
        Dataset dataset, ReadOnlySpan<SliceRow> rows, NpgsqlConnection connection, NpgsqlTransaction? transaction)
    {
        var columns = new ReadOnlyMemory<byte>?[dataset.Columns.Count][];
        for (var column = 0; column < columns.Length; column++)
        {
            columns[column] = new ReadOnlyMemory<byte>?[rows.Length];
        }

        var extra = new ReadOnlyMemory<byte>?[rows.Length];
        var imports = new Guid[rows.Length];
        var lines = new long[rows.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            var (slice, row) = rows[i];
            for (var column = 0; column < columns.Length; column++)
            {
                columns[column][i] = ValueOrNull(row.Value(column));
            }

            extra[i] = ValueOrNull(row.Extra);
            imports[i] = slice.Part.ImportId;
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

    private static ReadOnlyMemory<byte>? ValueOrNull(ReadOnlyMemory<byte> value) => value.IsEmpty ? new ReadOnlyMemory<byte>?() : value;

    private static void TallyInserted(ReadOnlySpan<SliceRow> rows, List<(Guid ImportId, long Line)> inserted)
    {
        if (inserted.Count == rows.Length)
        {
            foreach (var (slice, row) in rows)
            {
                slice.AddInserted(row);
            }

            return;
        }

        // Lines are unique in an import, but another program's slices may repeat them: they are counted, so that the books balance.
        var remaining = new Dictionary<(Guid ImportId, long Line), int>(inserted.Count);
        foreach (var place in inserted)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(remaining, place, out _)++;
        }

        foreach (var (slice, row) in rows)
        {
            ref var count = ref CollectionsMarshal.GetValueRefOrNullRef(remaining, (slice.Part.ImportId, row.Line));
            if (!Unsafe.IsNullRef(ref count) && count-- > 0)
            {
                slice.AddInserted(row);
            }
            else
            {
                slice.AddDuplicate(row);
            }
        }
    }
}
