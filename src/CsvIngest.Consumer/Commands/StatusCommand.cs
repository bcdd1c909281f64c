using System.CommandLine;
using System.Diagnostics;
using CsvIngest.Settings;
using CsvIngest.Store;

namespace CsvIngest.Consumer.Commands;

/// <summary><c>consumer status</c>: the books of all imports, or of one with its rejected and duplicate lines.</summary>
internal static class StatusCommand
{
    /// <summary>How often the books are read while waiting; a guess at a person's patience.</summary>
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(250);

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
            CustomParser = result => result.Tokens.Count == 0 ? int.MaxValue
                : int.TryParse(result.Tokens[0].Value, out var seconds) && seconds >= 0 ? seconds
                : throw new UsageException($"--wait is \"{result.Tokens[0].Value}\"; expected seconds, such as --wait 60."),
        };
        var command = new Command("status", "Show what became of every row") { import, json, wait };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            await using var session = open(arguments);
            await using var store = session.Wiring.OpenStore(arguments.GetValue(common.Database));
            var books = await ReadAsync(store, arguments.GetValue(import), arguments.GetValue(wait), cancellationToken);
            if (arguments.GetValue(json))
            {
                Console.WriteLine(StatusJson.Of(books));
            }
            else
            {
                var details = books.Count == 1 && arguments.GetValue(import) is not null
                    ? await store.ReportDetailsAsync(books[0].ImportId, cancellationToken)
                    : null;
                StatusTable.Write(books, details);
            }

            return IsComplete(books) ? ExitCodes.Done : ExitCodes.Incomplete;
        });
        return command;
    }

    // Nothing known yet is not complete: the first message may still be on its way.
    private static bool IsComplete(IReadOnlyList<ImportBooks> books) => books.Count > 0 && books.All(book => book.Complete);

    private static async Task<IReadOnlyList<ImportBooks>> ReadAsync(
        IStore store, string? import, int? waitSeconds, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var books = await FindAsync(store, import, cancellationToken);
            if (IsComplete(books) || waitSeconds is null || clock.Elapsed.TotalSeconds >= waitSeconds)
            {
                return books;
            }

            await Task.Delay(PollInterval, cancellationToken);
        }
    }

    private static async Task<IReadOnlyList<ImportBooks>> FindAsync(IStore store, string? import, CancellationToken cancellationToken)
    {
        if (import is null || Guid.TryParse(import, out _))
        {
            return await store.ReportAsync(import is null ? null : Guid.Parse(import), cancellationToken);
        }

        var all = await store.ReportAsync(null, cancellationToken);
        var found = all.Where(book => book.ImportId.ToString().StartsWith(import, StringComparison.OrdinalIgnoreCase)).ToList();
        return found.Count <= 1
            ? found
            : throw new UsageException($"{found.Count} imports begin with \"{import}\"; give more of the UUID.");
    }
}
