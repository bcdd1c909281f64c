using System.CommandLine;
using System.CommandLine.Parsing;

namespace CsvIngest.Consumer.Commands;

/// <summary><c>consumer status</c>: the books of all imports, or of one with its rejected and duplicate lines.</summary>
internal static class StatusCommand
{
    public static Command Create(CommonOptions common, Func<ParseResult, Session> open)
    {
        var import = new Argument<string?>("import")
        {
            Description = "The import's UUID, or its first characters; all imports when left out",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var json = new Option<bool>("--json") { Description = "Print a JSON array" };
        var wait = new Option<int?>("--wait")
        {
            Description = "Wait until everything is complete, for at most S seconds (without S: as long as it takes)",
            HelpName = "S",
            Arity = ArgumentArity.ZeroOrOne,
            CustomParser = ReadSeconds,
        };
        var command = new Command("status", "Show what became of every row") { import, json, wait };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            await using var session = open(arguments);
            var named = arguments.GetValue(import);
            ImportSearch.Check(named);
            await using var store = session.Wiring.OpenStore(arguments.GetValue(common.Database));
            await using var broker = session.Wiring.OpenBroker(arguments.GetValue(common.Broker), arguments.GetValue(common.Queue));
            var watch = new StatusWatch(store, broker, named, withDetails: !arguments.GetValue(json), session.Logger);
            var books = await watch.ReadAsync(arguments.GetValue(wait), cancellationToken);
            var nothing = books.Count > 0 ? null
                : named is null ? "No import is known to the database yet."
                : $"No import {named} is known to {store.DisplayAddress}; `consumer status` lists those that are.";
            if (arguments.GetValue(json))
            {
                Console.WriteLine(StatusJson.Of(books));
                if (nothing is not null)
                {
                    Console.Error.WriteLine(nothing);
                }
            }
            else if (nothing is not null)
            {
                Console.WriteLine(nothing);
            }
            else
            {
                StatusTable.Write(books, watch.Details);
            }

            if (watch.DeadLetters is > 0 and var letters)
            {
                (arguments.GetValue(json) ? Console.Error : Console.Out).WriteLine(
                    $"The dead-letter queue at {broker.DisplayAddress} holds {letters} {(letters == 1 ? "message" : "messages")}; "
                    + "`consumer dead-letters list` shows why.");
            }

            return watch.IsComplete(books) ? ExitCodes.Done : ExitCodes.Incomplete;
        });
        return command;
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

        // An exception would leave the program past everything that reports one.
        result.AddError(Guid.TryParse(text, out _)
            ? $"--wait is \"{text}\"; expected seconds. Name the import first: status {text} --wait."
            : $"--wait is \"{text}\"; expected seconds, such as --wait 60.");
        return null;
    }
}
