using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using CsvIngest.Consumer.Display;
using CsvIngest.Consumer.Status;
using CsvIngest.Datasets;
using CsvIngest.Hosting;
using CsvIngest.Hosting.Display;
using CsvIngest.Resilience;
using CsvIngest.Settings;
using CsvIngest.Store;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Consumer.Commands;

/// <summary><c>consumer undo</c>: removes the rows of a complete import again, with its totals and its entries in the ledger.</summary>
internal static class UndoCommand
{
    /// <summary>How long to retry while the database is unavailable; a guess at how long one takes to restart.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    public static Command Create(Application application)
    {
        var import = new Argument<string>("import") { Description = "Import ID or its first characters" };
        var yes = new Option<bool>("--yes") { Description = "Do not ask for confirmation" };
        var command = new Command("undo", "Remove the rows of an import again, with its totals and its entries in the ledger") { import, yes };
        application.Handle(command, async (context, cancellationToken) =>
        {
            var selector = new ImportSelector(context.Arguments.GetValue(import), ImportFilter.All);
            var datasets = context.LoadDatasets();
            await using var store = context.OpenStore();
            var books = (await selector.FindAsync(store, cancellationToken)).SingleOrDefault();
            if (books is null)
            {
                return Refuse(StatusOutput.NoSuchImport(store, selector));
            }

            if (LedgerRules.Judge(books) is not UndoStart.Begun and var refusal)
            {
                return Report(refusal, books);
            }

            var dataset = DatasetOf(books, datasets);
            await WriteConsequencesAsync(books, dataset, datasets, store, cancellationToken);
            if (!context.Arguments.GetValue(yes)
                && !await Confirmation.AskAsync(
                    $"permanently remove {Quantity.Of(books.Inserted, "row")} from table {dataset.Table}", cancellationToken))
            {
                Console.WriteLine("Nothing was removed.");
                return ExitCodes.Done;
            }

            var start = UndoStart.NotFound;
            await WhileUnavailableAsync(async () => start = await store.BeginUndoAsync(books.ImportId, cancellationToken), context.Logger, cancellationToken);
            if (start != UndoStart.Begun)
            {
                // It has changed since it was read.
                return Report(start, (await selector.FindAsync(store, cancellationToken)).SingleOrDefault() ?? books);
            }

            await RemoveAsync(books, dataset, store, context.Logger, cancellationToken);
            var after = (await selector.FindAsync(store, cancellationToken)).Single();
            WriteResult(books, dataset, after.Undo!.RowsRemoved - (books.Undo?.RowsRemoved ?? 0));
            return ExitCodes.Done;
        });
        return command;
    }

    private static Dataset DatasetOf(ImportBooks books, DatasetCatalog datasets) => datasets.TryGet(books.Dataset, out var dataset)
        ? dataset
        : throw new UsageException(
            $"{NameOf(books)} belongs to dataset \"{books.Dataset}\", which is not defined here. Its definition names the table and the totals: "
            + "use --datasets with the folder that contains it.");

    private static int Report(UndoStart refusal, ImportBooks books)
    {
        switch (refusal)
        {
            case UndoStart.AlreadyUndone when books.Undo is { CompletedAt: { } at, RowsRemoved: var rows }:
                Terminal.WriteLine(
                    $"{NameOf(books)} was undone at {at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture)}"
                    + $" ({Quantity.Of(rows, "row")} removed). There is nothing left to undo.");
                return ExitCodes.Done;
            case UndoStart.Incomplete:
                return Refuse($"{NameOf(books)} is not complete, so it cannot be undone; nothing was changed. {WhatIsOutstanding(books)}");
            default:
                return Refuse($"{NameOf(books)} is no longer in the ledger.");
        }
    }

