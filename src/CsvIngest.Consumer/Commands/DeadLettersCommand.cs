using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using CsvIngest.Messages;
using CsvIngest.Settings;
using Spectre.Console;

namespace CsvIngest.Consumer.Commands;

/// <summary><c>consumer dead-letters</c>: what could not be handled, and what to do with it.</summary>
internal static class DeadLettersCommand
{
    private static readonly JsonSerializerOptions JsonOptions = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static Command Create(CommonOptions common, Func<ParseResult, Session> open)
    {
        var json = new Option<bool>("--json") { Description = "Print a JSON array" };
        var import = new Option<string?>("--import") { Description = "Only the messages of this import", HelpName = "UUID" };
        var yes = new Option<bool>("--yes") { Description = "Do not ask" };

        var list = new Command("list", "Show the messages in the dead-letter queue, oldest first") { import, json };
        list.SetAction((arguments, cancellationToken) => WithBrokerAsync(common, open, arguments, async broker =>
        {
            var chosen = Chosen(arguments.GetValue(import));
            var listed = new List<DeadLetterSummary>();
            await broker.ReadDeadLettersAsync(
                letter =>
                {
                    if (chosen(letter))
                    {
                        listed.Add(DeadLetterSummary.Of(letter));
                    }
                },
                cancellationToken);
            if (arguments.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(listed, JsonOptions));
            }
            else
            {
                WriteTable(listed);
            }
        }));

        var replay = new Command("replay", "Publish the messages to the queue again; the ledger makes that safe") { import };
        replay.SetAction((arguments, cancellationToken) => WithBrokerAsync(common, open, arguments, async broker =>
        {
            var count = await broker.ReplayDeadLettersAsync(Chosen(arguments.GetValue(import)), cancellationToken);
            Console.WriteLine($"{count} replayed.");
        }));

        var purge = new Command("purge", "Delete the messages for good") { import, yes };
        purge.SetAction((arguments, cancellationToken) => WithBrokerAsync(common, open, arguments, async broker =>
        {
            var chosen = Chosen(arguments.GetValue(import));
            // What arrives after the question was not asked about.
            int? atMost = null;
            if (!arguments.GetValue(yes))
            {
                var count = 0;
                await broker.ReadDeadLettersAsync(letter => count += chosen(letter) ? 1 : 0, cancellationToken);
                Confirm(count);
                atMost = count;
            }

            Console.WriteLine($"{await broker.PurgeDeadLettersAsync(chosen, atMost, cancellationToken)} purged.");
        }));

        return new Command("dead-letters", "Messages that could not be handled") { list, replay, purge };
    }

    private static async Task<int> WithBrokerAsync(
        CommonOptions common, Func<ParseResult, Session> open, ParseResult arguments, Func<IBroker, Task> work)
    {
        await using var session = open(arguments);
        await using var broker = session.Wiring.OpenBroker(arguments.GetValue(common.Broker), arguments.GetValue(common.Queue));
        await work(broker);
        return ExitCodes.Done;
    }

    private static Func<DeadLetter, bool> Chosen(string? import)
    {
        if (import is null)
        {
            return _ => true;
        }

        return Guid.TryParse(import, out var id)
            ? letter => DeadLetterSummary.Of(letter).Import == id
            : throw new UsageException($"--import is \"{import}\"; expected a UUID.");
    }

    private static void Confirm(int count)
    {
        if (Console.IsInputRedirected)
        {
            throw new UsageException($"This would delete {count} messages for good; say --yes to mean it.");
        }

        Console.Error.Write($"Delete {count} messages for good? [y/N] ");
        if (Console.ReadLine()?.Trim() is not ("y" or "Y" or "yes"))
        {
            throw new OperationCanceledException();
        }
    }

    private static void WriteTable(List<DeadLetterSummary> letters)
    {
        if (letters.Count == 0)
        {
            Console.WriteLine("The dead-letter queue is empty.");
            return;
        }

        var table = new Table().Border(TableBorder.Simple);
        table.AddColumns("when", "import", "slice", "rows", "reason", "detail");
        foreach (var letter in letters)
        {
            table.AddRow(
                new Text(letter.When?.ToString("yyyy-MM-dd HH:mm:ss'Z'") ?? "?"),
                new Text(letter.Import?.ToString() ?? "?"),
                new Text(letter.Slice?.ToString() ?? "?"),
                new Text(letter.Rows?.ToString() ?? "?"),
                new Text(letter.Reason),
                new Text(letter.Detail));
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings());
        console.Profile.Width = Math.Max(console.Profile.Width, 200);
        console.Write(table);
    }
}
