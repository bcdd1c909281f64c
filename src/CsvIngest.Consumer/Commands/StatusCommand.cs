using System.CommandLine;
using System.CommandLine.Parsing;
using CsvIngest.Hosting;
using CsvIngest.Messages;
using CsvIngest.Store;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Consumer.Commands;

/// <summary><c>consumer status</c>: the books of all imports, or of one import with its rejected and duplicate lines.</summary>
internal static class StatusCommand
{
    public static Command Create(Application application)
    {
        var import = new Argument<string?>("import")
        {
            Description = "Import ID or its first characters; all imports if omitted",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var json = new Option<bool>("--json") { Description = "Print a JSON array" };
        var wait = new Option<int?>("--wait")
        {
            Description = "Wait until everything is complete, for at most S seconds (without S: without limit)",
            HelpName = "S",
            Arity = ArgumentArity.ZeroOrOne,
            CustomParser = ReadSeconds,
        };
        var all = new Option<bool>("--all") { Description = $"List all rejected and duplicate rows of the import, not only {StatusOutput.MaxLines} of each" };
        var command = new Command("status", "Show what became of every row") { import, json, all, wait };
        command.Validators.Add(result =>
        {
            if (result.GetValue(all) && result.GetValue(import) is null)
            {
                result.AddError("--all lists the rows of one import; specify its ID: status ID --all.");
            }
        });
        application.Handle(command, async (context, cancellationToken) =>
        {
            var selector = new ImportSelector(context.Arguments.GetValue(import));
            await using var store = context.OpenStore();
            await using var broker = context.OpenBroker();
            var isJson = context.Arguments.GetValue(json);
            var watch = new StatusWatch(
                store, broker, selector, context.Arguments.GetValue(wait), TimeProvider.System, context.Logger);
            var books = await watch.ReadAsync(cancellationToken);
            var limit = isJson || context.Arguments.GetValue(all) ? (int?)null : StatusOutput.MaxLines;
            var rows = selector.IsSingle && books.Count == 1 ? watch.RowsOf(books[0].ImportId, limit, cancellationToken) : null;
            // With --json, standard output is for programs.
            if (isJson)
            {
                await StatusOutput.WriteJsonAsync(StandardStreams.OpenOutput(), books, rows, cancellationToken);
            }
            else
            {
                await PrintAsync(books, rows, limit, context.Logger);
            }

            PrintNotes(books, watch, selector, store, broker, isJson ? Console.Error : Console.Out);
            return watch.IsComplete(books) ? ExitCodes.Done : ExitCodes.Incomplete;
        });
        return command;
    }

    private static async Task PrintAsync(IReadOnlyList<ImportBooks> books, ImportRows? rows, int? limit, ILogger logger)
    {
        if (books.Count > 0)
        {
            StatusOutput.WriteTable(books);
        }

        if (rows is null)
        {
            return;
        }

        try
        {
            await StatusOutput.WriteRowsAsync(books[0], rows, limit);
        }
        catch (StoreUnavailableException e)
        {
            // The books are what was asked for first, and they are printed.
            logger.NoDetails(FailureReason.Of(e));
        }
    }

    private static void PrintNotes(
        IReadOnlyList<ImportBooks> books, StatusWatch watch, ImportSelector selector, IStore store, IBroker broker, TextWriter notes)
    {
        if (books.Count == 0)
        {
            notes.WriteLine(selector.IsSingle
                ? $"{store.DisplayAddress} contains no import {selector}; `consumer status` lists all imports."
                : "The database contains no imports yet.");
        }

        if (watch.DeadLetters is > 0 and var letters)
        {
            notes.WriteLine(
                $"The dead-letter queue at {broker.DisplayAddress} holds {letters} {(letters == 1 ? "message" : "messages")}; "
                + "`consumer dead-letters list` shows why.");
        }
    }

    private static int? ReadSeconds(ArgumentResult result)
    {
        if (result.Tokens.Count == 0)
        {
            return int.MaxValue;
        }

        var text = result.Tokens[0].Value;
        if (int.TryParse(text, out var seconds) && seconds >= 0)
        {
            return seconds;
        }

        // Reported, not thrown: an exception of the parser would bypass everything that reports one.
        result.AddError(Guid.TryParse(text, out _)
            ? $"--wait is \"{text}\"; expected seconds. Name the import first: status {text} --wait."
            : $"--wait is \"{text}\"; expected seconds, such as --wait 60.");
        return null;
    }
}
