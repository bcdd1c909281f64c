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
    private readonly SqliteCommand _enterImport;
    private readonly SqliteCommand _findSlice;
    private readonly SqliteCommand _enterSlice;
    private readonly SqliteCommand _enterRejection;
    private readonly SqliteCommand _enterOpening;
    private readonly SqliteCommand _findClosing;
    private readonly SqliteCommand _enterClosing;
    private readonly SqliteCommand _findUndo;
    private readonly TotalsWriter _totals;

    /// <summary>Prepares the statements. The connection belongs to this object from now on.</summary>
    /// <exception cref="SqliteException">The ledger's tables do not exist; the connection still belongs to the caller.</exception>
    public LedgerWriter(SqliteConnection connection, ILogger logger, TimeProvider time)
    {
        (_connection, _logger, _time) = (connection, logger, time);
        _enterImport = connection.Prepare(
            """
            INSERT INTO imports (import_id, source, dataset, totals, started_at) VALUES ($import, $source, $dataset, $totals, $now)
            ON CONFLICT (import_id) DO NOTHING
            """, "$import", "$source", "$dataset", "$totals", "$now");
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
        _enterRejection = connection.Prepare(
            """
            INSERT INTO rejected_rows (import_id, line, "column", code, reason, raw)
            VALUES ($import, $line, $column, $code, $reason, $raw)
            """, "$import", "$line", "$column", "$code", "$reason", "$raw");
        _enterOpening = connection.Prepare(
            """
            UPDATE imports SET opened_at = $now, bytes = $bytes, producer_started_at = $started, producer_host = $host,
                producer_user = $user, content_sha256 = coalesce($hash, content_sha256)
            WHERE import_id = $import AND opened_at IS NULL
            """, "$now", "$bytes", "$started", "$host", "$user", "$hash", "$import");
        _findClosing = connection.Prepare(
            "SELECT rows_read, slices FROM imports WHERE import_id = $import AND closed_at IS NOT NULL", "$import");
        _enterClosing = connection.Prepare(
            """
            UPDATE imports SET rows_read = $rows, slices = $slices, closed_at = $now, content_sha256 = coalesce(content_sha256, $hash)
            WHERE import_id = $import
            """, "$rows", "$slices", "$now", "$hash", "$import");
        _findUndo = connection.Prepare("SELECT 1 FROM imports WHERE import_id = $import AND undo_started_at IS NOT NULL", "$import");
        _totals = new TotalsWriter(connection);
    }

    /// <inheritdoc cref="SqliteConnectionExtensions.IsFileGone"/>
    public bool IsFileGone => _connection.IsFileGone();

    /// <summary>Applies parts in one transaction, in the order given.</summary>
    public PartOutcome[] Apply(IReadOnlyList<ImportPart> parts) =>
        _connection.Write(
            SqliteFile.LockTimeout,
            () =>
            {
                var undone = parts.Select(part => part.ImportId).Distinct().Where(IsUndone).ToHashSet();
                var outcomes = parts.Select(part => undone.Contains(part.ImportId) ? PartOutcome.Undone : Apply(part)).ToArray();
                _totals.Add(TotalChanges.Sum(outcomes.SelectMany(outcome => outcome.TotalChanges)));
                return outcomes;
            });

    public void Dispose()
    {
        foreach (var statement in (IEnumerable<IDisposable>)
            [.. _inserters.Values, _enterImport, _findSlice, _enterSlice, _enterRejection, _enterOpening, _findClosing, _enterClosing,
            _findUndo, _totals])
        {
            statement.Dispose();
        }

        _connection.Dispose();
    }

    private PartOutcome Apply(ImportPart part)
    {
        var import = part.ImportId.ToString();
        _enterImport.With(import, part.Source, part.Dataset.Name, TotalDefinitions.ToText(part.Dataset), Now()).ExecuteNonQuery();
        return part switch
        {
            SlicePart slice => LedgerRules.Judge(slice, FindSlice(import, slice.Number)) ?? Apply(import, slice),
            OpeningPart opening => Apply(import, opening),
            ClosingPart closing => LedgerRules.Judge(closing, FindClosing(import)) ?? Apply(import, closing),
            _ => throw new ArgumentException($"{part.GetType().Name} is not a part that the ledger knows.", nameof(part)),
        };
    }

    private bool IsUndone(Guid importId) => _findUndo.With(importId.ToString()).ExecuteScalar() is not null;

    private SliceEntry? FindSlice(string import, int number)
    {
        using var entry = _findSlice.With(import, number).ExecuteReader();
        return entry.Read() ? new SliceEntry(entry.GetInt64(0), entry.GetInt64(1), entry.GetInt64(2)) : null;
    }

    private ClosingEntry? FindClosing(string import)
    {
        using var entry = _findClosing.With(import).ExecuteReader();
        return entry.Read() ? new ClosingEntry(entry.GetInt64(0), entry.GetInt64(1)) : null;
    }

    private PartOutcome Apply(string import, SlicePart part)
    {
        var slice = new AppliedSlice(part);
        InsertRows(import, slice);
        Enter(import, slice);
        return slice.Outcome;
    }

    private PartOutcome Apply(string import, OpeningPart opening)
    {
        var (bytes, startedAt, host, user, hash) = opening.Origin;
        var started = startedAt is { } moment ? TimestampText.ToText(moment) : null;
        return _enterOpening.With(Now(), bytes, started, host, user, hash, import).ExecuteNonQuery() == 0
            ? PartOutcome.AlreadyApplied
            : new PartOutcome(PartOutcomeKind.Applied);
    }

    private PartOutcome Apply(string import, ClosingPart closing)
    {
        _enterClosing.With(closing.RowsRead, closing.Slices, Now(), closing.ContentHash, import).ExecuteNonQuery();
        return new PartOutcome(PartOutcomeKind.Applied);
    }

    private void InsertRows(string import, AppliedSlice slice)
    {
        var dataset = slice.Part.Dataset;
        var inserter = InserterFor(dataset);
        foreach (var row in slice.Part.Rows)
        {
            try
            {
                if (inserter.Insert(row, import))
                {
                    slice.AddInserted(row);
                }
                else
                {
                    slice.AddDuplicate(row);
                }
            }
            catch (SqliteException rejection) when (rejection.RejectsRow())
            {
                EnsureStillInTransaction(dataset, rejection);
                slice.AddRejected(row, FailureReason.Of(rejection));
            }
        }

        if (slice.RejectedByDatabase > 0)
        {
            Log.RowsRejected(_logger, dataset.Table, slice.RejectedByDatabase);
        }
    }

    private void Enter(string import, AppliedSlice slice)
    {
        var (part, outcome) = (slice.Part, slice.Outcome);
        foreach (var rejection in slice.Rejections)
        {
            _enterRejection.With(import, rejection.Line, rejection.Column, rejection.Code, rejection.Reason, rejection.Raw)
                .ExecuteNonQuery();
        }

        _enterSlice.With(
            import, part.Number, part.RowsBefore, part.FirstLine, part.LastLine,
            outcome.Inserted, outcome.Duplicate, outcome.Rejected,
            outcome.Duplicate == 0 ? null : SqliteJson.Array(slice.DuplicateLines.Order()),
            Now()).ExecuteNonQuery();
    }

    // A trigger can roll back more than its row. Continuing would write the rest of the slice, and its entry, without the rows
    // that precede it.
    private void EnsureStillInTransaction(Dataset dataset, SqliteException rejection)
    {
        if (raw.sqlite3_get_autocommit(_connection.Handle) != 0)
        {
            throw new DeniedException(
                $"A trigger of table {dataset.Table} rejected a row by rolling back the whole transaction ({FailureReason.Of(rejection)}). "
                + "Nothing was applied. Change the trigger to use RAISE(ABORT, …) or RAISE(IGNORE).",
                rejection);
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

    private string Now() => TimestampText.ToText(_time.GetUtcNow());
}
