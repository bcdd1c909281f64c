using System.CommandLine;

namespace CsvIngest.Consumer.Commands;

/// <summary><c>consumer migrate</c>: creates what the database lacks.</summary>
internal static class MigrateCommand
{
    /// <summary>How long to wait for a database that cannot be reached: as long as one that was just started takes.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    public static Command Create(CommonOptions common, Func<ParseResult, Session> open)
    {
        var command = new Command("migrate", "Create the tables that are missing: the ledger and one for each dataset");
        command.SetAction(async (arguments, cancellationToken) =>
        {
            await using var session = open(arguments);
            var datasets = session.Wiring.LoadDatasets(arguments.GetValue(common.Datasets));
            await using var store = session.Wiring.OpenStore(arguments.GetValue(common.Database));
            IReadOnlyList<string> done = [];
            await Retry.WhileUnavailableAsync(
                async () => done = await store.MigrateAsync(datasets.All, cancellationToken),
                Timeout,
                failure => session.Logger.WaitingForServer(failure.Message, (int)Timeout.TotalSeconds),
                cancellationToken);
            foreach (var line in done)
            {
                Console.WriteLine(line);
            }

            Console.WriteLine($"{store.DisplayAddress}: {(done.Count == 0 ? "nothing to migrate" : "migrated")}");
            return ExitCodes.Done;
        });
        return command;
    }
}
