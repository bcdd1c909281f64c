using System.CommandLine;
using System.CommandLine.Parsing;
using CsvIngest.Consumer.Display;
using CsvIngest.Hosting;
using CsvIngest.Hosting.Display;
using CsvIngest.Messages;
using CsvIngest.Settings;
using CsvIngest.Store;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Consumer.Status;

/// <summary><c>consumer status</c>: the books of imports, or of one import with its rejected and duplicate lines.</summary>
internal static class StatusCommand
{
    /// <summary>The value of <c>--state</c> for all that is not complete.</summary>
    private const string Incomplete = "incomplete";

    private static readonly string[] States = [.. Enum.GetValues<ImportStatus>().Select(status => status.ToKeyword()), Incomplete];

    public static Command Create(Application application)
    {
        var import = new Argument<string?>("import")
        {
            Description = "Import ID or its first characters; all imports if omitted",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var since = new Option<string?>("--since")
        {
            Description = "Only imports that began then or later: a date, a time (UTC unless it has an offset), or how long ago, such as 90m, 12h or 2d",
            HelpName = "TIME",
        };
        var source = new Option<string?>("--source") { Description = "Only imports of files with this name, which may contain * and ?", HelpName = "PATTERN" };
        var state = new Option<string?>("--state") { Description = $"List only imports in this state: {string.Join(", ", States)}", HelpName = "STATE" };
        state.CompletionSources.Add(States);
        var json = new Option<bool>("--json") { Description = "Print a JSON array" };
        var wait = new Option<int?>("--wait")
        {
            Description = "Wait until everything is complete, for at most S seconds (without S: without limit)",
            HelpName = "S",
            Arity = ArgumentArity.ZeroOrOne,
            CustomParser = ReadSeconds,
        };
        var watch = new Option<bool>("--watch") { Description = "Show the progress on the terminal until interrupted" };
        var all = new Option<bool>("--all")
        {
            Description = $"List all imports, and all rejected and duplicate rows of the import, not only {StatusOutput.MaxLines} of each",
        };
        var command = new Command("status", "Show what became of every row") { import, since, source, state, json, all, wait, watch };
        application.Handle(command, async (context, cancellationToken) =>
        {
            var arguments = context.Arguments;
            var isListed = StateFilter(arguments.GetValue(state));
            var selector = new ImportSelector(arguments.GetValue(import), new ImportFilter
            {
                Since = arguments.GetValue(since) is { } text ? StartTime.Parse(text, TimeProvider.System.GetUtcNow()) : null,
                Source = arguments.GetValue(source),
            });
            await using var store = context.OpenStore();
            await using var broker = context.OpenBroker();
            var waitSeconds = arguments.GetValue(wait);
            var isWatched = arguments.GetValue(watch);
            StatusReport report;
            StatusWatch reader;
            using (var line = waitSeconds > 0 || isWatched ? TerminalLine.TryOpen() : null)
            {
                reader = new StatusWatch(store, broker, selector, waitSeconds, line, TimeProvider.System, context.Logger);
                if (isWatched)
                {
                    Require(line is not null, "--watch needs a terminal; use --wait instead.");
                    await reader.WatchAsync(cancellationToken);
                }

                report = await reader.ReadAsync(cancellationToken);
            }

            var isAll = arguments.GetValue(json) || arguments.GetValue(all);
            var rows = selector.IsSingle && report.Books.Count == 1
                ? reader.RowsOf(report.Books[0].ImportId, isAll ? null : StatusOutput.MaxLines, cancellationToken)
                : null;
            var books = report.Books.Where(book => isListed(report.StatusOf(book))).ToList();
            // With --json, standard output is for programs.
            if (arguments.GetValue(json))
            {
                await StatusOutput.WriteJsonAsync(StandardStreams.OpenOutput(), books, report.Lengths, rows, cancellationToken);
            }
            else
            {
                await PrintAsync(books, report.Lengths, rows, isAll, context.Logger);
            }

            PrintNotes(report, selector, store, broker, context.Queue, arguments.GetValue(json));
            return report.IsComplete ? ExitCodes.Done : ExitCodes.Incomplete;
        });
        return command;
    }

    private static void Require(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new UsageException(otherwise);
        }
    }

    private static Func<ImportStatus, bool> StateFilter(string? state) => state switch
    {
        null => _ => true,
        Incomplete => status => status is not (ImportStatus.Complete or ImportStatus.Undone),
        _ when States.Contains(state, StringComparer.Ordinal) => status => status.ToKeyword() == state,
        _ => throw new UsageException($"--state is \"{state}\"; expected {string.Join(", ", States)}."),
    };

    private static async Task PrintAsync(
        List<ImportBooks> books, QueueLengths? lengths, ImportRows? rows, bool isAll, ILogger logger)
    {
        var listed = isAll ? books : books[..Math.Min(books.Count, StatusOutput.MaxLines)];
        if (listed.Count > 0)
        {
            StatusOutput.WriteTable(listed, lengths);
        }

        if (listed.Count < books.Count)
        {
            var rest = books[listed.Count..];
            var incomplete = rest.Count(book => !book.Complete);
            Terminal.WriteLine(
                $"… and {Quantity.Of(rest.Count, "more import")}{(incomplete > 0 ? $", {incomplete} of them not complete" : "")}; --all lists them.");
        }

        if (rows is null || listed.Count == 0)
        {
            return;
        }

        try
        {
            await StatusOutput.WriteRowsAsync(books[0], rows, isAll ? null : StatusOutput.MaxLines);
        }
        catch (StoreUnavailableException e)
        {
            // The books are what was asked for first, and they are printed.
            logger.NoDetails(FailureReason.Of(e));
        }
    }

    private static void PrintNotes(
        StatusReport report, ImportSelector selector, IStore store, IBroker broker, string queue, bool isJson)
    {
        Action<string> write = isJson ? text => Console.Error.WriteLine(DisplayText.OneLine(text)) : Terminal.WriteLine;
        if (report.Books.Count == 0)
        {
            write(selector.IsSingle ? StatusOutput.NoSuchImport(store, selector)
                : selector.IsAll ? "The database contains no imports yet."
                : $"{store.DisplayAddress} contains no such import; `consumer status` lists all imports.");
        }

        if (report.Lengths is not { } lengths)
        {
            write($"The broker at {broker.DisplayAddress} could not be asked how many messages wait in queue {queue}.");
            return;
        }

        if (isJson && lengths is { Messages: 0, DeadLetters: 0 })
        {
            return;
        }

        write($"Queue {queue} at {broker.DisplayAddress}: {Messages(lengths.Messages)} waiting, {Messages(lengths.DeadLetters)} dead-lettered.");
        if (lengths is { Messages: > 0, Consumers: 0 })
        {
            write("No consumer is running; start one to store the messages that wait.");
        }
        else if (lengths.Messages > 0 && !report.Books.Any(book => !book.Complete))
        {
            write("The messages that wait are not stored yet; start a consumer, or wait for it with --wait.");
        }

        if (lengths.DeadLetters > 0)
        {
            write("`consumer dead-letters list` shows why messages were dead-lettered.");
        }
    }

    private static string Messages(long count) => Quantity.Of(count, "message");

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
