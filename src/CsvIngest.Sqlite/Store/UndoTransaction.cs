using System.Globalization;
using CsvIngest.Datasets;
using CsvIngest.Store;
using CsvIngest.Values;
using Dapper;
using Microsoft.Data.Sqlite;

namespace CsvIngest.Sqlite;

/// <summary>One transaction of undoing an import.</summary>
/// <param name="connection">The connection, within a transaction that the caller begins and commits. It has the write lock.</param>
/// <param name="importId">The import.</param>
/// <param name="now">The time of the ledger.</param>
internal sealed class UndoTransaction(SqliteConnection connection, Guid importId, DateTimeOffset now)
{
    // Every slice has a row, so no more than @most slices are needed.
    private const string NextSlices =
        """
        SELECT coalesce(max(number), 0) AS LastNumber, coalesce(min(first_line), 0) AS FirstLine, coalesce(max(last_line), 0) AS LastLine,
            max(number) IS (SELECT max(number) FROM import_slices WHERE import_id = @import) AS IsLast
        FROM (
            SELECT number, first_line, last_line, row_number() OVER by_number AS place,
                sum(inserted + duplicate + rejected) OVER by_number AS rows
            FROM (SELECT * FROM import_slices WHERE import_id = @import ORDER BY number LIMIT @most)
            WINDOW by_number AS (ORDER BY number)
        )
        WHERE place = 1 OR rows <= @most
        """;

    private readonly string _import = importId.ToString();

    /// <inheritdoc cref="IStore.BeginUndoAsync"/>
    public UndoStart Begin()
    {
        var start = LedgerRules.Judge(Reports.Read(connection, ImportFilter.Of(importId), now).SingleOrDefault());
        if (start == UndoStart.Begun)
        {
            connection.Execute(
                "UPDATE imports SET undo_started_at = @now, rows_removed = 0 WHERE import_id = @import AND undo_started_at IS NULL",
                new { import = _import, now = TimestampText.ToText(now) });
        }

        return start;
    }

    /// <inheritdoc cref="IStore.ContinueUndoAsync"/>
    public UndoStep Continue(Dataset dataset, int maxRows)
    {
        var import = connection.QuerySingleOrDefault<StoredImport>(
            "SELECT undo_started_at AS UndoStartedAt, undone_at AS UndoneAt, totals FROM imports WHERE import_id = @import",
            new { import = _import });
        if (import?.UndoStartedAt is null)
        {
            throw new InvalidOperationException($"Undoing import {importId} has not begun.");
        }

        if (import.UndoneAt is not null)
        {
            return new UndoStep(0, IsComplete: true);
        }

        var slices = connection.QuerySingle<StoredSlices>(NextSlices, new { import = _import, most = maxRows }).ToSlices();
        var rows = RemoveRows(dataset, TotalDefinitions.Parse(import.Totals, dataset), slices);
        connection.Execute(
            """
            DELETE FROM import_slices WHERE import_id = @import AND number <= @LastNumber;
            DELETE FROM rejected_rows WHERE import_id = @import AND line BETWEEN @FirstLine AND @LastLine;
            UPDATE imports SET rows_removed = rows_removed + @rows, undone_at = CASE WHEN @IsLast THEN @now END WHERE import_id = @import;
            """,
            new
            {
                import = _import,
                slices.LastNumber,
                slices.FirstLine,
                slices.LastLine,
                slices.IsLast,
                rows,
                now = TimestampText.ToText(now),
            });
        return new UndoStep(rows, slices.IsLast);
    }

    /// <summary>Removes rows, and what they have contributed to totals. Returns their number.</summary>
    private long RemoveRows(Dataset dataset, IReadOnlyList<TotalDefinition> definitions, UndoneSlices slices)
    {
        var rows = 0L;
        var contributions = new List<RunningTotal>();
        using (var remove = connection.CreateCommand())
        {
            remove.CommandText = DatasetTable.Remove(dataset, definitions);
            remove.Parameters.AddWithValue("$import", _import);
            remove.Parameters.AddWithValue("$first", slices.FirstLine);
            remove.Parameters.AddWithValue("$last", slices.LastLine);
            using var removed = remove.ExecuteReader();
            for (; removed.Read(); rows++)
            {
                foreach (var (i, definition) in definitions.Index())
                {
                    var amount = TextOf(removed, 2 * i + 1) is { Length: > 0 } text ? ExactDecimal.Parse(text) : ExactDecimal.Zero;
                    contributions.Add(new RunningTotal(new TotalKey(dataset.Name, definition, TextOf(removed, 2 * i)), 1, amount));
                }
            }
        }

        using var totals = new TotalsWriter(connection);
        totals.Add(TotalChanges.Remove(contributions));
        return rows;
    }

    private static string TextOf(SqliteDataReader row, int column) =>
        row.IsDBNull(column) ? "" : Convert.ToString(row.GetValue(column), CultureInfo.InvariantCulture)!;

    internal sealed class StoredImport
    {
        public string? UndoStartedAt { get; init; }

        public string? UndoneAt { get; init; }

        public string? Totals { get; init; }
    }

    internal sealed class StoredSlices
    {
        public int LastNumber { get; init; }

        public long FirstLine { get; init; }

        public long LastLine { get; init; }

        public bool IsLast { get; init; }

        public UndoneSlices ToSlices() => UndoneSlices.Of(LastNumber, FirstLine, LastLine, IsLast);
    }
}
