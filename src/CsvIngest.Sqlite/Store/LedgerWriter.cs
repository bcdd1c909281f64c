using System.Text.Json;
using CsvIngest.Datasets;
using CsvIngest.Store;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using SQLitePCL;

namespace CsvIngest.Sqlite;

/// <summary>Applies parts on one connection, whose statements it keeps prepared. Not for concurrent use.</summary>
internal sealed class LedgerWriter : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly Dictionary<Dataset, RowInserter> _inserters = new(ReferenceEqualityComparer.Instance);
    private readonly SqliteCommand _beginImport;
    private readonly SqliteCommand _findSlice;
    private readonly SqliteCommand _enterSlice;
    private readonly SqliteCommand _reject;
    private readonly SqliteCommand _findClosing;
    private readonly SqliteCommand _close;

    /// <summary>Takes over the connection.</summary>
    /// <exception cref="SqliteException">The ledger is not there.</exception>
    public LedgerWriter(SqliteConnection connection, ILogger logger, TimeProvider time)
    {
        (_connection, _logger, _time) = (connection, logger, time);
        _beginImport = connection.Prepare(
            """
            INSERT INTO imports (import_id, source, dataset, started_at) VALUES ($import, $source, $dataset, $now)
            ON CONFLICT (import_id) DO NOTHING
            """, "$import", "$source", "$dataset", "$now");
        _findSlice = connection.Prepare(
            """
            SELECT first_line, last_line, inserted + duplicate + rejected FROM import_slices
            WHERE import_id = $import AND number = $number
            """, "$import", "$number");
        _enterSlice = connection.Prepare(
            """
            INSERT INTO import_slices (import_id, number, rows_before, first_line, last_line,
                inserted, duplicate, rejected, duplicate_lines, applied_at)
            VALUES ($import, $number, $before, $first, $last, $inserted, $duplicate, $rejected, $lines, $now)
            """,
            "$import", "$number", "$before", "$first", "$last", "$inserted", "$duplicate", "$rejected", "$lines", "$now");
        _reject = connection.Prepare(
            """
            INSERT INTO rejected_rows (import_id, line, "column", code, reason, raw)
            VALUES ($import, $line, $column, $code, $reason, $raw)
            """, "$import", "$line", "$column", "$code", "$reason", "$raw");
        _findClosing = connection.Prepare("SELECT rows_read, slices FROM imports WHERE import_id = $import", "$import");
        _close = connection.Prepare(
            "UPDATE imports SET rows_read = $rows, slices = $slices, closed_at = $now WHERE import_id = $import",
            "$rows", "$slices", "$now", "$import");
    }

    /// <summary>Applies parts in one transaction, in the order given.</summary>
    public PartOutcome[] Apply(IReadOnlyList<ImportPart> parts) =>
        _connection.Write(SqliteFile.LockTimeout, () => parts.Select(Apply).ToArray());

    public void Dispose()
    {
        foreach (var statement in (IEnumerable<IDisposable>)
            [.. _inserters.Values, _beginImport, _findSlice, _enterSlice, _reject, _findClosing, _close])
        {
            statement.Dispose();
        }

        _connection.Dispose();
    }

    private PartOutcome Apply(ImportPart part)
    {
        var import = part.ImportId.ToString();
        _beginImport.With(import, part.Source, part.Dataset.Name, TimestampText.ToText(_time.GetUtcNow())).ExecuteNonQuery();
        return part switch
        {
            SlicePart slice => AppliedBefore(import, slice) ?? Apply(import, slice),
            ClosingPart closing => ClosedBefore(import, closing) ?? Close(import, closing),
            _ => throw new ArgumentException($"A part of an unknown kind: {part.GetType().Name}.", nameof(part)),
        };
    }

    private PartOutcome? AppliedBefore(string import, SlicePart slice)
    {
        using var entry = _findSlice.With(import, slice.Number).ExecuteReader();
        if (!entry.Read())
        {
            return null;
        }

        var (first, last, rows) = (entry.GetInt64(0), entry.GetInt64(1), entry.GetInt64(2));
        return (first, last, rows) == (slice.FirstLine, slice.LastLine, slice.RowCount)
            ? PartOutcome.AlreadyApplied
            : PartOutcome.Conflict(
                $"Slice {slice.Number} has been applied with {rows} rows on lines {first}-{last}; "
                + $"this one has {slice.RowCount} rows on lines {slice.FirstLine}-{slice.LastLine}.");
    }

    private PartOutcome Apply(string import, SlicePart slice)
    {
        var inserter = InserterFor(slice.Dataset);
        var inserted = 0;
        var duplicateLines = new List<long>(slice.DuplicateLines);
        var refused = new List<Rejection>();
        foreach (var row in slice.Rows)
        {
            try
            {
                if (inserter.Insert(row, import))
                {
                    inserted++;
                }
                else
                {
                    duplicateLines.Add(row.Line);
                }
            }
            catch (SqliteException refusal) when (refusal.RejectsRow())
            {
                EnsureStillInTransaction(slice.Dataset, refusal);
                refused.Add(row.ToRejection(refusal.Message));
            }
        }

        if (refused.Count > 0)
        {
            Log.RowsRejected(_logger, slice.Dataset.Table, refused.Count);
        }

        foreach (var rejection in slice.Rejections.Concat(refused))
        {
            _reject.With(import, rejection.Line, rejection.Column, rejection.Code, rejection.Reason, rejection.Raw)
                .ExecuteNonQuery();
        }

        var outcome = new PartOutcome(
            PartOutcomeKind.Applied, inserted, duplicateLines.Count, slice.Rejections.Count + refused.Count);
        duplicateLines.Sort();
        _enterSlice.With(
            import, slice.Number, slice.RowsBefore, slice.FirstLine, slice.LastLine,
            outcome.Inserted, outcome.Duplicates, outcome.Rejected,
            duplicateLines.Count == 0 ? null : JsonSerializer.Serialize(duplicateLines),
            TimestampText.ToText(_time.GetUtcNow())).ExecuteNonQuery();
        return outcome;
    }

    // A trigger may undo more than its row. To go on then would write the rest of the slice, and its entry, without the rows
    // before.
    private void EnsureStillInTransaction(Dataset dataset, SqliteException refusal)
    {
        if (raw.sqlite3_get_autocommit(_connection.Handle) != 0)
        {
            throw new DeniedException(
                $"Refusing a row of table {dataset.Table}, a trigger rolled the whole transaction back ({refusal.Message}). "
                + "Nothing of it was applied. Let the trigger use RAISE(ABORT, …) or RAISE(IGNORE).",
                refusal);
        }
    }

    private RowInserter InserterFor(Dataset dataset)
    {
        if (!_inserters.TryGetValue(dataset, out var inserter))
        {
            inserter = new RowInserter(_connection, dataset);
            _inserters.Add(dataset, inserter);
        }

        return inserter;
    }

    private PartOutcome? ClosedBefore(string import, ClosingPart closing)
    {
        using var entry = _findClosing.With(import).ExecuteReader();
        if (!entry.Read() || entry.IsDBNull(0))
        {
            return null;
        }

        var (rows, slices) = (entry.GetInt64(0), entry.GetInt64(1));
        return (rows, slices) == (closing.RowsRead, closing.Slices)
            ? PartOutcome.AlreadyApplied
            : PartOutcome.Conflict(
                $"The import has been closed with {rows} rows in {slices} slices; "
                + $"this closing says {closing.RowsRead} rows in {closing.Slices} slices.");
    }

    private PartOutcome Close(string import, ClosingPart closing)
    {
        _close.With(closing.RowsRead, closing.Slices, TimestampText.ToText(_time.GetUtcNow()), import).ExecuteNonQuery();
        return new PartOutcome(PartOutcomeKind.Applied);
    }
}
