using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using CsvIngest.Consumer.Display;
using CsvIngest.Hosting;
using CsvIngest.Messages;
using CsvIngest.Settings;

namespace CsvIngest.Consumer.Commands;

/// <summary><c>consumer dead-letters</c>: lists, replays or deletes the messages that could not be processed.</summary>
internal static class DeadLettersCommand
{
    private static readonly DeadLettersJson Json = new(new JsonSerializerOptions(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = DisplayJson.Encoder,
    });

    public static Command Create(Application application)
    {
        var import = new Option<string?>("--import") { Description = "Only the messages of this import", HelpName = "ID" };
        return new Command("dead-letters", "Manage messages that could not be processed")
        {
            List(application, import), Replay(application, import), Purge(application, import),
        };
    }

    private static Command List(Application application, Option<string?> import)
    {
        var json = new Option<bool>("--json") { Description = "Print a JSON array" };
        var command = new Command("list", "List the messages in the dead-letter queue, oldest first") { import, json };
        application.Handle(command, async (context, cancellationToken) =>
        {
            var isSelected = Selection(context.Arguments.GetValue(import));
            await using var broker = context.OpenBroker();
            var letters = new List<DeadLetterSummary>();
            await broker.ReadDeadLettersAsync(
                letter =>
                {
                    if (isSelected(letter))
                    {
                        letters.Add(DeadLetterSummary.Of(letter));
                    }
                },
                cancellationToken);
            if (context.Arguments.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(letters, Json.ListDeadLetterSummary));
            }
            else
            {
                WriteTable(letters);
            }

            return ExitCodes.Done;
        });
        return command;
    }

    private static Command Replay(Application application, Option<string?> import)
    {
        var command = new Command("replay", "Return the messages to the queue; rows are still inserted only once") { import };
        application.Handle(command, async (context, cancellationToken) =>
        {
            var isSelected = Selection(context.Arguments.GetValue(import));
            await using var broker = context.OpenBroker();
            Report("replayed", await broker.ReplayDeadLettersAsync(isSelected, cancellationToken));
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command Purge(Application application, Option<string?> import)
    {
        var yes = new Option<bool>("--yes") { Description = "Do not ask for confirmation" };
        var command = new Command("purge", "Delete the messages permanently") { import, yes };
        application.Handle(command, async (context, cancellationToken) =>
        {
            var isSelected = Selection(context.Arguments.GetValue(import));
            await using var broker = context.OpenBroker();
            // Messages that arrive after the confirmation are not covered by it.
            int? atMost = null;
            if (!context.Arguments.GetValue(yes))
            {
                var count = 0;
                await broker.ReadDeadLettersAsync(letter => count += isSelected(letter) ? 1 : 0, cancellationToken);
                if (count > 0 && !await Confirmation.AskAsync($"permanently delete {Quantity.Of(count, "message")}", cancellationToken))
                {
                    Console.WriteLine("Nothing was purged.");
                    return ExitCodes.Done;
                }

                atMost = count;
            }

            Report("purged", atMost == 0 ? 0 : await broker.PurgeDeadLettersAsync(isSelected, atMost, cancellationToken));
            return ExitCodes.Done;
        });
        return command;
    }

    private static Func<DeadLetter, bool> Selection(string? import)
    {
        if (import is null)
        {
            return _ => true;
        }

        return Guid.TryParse(import, out var id)
            ? letter => DeadLetterSummary.Of(letter).Import == id
            : throw new UsageException($"--import is \"{import}\"; expected an import ID.");
    }

    private static void Report(string what, int count) =>
        Console.WriteLine(count == 0 ? $"There was no message to be {what}." : $"{Quantity.Of(count, "message")} {what}.");

    private static void WriteTable(List<DeadLetterSummary> letters)
    {
        if (letters.Count == 0)
        {
            Console.WriteLine("The dead-letter queue is empty.");
            return;
        }

        var table = new TextTable(
            new("when"),
            new("import") { IsHeading = true },
            new("slice") { IsNumber = true },
            new("rows") { IsNumber = true },
            new("reason"),
            new("detail") { IsHeading = true });
        foreach (var letter in letters)
        {
            table.AddRow(
                letter.When?.ToString("yyyy-MM-dd HH:mm:ss'Z'") ?? "?",
                letter.Import?.ToString() ?? "?",
                letter.Slice?.ToString() ?? "?",
                letter.Rows?.ToString() ?? "?",
                letter.Reason,
                letter.Detail);
        }

        Terminal.Write(table);
    }
}

/// <summary>Writes dead letters as JSON.</summary>
[JsonSerializable(typeof(List<DeadLetterSummary>))]
internal sealed partial class DeadLettersJson : JsonSerializerContext;
