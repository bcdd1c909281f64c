using CsvIngest.Testing;

namespace CsvIngest.ServerTests.EndToEnd;

// What a scenario imports.
public sealed partial class FaultScenario
{
    /// <summary>
    /// For an import through any number of faults: it takes seconds, and each outage less than half a minute. A guess.
    /// </summary>
    private static readonly TimeSpan ThroughFaults = TimeSpan.FromMinutes(10);

    /// <summary>Writes a file, which the test must have imported when it asks for the verdict.</summary>
    /// <param name="rows">How many.</param>
    /// <param name="people">See <see cref="GeneratedFile.Write"/>; another for each file. Its name too.</param>
    public ScenarioFile Write(int rows, string people = "person") =>
        Take(GeneratedFile.Write(Folder[$"{people}.csv"], rows, people), $"{people}.csv");

    /// <summary>Takes a file that is in the folder in another form: a copy, or packed.</summary>
    /// <param name="oracle">What is in it.</param>
    /// <param name="name">Its own.</param>
    public ScenarioFile Take(GeneratedFile oracle, string name)
    {
        _files.Add(new ScenarioFile(this, oracle, Folder[name]));
        return _files[^1];
    }

    /// <summary>Runs an import's producer to its end, while consumers may run.</summary>
    /// <param name="rows">How many.</param>
    /// <param name="rowsPerMessage">Few make many messages, so that a fault falls in the middle.</param>
    /// <param name="people">See <see cref="GeneratedFile.Write"/>; another for each import.</param>
    public async Task<ScenarioImport> ImportAsync(int rows, int rowsPerMessage = 5, string people = "person")
    {
        var file = Write(rows, people);
        var producer = (await file.ProduceAsync("--rows-per-message", $"{rowsPerMessage}")).ShouldExitWith(0).Json();
        var import = new ScenarioImport(file.Import, file.Oracle, people, producer.GetProperty("messages").GetInt64());
        Messages += import.Messages;
        return import;
    }

    /// <summary>Runs an import's producer, and the same command again as often as it is killed, interrupted or told to try later.</summary>
    /// <param name="rows">How many.</param>
    /// <param name="rowsPerMessage">As for <see cref="ImportAsync"/>.</param>
    /// <param name="people">As for <see cref="ImportAsync"/>.</param>
    /// <param name="started">Is told of every start.</param>
    /// <param name="ended">Is told of every end.</param>
    /// <exception cref="TimeoutException">It was not through in ten minutes; says the seed.</exception>
    public async Task ImportThroughFaultsAsync(
        int rows, int rowsPerMessage, string people, Action<RunningProgram> started, Action<ProgramResult>? ended = null)
    {
        var file = Write(rows, people);
        using var deadline = new CancellationTokenSource(ThroughFaults);
        while (true)
        {
            await using var producer = file.StartProducer("--rows-per-message", $"{rowsPerMessage}");
            started(producer);
            var result = await file.WaitForExitAsync(TimeSpan.FromMinutes(5));
            ended?.Invoke(result);
            if (result.ExitCode is not (137 or 130 or 75))
            {
                result.ShouldExitWith(0);
                return;
            }

            if (deadline.IsCancellationRequested)
            {
                throw new TimeoutException(
                    $"{file.Name} was not imported within {ThroughFaults.TotalMinutes} minutes, seed {Seed}\n{result}");
            }
        }
    }
}
