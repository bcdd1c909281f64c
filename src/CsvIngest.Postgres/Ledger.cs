using CsvIngest.Store;
using Npgsql;
using NpgsqlTypes;

namespace CsvIngest.Postgres;

/// <summary>Enters slices and closings in the ledger, and settles what became of the slices.</summary>
internal sealed class Ledger(NpgsqlConnection connection, NpgsqlTransaction transaction)
{
    // For this transaction, and only where nothing stricter is set. Of synchronous_commit only 'off' may lose a commit that was
    // reported. And a transaction whose client is out of reach would hold its ledger entries against the attempt that replaces
    // it until TCP gives up, two hours as PostgreSQL is shipped; 30 s is half of the client's own command timeout.
    private const string Settings =
        """
        SELECT set_config(name, value, true)
        FROM (VALUES ('synchronous_commit', 'off', 'on'), ('idle_in_transaction_session_timeout', '0', '30s'))
            AS setting(name, unwanted, value)
        WHERE current_setting(name) = unwanted
        """;

    private const string InsertImports =
        """
        INSERT INTO imports (import_id, dataset, source)
        SELECT id, dataset, source FROM unnest($1, $2, $3) WITH ORDINALITY AS r(id, dataset, source, place) ORDER BY place
        ON CONFLICT DO NOTHING
        """;

    // The counts are those of a slice whose rows all go in, as nearly all do: SettleAsync mends the others.
    private const string InsertSlices =
        """
        INSERT INTO import_slices
            (import_id, number, first_line, last_line, rows_before, inserted, duplicate, rejected, duplicate_lines)
        SELECT id, number, first_line, last_line, rows_before, inserted, duplicate, rejected, duplicate_lines::bigint[]
        FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9) WITH ORDINALITY
            AS r(id, number, first_line, last_line, rows_before, inserted, duplicate, rejected, duplicate_lines, place)
        ORDER BY place
        ON CONFLICT DO NOTHING
        RETURNING import_id, number
        """;

    private const string UpdateSlices =
        """
        UPDATE import_slices s
        SET inserted = r.inserted, duplicate = r.duplicate, rejected = r.rejected, duplicate_lines = r.duplicate_lines::bigint[]
        FROM unnest($1, $2, $3, $4, $5, $6) AS r(id, number, inserted, duplicate, rejected, duplicate_lines)
        WHERE s.import_id = r.id AND s.number = r.number
        """;

    private const string InsertRejections =
        """
        INSERT INTO rejected_rows (import_id, line, "column", code, reason, raw) SELECT * FROM unnest($1, $2, $3, $4, $5, $6)
        """;

    private const string UpdateClosings =
        """
        UPDATE imports SET rows_read = r.rows_read, slices = r.slices, closed_at = now()
        FROM unnest($1, $2, $3) AS r(id, rows_read, slices)
        WHERE import_id = r.id AND closed_at IS NULL
        RETURNING import_id
        """;

    private const string FindSlices =
        """
        SELECT import_id, number, first_line, last_line FROM import_slices
        WHERE (import_id, number) IN (SELECT * FROM unnest($1, $2))
        """;

    private const string FindClosings = "SELECT import_id, rows_read, slices FROM imports WHERE import_id = ANY ($1)";

