using System.CommandLine;
using CsvIngest.Consumer.Datasets;
using CsvIngest.Consumer.Display;
using CsvIngest.Hosting;
using CsvIngest.Resilience;
using CsvIngest.Store;

namespace CsvIngest.Consumer.Commands;

/// <summary><c>consumer migrate</c>: creates what the database lacks.</summary>
internal static class MigrateCommand
{
    /// <summary>How long to wait for a database that is unavailable; a guess at how long one takes to start.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    public static Command Create(Application application)
    {
        var addColumns = new Option<bool>("--add-columns")
        {
            Description = "Add the columns that tables of datasets lack, without values in existing rows",
        };
        var command = new Command("migrate", "Create missing tables: the ledger and one table per dataset") { addColumns };
        application.Handle(command, async (context, cancellationToken) =>
        {
            var datasets = context.LoadDatasets();
            await using var store = context.OpenStore();
            IReadOnlyList<MigrationStep> steps = [];
            await Retry.WhileUnavailableAsync(
                async () => steps =
                [
                    .. await store.MigrateAsync(datasets.All, cancellationToken),
                    .. context.Arguments.GetValue(addColumns) ? await store.AddColumnsAsync([.. datasets.All.Except(datasets.Unrequested)], cancellationToken) : [],
                ],
                Timeout,
                failure => context.Logger.WaitingForServer(FailureReason.Of(failure), (int)Timeout.TotalSeconds),
                cancellationToken);
            foreach (var step in steps)
            {
                Terminal.WriteLine(Describe(step));
            }

            // The consumer may need more than the tables that existed have.
            await UsableDatasets.CheckAsync(store, datasets, context.Logger, cancellationToken);
            Terminal.WriteLine($"{store.DisplayAddress}: {(steps.Count == 0 ? "nothing to migrate" : "migrated")}");
            return ExitCodes.Done;
        });
        return command;
    }

    private static string Describe(MigrationStep step) => step.Kind switch
    {
        MigrationStepKind.MigrationApplied => $"Applied migration {step.Name}.",
        MigrationStepKind.TableCreated => $"Created table {step.Name} for dataset {step.Dataset}.",
        _ => $"Added column {step.Column} to table {step.Name} for dataset {step.Dataset}.",
    };
}
