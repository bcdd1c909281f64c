using CsvIngest.Datasets;
using CsvIngest.Store;
using Npgsql;

namespace CsvIngest.Postgres;

/// <summary>
/// The work of one transaction of <see cref="IStore.ApplyAsync"/>. Every step takes its locks in an order that all callers
/// share (imports, slices, closings by id; then tables by name, in each the rows by key), so that they do not deadlock.
/// </summary>
/// <param name="connection">In the transaction.</param>
/// <param name="transaction">Begun, and committed by the caller.</param>
/// <param name="parts">At least one.</param>
/// <param name="isolateRows">Whether a row that PostgreSQL refuses is searched for, or fails the transaction.</param>
internal sealed class ApplyBatch(
    NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<ImportPart> parts, bool isolateRows)
{
    private readonly PartOutcome?[] _outcomes = new PartOutcome?[parts.Count];

    /// <summary>Runs all of it but the commit.</summary>
    public async Task<IReadOnlyList<PartOutcome>> RunAsync(CancellationToken cancellationToken)
    {
        if (isolateRows)
        {
            // Or a deferred constraint would refuse its row at the commit, where no savepoint helps.
            await using var immediate = new NpgsqlCommand("SET CONSTRAINTS ALL IMMEDIATE", connection, transaction);
            await immediate.ExecuteNonQueryAsync(cancellationToken);
        }

        var ledger = new Ledger(connection, transaction);
        var entries = Sort(await ledger.EnterAsync(parts, cancellationToken));

        var datasets = entries
            .GroupBy(entry => entry.Part.Dataset)
            .OrderBy(group => group.Key.Table, StringComparer.Ordinal)
            .ThenBy(group => group.Key.Name, StringComparer.Ordinal);
        foreach (var dataset in datasets)
        {
            await InsertAsync(dataset.Key, dataset, cancellationToken);
        }

        await ledger.SettleAsync(entries, cancellationToken);
        foreach (var entry in entries)
        {
            _outcomes[entry.Place] = new PartOutcome(
                PartOutcomeKind.Applied, entry.Inserted, entry.DuplicateLines.Count, entry.Rejections.Count);
        }

        return _outcomes!;
    }

    // Gives every part its outcome but the new slices, whose counts are not known yet: these are returned, in order.
    private List<SliceEntry> Sort(Entered entered)
    {
        var entries = new List<SliceEntry>(parts.Count);
        for (var i = 0; i < parts.Count; i++)
        {
            switch (parts[i])
            {
                // Removed, so that the same slice further on in the call is told that it is applied already.
                case SlicePart slice when entered.NewSlices.Remove((slice.ImportId, slice.Number)):
                    entries.Add(new SliceEntry(slice, i));
                    break;
                case SlicePart slice:
                    _outcomes[i] = entered.OutcomeOf(slice);
                    break;
                case ClosingPart closing when entered.NewClosings.Remove(closing.ImportId):
                    _outcomes[i] = new PartOutcome(PartOutcomeKind.Applied);
                    break;
                case ClosingPart closing:
                    _outcomes[i] = entered.OutcomeOf(closing);
                    break;
            }
        }

        return entries;
    }

    private async Task InsertAsync(Dataset dataset, IEnumerable<SliceEntry> entries, CancellationToken cancellationToken)
    {
        var rows = entries.SelectMany(entry => entry.Part.Rows.Select(row => new EnteredRow(entry, row))).ToArray();
        if (rows.Length == 0)
        {
            return;
        }

        if (dataset.KeyIndex >= 0)
        {
            rows = SortedByKey(rows, dataset.KeyIndex);
        }

        var insert = new RowInsert(connection, transaction, dataset);
        if (!isolateRows)
        {
            await insert.ExecuteAsync(rows, cancellationToken);
            return;
        }

        await RowIsolation.InsertAsync<EnteredRow>(
            rows,
            run => insert.ExecuteUnderSavepointAsync(run, cancellationToken),
            (refused, reason) => refused.Entry.Reject(refused.Row, reason));
    }

    // Array.Sort is not stable, and of equal keys the first must stay: so the place decides between them.
    private static EnteredRow[] SortedByKey(EnteredRow[] rows, int keyIndex)
    {
        var keys = new (string? Key, int Place)[rows.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            keys[i] = (rows[i].Row.Values[keyIndex], i);
        }

        Array.Sort(keys, rows, KeyThenPlace.Instance);
        return rows;
    }

    private sealed class KeyThenPlace : IComparer<(string? Key, int Place)>
    {
        public static readonly KeyThenPlace Instance = new();

        public int Compare((string? Key, int Place) x, (string? Key, int Place) y)
        {
            var byKey = string.CompareOrdinal(x.Key, y.Key);
            return byKey != 0 ? byKey : x.Place.CompareTo(y.Place);
        }
    }
}
