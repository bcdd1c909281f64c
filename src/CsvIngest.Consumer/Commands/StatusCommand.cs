using System.CommandLine;
using System.CommandLine.Parsing;
using CsvIngest.Hosting;
using CsvIngest.Messages;
using CsvIngest.Store;

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
        var command = new Command("status", "Show what became of every row") { import, json, wait };
        application.Handle(command, async (context, cancellationToken) =>
        {
            var selector = new ImportSelector(context.Arguments.GetValue(import));
            await using var store = context.OpenStore();
            await using var broker = context.OpenBroker();
            var isJson = context.Arguments.GetValue(json);
            var watch = new StatusWatch(store, broker, selector, withDetails: !isJson, TimeProvider.System, context.Logger);
            var books = await watch.ReadAsync(context.Arguments.GetValue(wait), cancellationToken);
            Print(books, watch, selector, store, broker, isJson);
            return watch.IsComplete(books) ? ExitCodes.Done : ExitCodes.Incomplete;
        });
        return command;
    }

    private static void Print(
        IReadOnlyList<ImportBooks> books, StatusWatch watch, ImportSelector selector, IStore store, IBroker broker, bool isJson)
    {
        // With --json, standard output is for programs.
        var notes = isJson ? Console.Error : Console.Out;
        if (isJson)
        {
            Console.WriteLine(StatusOutput.ToJson(books));
        }
        else if (books.Count > 0)
        {
            StatusOutput.WriteTable(books, watch.Details);
        }

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