    private static string WhatIsOutstanding(ImportBooks books) => books switch
    {
        { MissingSlices.Count: > 0 } =>
            $"Outstanding: {StatusOutput.MissingSlices(books)}."
            + (books.Closed ? "" : " Its closing has not arrived either: the producer has not finished."),
        { Closed: false } => "Its closing has not arrived: run the producer's command again, unless it is still running.",
        _ => $"The ledger contains {Quantity.Of(books.SlicesApplied, "slice")} with {Quantity.Of(books.Settled, "row")}; "
            + $"according to its closing, there are {books.SlicesExpected} with {books.RowsRead}.",
    };

    private static int Refuse(string why)
    {
        Console.Error.WriteLine(DisplayText.OneLine(why));
        return ExitCodes.Incomplete;
    }

    /// <summary>Says what is removed, and what that does not bring back.</summary>
    private static async Task WriteConsequencesAsync(
        ImportBooks books, Dataset dataset, DatasetCatalog datasets, IStore store, CancellationToken cancellationToken)
    {
        if (books.Undo is { } undo)
        {
            Terminal.WriteLine($"Undoing {NameOf(books)} began before: {Quantity.Of(undo.RowsRemoved, "row")} removed, {books.Inserted} left.");
        }

        // The ledger has the lines of duplicate rows, not their keys.
        var others = (await store.ReportAsync(ImportFilter.All, cancellationToken))
            .Where(other => other.ImportId != books.ImportId && other.Duplicate > 0 && other.ChangedAt >= books.StartedAt
                && datasets.TryGet(other.Dataset, out var its) && its.Table == dataset.Table)
            .ToList();
        if (others.Count == 0)
        {
            return;
        }

        Terminal.WriteLine(
            "Rows that other imports had, and that were duplicates of the rows to be removed, are not restored. The ledger does not tell "
            + "which ones these are; they may be in the following imports, whose files you can import again:");
        foreach (var other in others.Take(StatusOutput.MaxLines))
        {
            Terminal.WriteLine($"{other.ImportId} of {other.Source}: {Quantity.Of(other.Duplicate, "duplicate row")}");
        }

        if (others.Count > StatusOutput.MaxLines)
        {
            Terminal.WriteLine($"… and {Quantity.Of(others.Count - StatusOutput.MaxLines, "more import")}; `consumer status --all` lists them.");
        }
    }

    private static async Task RemoveAsync(
        ImportBooks books, Dataset dataset, IStore store, ILogger logger, CancellationToken cancellationToken)
    {
        using var line = TerminalLine.TryOpen();
        var pace = new UndoPace();
        var removed = 0L;
        var step = new UndoStep(0, IsComplete: false);
        while (!step.IsComplete)
        {
            await WhileUnavailableAsync(
                async () =>
                {
                    var started = Stopwatch.GetTimestamp();
                    step = await store.ContinueUndoAsync(books.ImportId, dataset, pace.Rows, cancellationToken);
                    pace.Record(Stopwatch.GetElapsedTime(started));
                },
                logger,
                cancellationToken);
            removed += step.RowsRemoved;
            line?.Show($"{removed:N0} of {Quantity.Of(books.Inserted, "row")} removed");
        }
    }

    private static void WriteResult(ImportBooks books, Dataset dataset, long removed)
    {
        Terminal.WriteLine($"{NameOf(books)} is undone: {Quantity.Of(removed, "row")} removed from table {dataset.Table}.");
        if (removed < books.Inserted)
        {
            Terminal.WriteLine(
                $"Not found: {Quantity.Of(books.Inserted - removed, "row")} that it had inserted. They were deleted before, or a trigger or a policy "
                + "of the table keeps them. Totals still include what they contributed.");
        }

        Terminal.WriteLine("The file can be imported again, as a new import, without --skip-imported.");
    }

    private static Task WhileUnavailableAsync(Func<Task> step, ILogger logger, CancellationToken cancellationToken) =>
        Retry.WhileUnavailableAsync(
            step, Timeout, failure => logger.WaitingForServer(FailureReason.Of(failure), (int)Timeout.TotalSeconds), cancellationToken);

    private static string NameOf(ImportBooks books) => $"Import {books.ImportId} of {books.Source}";
}
