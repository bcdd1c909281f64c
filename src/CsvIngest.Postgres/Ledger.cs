using CsvIngest.Store;
using Npgsql;
using NpgsqlTypes;

namespace CsvIngest.Postgres;

/// <summary>Enters openings, slices and closings in the ledger, and then the fates of the slices' rows.</summary>
internal sealed class Ledger(NpgsqlConnection connection, NpgsqlTransaction transaction)
{
    // For this transaction, and only where nothing stricter is set. synchronous_commit = off may lose a commit that was reported.
    // A transaction whose client cannot be reached would block the attempt that replaces it, by its ledger entries, until TCP
    // times out: two hours by PostgreSQL's defaults. It ends after 30 s, half of the client's own command timeout: by the first timeout
    // between two statements, and by the probes of TCP while it waits for the data of a COPY. Connections without TCP have 0 for these.
    private const string Settings =
        """
        SELECT set_config(name, value, true)
        FROM (VALUES ('synchronous_commit', 'off', 'on'), ('idle_in_transaction_session_timeout', '0', '30s'))
            AS setting(name, unwanted, value)
        WHERE current_setting(name) = unwanted
        UNION ALL
        SELECT set_config(name, most::text, true)
        FROM (VALUES ('tcp_keepalives_idle', 10), ('tcp_keepalives_interval', 5), ('tcp_keepalives_count', 4)) AS setting(name, most)
        WHERE current_setting(name)::integer > most
        """;

    private const string InsertImports =
        """
        INSERT INTO imports (import_id, dataset, source, totals)
        SELECT id, dataset, source, totals
        FROM unnest($1, $2, $3, $4) WITH ORDINALITY AS r(id, dataset, source, totals, place) ORDER BY place
        ON CONFLICT DO NOTHING
        """;

    private const string FindUndone = "SELECT import_id FROM imports WHERE import_id = ANY ($1) AND undo_started_at IS NOT NULL";