    /// <summary>Enters what is new. Another caller that is entering the same slice now is waited for.</summary>
    public async Task<Entered> EnterAsync(IReadOnlyList<ImportPart> parts, CancellationToken cancellationToken)
    {
        // Every caller takes its locks in these orders. Of a part that comes twice the first is entered.
        var imports = parts.DistinctBy(part => part.ImportId).OrderBy(part => part.ImportId).ToList();
        var slices = parts.OfType<SlicePart>()
            .DistinctBy(slice => (slice.ImportId, slice.Number))
            .OrderBy(slice => slice.ImportId).ThenBy(slice => slice.Number)
            .ToList();
        var closings = parts.OfType<ClosingPart>().DistinctBy(closing => closing.ImportId).OrderBy(closing => closing.ImportId).ToList();

        await using var batch = new NpgsqlBatch(connection, transaction);
        Add(batch, Settings);
        AddImports(batch, imports);
        AddSlices(batch, slices);
        AddClosings(batch, closings);
        var entered = new Entered();
        await using (var reader = await batch.ExecuteReaderAsync(cancellationToken))
        {
            // The first statement's result tells nothing, and the second has none.
            await reader.NextResultAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                entered.NewSlices.Add((reader.GetGuid(0), reader.GetInt32(1)));
            }

            await reader.NextResultAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                entered.NewClosings.Add(reader.GetGuid(0));
            }
        }

        await FindSlicesAsync(entered, slices, cancellationToken);
        await FindClosingsAsync(entered, closings, cancellationToken);
        return entered;
    }

    /// <summary>Corrects the counts of slices that did not go in whole, and keeps all rejections.</summary>
    public async Task SettleAsync(IReadOnlyList<SliceEntry> entries, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection, transaction);
        var changed = entries.Where(entry => !entry.IsAsEntered).ToList();
        if (changed.Count > 0)
        {
            Add(
                batch,
                UpdateSlices,
                Sql.Array([.. changed.Select(entry => entry.Part.ImportId)], NpgsqlDbType.Uuid),
                Sql.Array([.. changed.Select(entry => entry.Part.Number)], NpgsqlDbType.Integer),
                Sql.Array([.. changed.Select(entry => entry.Inserted)], NpgsqlDbType.Integer),
                Sql.Array([.. changed.Select(entry => entry.DuplicateLines.Count)], NpgsqlDbType.Integer),
                Sql.Array([.. changed.Select(entry => entry.Rejections.Count)], NpgsqlDbType.Integer),
                Sql.TextArray([.. changed.Select(entry => ArrayText(entry.DuplicateLines))]));
        }

        var rejected = entries.SelectMany(entry => entry.Rejections, (entry, row) => (entry.Part.ImportId, Row: row)).ToList();
        if (rejected.Count > 0)
        {
            Add(
                batch,
                InsertRejections,
                Sql.Array([.. rejected.Select(each => each.ImportId)], NpgsqlDbType.Uuid),
                Sql.Array([.. rejected.Select(each => each.Row.Line)], NpgsqlDbType.Bigint),
                Sql.TextArray([.. rejected.Select(each => each.Row.Column)]),
                Sql.TextArray([.. rejected.Select(each => each.Row.Code)]),
                Sql.TextArray([.. rejected.Select(each => each.Row.Reason)]),
                Sql.TextArray([.. rejected.Select(each => each.Row.Raw)]));
        }

        if (batch.BatchCommands.Count > 0)
        {
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private static void AddImports(NpgsqlBatch batch, List<ImportPart> imports) =>
        Add(
            batch,
            InsertImports,
            Sql.Array([.. imports.Select(part => part.ImportId)], NpgsqlDbType.Uuid),
            Sql.TextArray([.. imports.Select(part => part.Dataset.Name)]),
            Sql.TextArray([.. imports.Select(part => part.Source)]));

    private static void AddSlices(NpgsqlBatch batch, List<SlicePart> slices) =>
        Add(
            batch,
            InsertSlices,
            Sql.Array([.. slices.Select(slice => slice.ImportId)], NpgsqlDbType.Uuid),
            Sql.Array([.. slices.Select(slice => slice.Number)], NpgsqlDbType.Integer),
            Sql.Array([.. slices.Select(slice => slice.FirstLine)], NpgsqlDbType.Bigint),
            Sql.Array([.. slices.Select(slice => slice.LastLine)], NpgsqlDbType.Bigint),
            Sql.Array([.. slices.Select(slice => slice.RowsBefore)], NpgsqlDbType.Bigint),
            Sql.Array([.. slices.Select(slice => slice.Rows.Count)], NpgsqlDbType.Integer),
            Sql.Array([.. slices.Select(slice => slice.DuplicateLines.Count)], NpgsqlDbType.Integer),
            Sql.Array([.. slices.Select(slice => slice.Rejections.Count)], NpgsqlDbType.Integer),
            Sql.TextArray([.. slices.Select(slice => ArrayText(slice.DuplicateLines))]));

    private static void AddClosings(NpgsqlBatch batch, List<ClosingPart> closings) =>
        Add(
            batch,
            UpdateClosings,
            Sql.Array([.. closings.Select(closing => closing.ImportId)], NpgsqlDbType.Uuid),
            Sql.Array([.. closings.Select(closing => closing.RowsRead)], NpgsqlDbType.Bigint),
            Sql.Array([.. closings.Select(closing => closing.Slices)], NpgsqlDbType.Integer));

    // This and the next see what other callers committed since the batch began: that is why all runs READ COMMITTED.
    private async Task FindSlicesAsync(Entered entered, List<SlicePart> slices, CancellationToken cancellationToken)
    {
        var old = new List<SlicePart>();
        foreach (var slice in slices)
        {
            if (!entered.NewSlices.Contains((slice.ImportId, slice.Number)))
            {
                old.Add(slice);
            }

            entered.Lines[(slice.ImportId, slice.Number)] = (slice.FirstLine, slice.LastLine);
        }

        if (old.Count == 0)
        {
            return;
        }

        await using var find = new NpgsqlCommand(FindSlices, connection, transaction);
        find.Parameters.Add(Sql.Array([.. old.Select(slice => slice.ImportId)], NpgsqlDbType.Uuid));
        find.Parameters.Add(Sql.Array([.. old.Select(slice => slice.Number)], NpgsqlDbType.Integer));
        await using var reader = await find.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            entered.Lines[(reader.GetGuid(0), reader.GetInt32(1))] = (reader.GetInt64(2), reader.GetInt64(3));
        }
    }

    private async Task FindClosingsAsync(Entered entered, List<ClosingPart> closings, CancellationToken cancellationToken)
    {
        foreach (var closing in closings)
        {
            entered.Closings[closing.ImportId] = (closing.RowsRead, closing.Slices);
        }

        if (entered.NewClosings.Count == closings.Count)
        {
            return;
        }

        await using var find = new NpgsqlCommand(FindClosings, connection, transaction);
        find.Parameters.Add(Sql.Array([.. closings.Select(closing => closing.ImportId)], NpgsqlDbType.Uuid));
        await using var reader = await find.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            entered.Closings[reader.GetGuid(0)] = (reader.GetInt64(1), reader.GetInt32(2));
        }
    }

    private static void Add(NpgsqlBatch batch, string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        batch.BatchCommands.Add(command);
    }

    // unnest takes arrays of arrays apart to the last element, so lists of lines travel as text.
    private static string ArrayText(IEnumerable<long> lines) => $"{{{string.Join(',', lines)}}}";
}