    // The counts are those of a slice whose rows are all inserted, as for nearly every slice; SettleAsync corrects the others.
    private const string InsertSlices =
        """
        INSERT INTO import_slices
            (import_id, number, first_line, last_line, rows_before, inserted, duplicate, rejected, duplicate_lines)
        SELECT id, number, first_line, last_line, rows_before, inserted, duplicate, rejected, duplicate_lines::bigint[]
        FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9) WITH ORDINALITY
            AS r(id, number, first_line, last_line, rows_before, inserted, duplicate, rejected, duplicate_lines, place)
        WHERE NOT EXISTS (SELECT FROM imports WHERE import_id = r.id AND undo_started_at IS NOT NULL)
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

    // Openings and closings change the same rows, in two statements.
    private const string LockImports = "SELECT import_id FROM imports WHERE import_id = ANY ($1) ORDER BY import_id FOR NO KEY UPDATE";

    private const string UpdateOpenings =
        """
        UPDATE imports SET opened_at = now(), bytes = r.bytes, producer_started_at = r.started_at, producer_host = r.host,
            producer_user = r.producer_user, content_sha256 = coalesce(r.hash, content_sha256)
        FROM unnest($1, $2, $3, $4, $5, $6) AS r(id, bytes, started_at, host, producer_user, hash)
        WHERE import_id = r.id AND opened_at IS NULL AND undo_started_at IS NULL
        RETURNING import_id
        """;

    private const string UpdateClosings =
        """
        UPDATE imports SET rows_read = r.rows_read, slices = r.slices, closed_at = now(),
            content_sha256 = coalesce(content_sha256, r.hash)
        FROM unnest($1, $2, $3, $4) AS r(id, rows_read, slices, hash)
        WHERE import_id = r.id AND closed_at IS NULL AND undo_started_at IS NULL
        RETURNING import_id
        """;

    // Locks the entries, although nobody changes them, so that the transaction is one that writes: its commit waits for a synchronous standby,
    // which may not have the entries yet.
    private const string FindSlices =
        """
        SELECT import_id, number, first_line, last_line, inserted::bigint + duplicate + rejected FROM import_slices
        WHERE (import_id, number) IN (SELECT * FROM unnest($1, $2))
        FOR KEY SHARE
        """;

    // Locks them as well.
    private const string FindClosings =
        "SELECT import_id, rows_read, slices FROM imports WHERE import_id = ANY ($1) AND closed_at IS NOT NULL FOR KEY SHARE";

    /// <summary>Enters what is new, after waiting for other transactions that are entering the same parts.</summary>
    /// <returns>The entries of those parts that were in the ledger before, and the imports of which nothing is applied any more.</returns>
    /// <exception cref="StoreUnavailableException">An entry disappeared meanwhile.</exception>
    public async Task<LedgerEntries> EnterAsync(LedgerBatch parts, CancellationToken cancellationToken)
    {
        var newSlices = new HashSet<(Guid ImportId, int Number)>(parts.Slices.Count);
        var newOpenings = new HashSet<Guid>(parts.Openings.Count);
        var newClosings = new HashSet<Guid>(parts.Closings.Count);
        var existing = new LedgerEntries();
        await using (var batch = new QueryBatch(connection, transaction))
        {
            batch.Run(Settings);
            // The statements after it see whether an undo has begun, and none can begin before the end of this transaction.
            batch.Run(ImportLock.Share, Sql.Array(ImportLock.KeysOf(parts.Imports.Select(part => part.ImportId)), NpgsqlDbType.Integer));
            AddImports(batch, parts.Imports);
            batch.Query(row => existing.AddUndone(row.GetGuid(0)), FindUndone, Ids(parts.Imports));
            AddSlices(batch, parts.Slices, row => newSlices.Add((row.GetGuid(0), row.GetInt32(1))));
            if (parts.Openings.Count + parts.Closings.Count > 0)
            {
                batch.Run(LockImports, Ids([.. parts.Openings, .. parts.Closings]));
                AddOpenings(batch, parts.Openings, row => newOpenings.Add(row.GetGuid(0)));
                AddClosings(batch, parts.Closings, row => newClosings.Add(row.GetGuid(0)));
            }

            await batch.ExecuteAsync(cancellationToken);
        }

        // These see what others committed since the batch began, because the transaction is READ COMMITTED.
        foreach (var opening in parts.Openings.Where(opening => !newOpenings.Contains(opening.ImportId)))
        {
            existing.AddOpening(opening.ImportId);
        }

        await FindSlicesAsync(
            existing,
            [.. parts.Slices.Where(slice => !newSlices.Contains((slice.ImportId, slice.Number)) && !existing.IsUndone(slice.ImportId))],
            cancellationToken);
        await FindClosingsAsync(
            existing,
            [.. parts.Closings.Where(closing => !newClosings.Contains(closing.ImportId) && !existing.IsUndone(closing.ImportId))],
            cancellationToken);
        return existing;
    }

    /// <summary>
    /// Corrects the counts of slices not all of whose rows were inserted, adds all rejections, and adds what was inserted to the totals.
    /// </summary>
    public async Task SettleAsync(LedgerBatch parts, CancellationToken cancellationToken)
    {
        var slices = parts.NewSlices;
        await using var batch = new NpgsqlBatch(connection, transaction);
        AddCorrections(batch, [.. slices.Where(slice => slice.Inserted.Count < slice.Part.Rows.Count)]);
        AddRejections(batch, [.. slices.SelectMany(slice => slice.Rejections, (slice, row) => (slice.Part.ImportId, row))]);
        Totals.Add(batch, parts.TotalChanges());
        if (batch.BatchCommands.Count > 0)
        {
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private static NpgsqlParameter Ids(IEnumerable<ImportPart> parts) => Sql.Array([.. parts.Select(part => part.ImportId)], NpgsqlDbType.Uuid);

    private static void AddImports(QueryBatch batch, IReadOnlyList<ImportPart> imports) =>
        batch.Add(
            InsertImports,
            Ids(imports),
            Sql.TextArray([.. imports.Select(part => part.Dataset.Name)]),
            Sql.TextArray([.. imports.Select(part => part.Source)]),
            Sql.TextArray([.. imports.Select(part => TotalDefinitions.ToText(part.Dataset))]));

    private static void AddSlices(QueryBatch batch, IReadOnlyList<SlicePart> slices, Action<NpgsqlDataReader> readNew) =>
        batch.Query(
            readNew,
            InsertSlices,
            Ids(slices),
            Sql.Array([.. slices.Select(slice => slice.Number)], NpgsqlDbType.Integer),
            Sql.Array([.. slices.Select(slice => slice.FirstLine)], NpgsqlDbType.Bigint),
            Sql.Array([.. slices.Select(slice => slice.LastLine)], NpgsqlDbType.Bigint),
            Sql.Array([.. slices.Select(slice => slice.RowsBefore)], NpgsqlDbType.Bigint),
            Sql.Array([.. slices.Select(slice => slice.Rows.Count)], NpgsqlDbType.Integer),
            Sql.Array([.. slices.Select(slice => slice.DuplicateLines.Count)], NpgsqlDbType.Integer),
            Sql.Array([.. slices.Select(slice => slice.Rejections.Count)], NpgsqlDbType.Integer),
            Sql.TextArray([.. slices.Select(slice => ArrayText(slice.DuplicateLines))]));

    private static void AddOpenings(QueryBatch batch, IReadOnlyList<OpeningPart> openings, Action<NpgsqlDataReader> readNew) =>
        batch.Query(
            readNew,
            UpdateOpenings,
            Ids(openings),
            Sql.Array([.. openings.Select(opening => opening.Origin.Bytes)], NpgsqlDbType.Bigint),
            Sql.Array([.. openings.Select(opening => opening.Origin.StartedAt)], NpgsqlDbType.TimestampTz),
            Sql.TextArray([.. openings.Select(opening => opening.Origin.Host)]),
            Sql.TextArray([.. openings.Select(opening => opening.Origin.User)]),
            Sql.TextArray([.. openings.Select(opening => opening.Origin.ContentHash)]));

    private static void AddClosings(QueryBatch batch, IReadOnlyList<ClosingPart> closings, Action<NpgsqlDataReader> readNew) =>
        batch.Query(
            readNew,
            UpdateClosings,
            Ids(closings),
            Sql.Array([.. closings.Select(closing => closing.RowsRead)], NpgsqlDbType.Bigint),
            Sql.Array([.. closings.Select(closing => closing.Slices)], NpgsqlDbType.Integer),
            Sql.TextArray([.. closings.Select(closing => closing.ContentHash)]));

    private static void AddCorrections(NpgsqlBatch batch, IReadOnlyList<AppliedSlice> slices)
    {
        if (slices.Count == 0)
        {
            return;
        }

        Sql.Add(
            batch,
            UpdateSlices,
            Sql.Array([.. slices.Select(slice => slice.Part.ImportId)], NpgsqlDbType.Uuid),
            Sql.Array([.. slices.Select(slice => slice.Part.Number)], NpgsqlDbType.Integer),
            Sql.Array([.. slices.Select(slice => slice.Inserted.Count)], NpgsqlDbType.Integer),
            Sql.Array([.. slices.Select(slice => slice.DuplicateLines.Count)], NpgsqlDbType.Integer),
            Sql.Array([.. slices.Select(slice => slice.Rejections.Count)], NpgsqlDbType.Integer),
            Sql.TextArray([.. slices.Select(slice => ArrayText(slice.DuplicateLines))]));
    }

    private static void AddRejections(NpgsqlBatch batch, IReadOnlyList<(Guid ImportId, Rejection Row)> rejections)
    {
        if (rejections.Count == 0)
        {
            return;
        }

        Sql.Add(
            batch,
            InsertRejections,
            Sql.Array([.. rejections.Select(each => each.ImportId)], NpgsqlDbType.Uuid),
            Sql.Array([.. rejections.Select(each => each.Row.Line)], NpgsqlDbType.Bigint),
            Sql.TextArray([.. rejections.Select(each => each.Row.Column)]),
            Sql.TextArray([.. rejections.Select(each => each.Row.Code)]),
            Sql.TextArray([.. rejections.Select(each => each.Row.Reason)]),
            Sql.TextArray([.. rejections.Select(each => each.Row.Raw)]));
    }

    private async Task FindSlicesAsync(LedgerEntries existing, IReadOnlyList<SlicePart> slices, CancellationToken cancellationToken)
    {
        if (slices.Count == 0)
        {
            return;
        }

        await using var find = new NpgsqlCommand(FindSlices, connection, transaction);
        find.Parameters.Add(Sql.Array([.. slices.Select(slice => slice.ImportId)], NpgsqlDbType.Uuid));
        find.Parameters.Add(Sql.Array([.. slices.Select(slice => slice.Number)], NpgsqlDbType.Integer));
        await using var reader = await find.ExecuteReaderAsync(cancellationToken);
        var found = 0;
        for (; await reader.ReadAsync(cancellationToken); found++)
        {
            existing.Add(
                reader.GetGuid(0), reader.GetInt32(1), new SliceEntry(reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4)));
        }

        EnsureAllFound(slices.Count, found);
    }

    private async Task FindClosingsAsync(
        LedgerEntries existing, IReadOnlyList<ClosingPart> closings, CancellationToken cancellationToken)
    {
        if (closings.Count == 0)
        {
            return;
        }

        await using var find = new NpgsqlCommand(FindClosings, connection, transaction);
        find.Parameters.Add(Sql.Array([.. closings.Select(closing => closing.ImportId)], NpgsqlDbType.Uuid));
        await using var reader = await find.ExecuteReaderAsync(cancellationToken);
        var found = 0;
        for (; await reader.ReadAsync(cancellationToken); found++)
        {
            existing.Add(reader.GetGuid(0), new ClosingEntry(reader.GetInt64(1), reader.GetInt32(2)));
        }

        EnsureAllFound(closings.Count, found);
    }

    // What was neither entered nor found would be classified as new, and its rows inserted without a ledger entry.
    private static void EnsureAllFound(int expected, int found)
    {
        if (found != expected)
        {
            throw new StoreUnavailableException(
                $"The ledger has {found} of {expected} entries that the database did not accept as new. They were deleted meanwhile, "
                + "or a trigger or rule on the ledger's tables suppresses them.");
        }
    }

    // unnest flattens an array of arrays, so each list of lines is sent as text.
    private static string ArrayText(IEnumerable<long> lines) => $"{{{string.Join(',', lines)}}}";
}
