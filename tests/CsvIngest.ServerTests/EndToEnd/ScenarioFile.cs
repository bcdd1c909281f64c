using CsvIngest.Testing;
using Shouldly;

namespace CsvIngest.ServerTests.EndToEnd;

/// <summary>
/// A file that a scenario imports: what is in it, what stands beside it, and how its last producer ended. The verdict wants that
/// one to have completed the import.
/// </summary>
public sealed class ScenarioFile
{
    private readonly FaultScenario _trial;
    private readonly HashSet<Guid> _abandoned = [];
    private RunningProgram? _started;

    internal ScenarioFile(FaultScenario scenario, GeneratedFile oracle, string path)
    {
        _trial = scenario;
        Oracle = oracle;
        Path = path;
    }

    public GeneratedFile Oracle { get; }

    public string Path { get; }

    public string Name => System.IO.Path.GetFileName(Path);

    /// <summary>Where the producer keeps its state.</summary>
    public string StateFile => _trial.Folder[$".{Name}.csvingest"];

    /// <summary>Where the producer says what it refused, and why.</summary>
    public string ErrorsFile => _trial.Folder[Name[..Name.IndexOf(".csv", StringComparison.Ordinal)] + ".errors.csv"];

    /// <summary>How the last producer that was waited for ended; null before that.</summary>
    public ProgramResult? Last { get; private set; }

    /// <summary>The import that the last producer tells of.</summary>
    public Guid Import => ImportOf(Last.ShouldNotBeNull($"{Name} was never imported"));

    /// <summary>Imports of it that nobody will complete.</summary>
    public IReadOnlySet<Guid> Abandoned => _abandoned;

    /// <summary>The import that a summary tells of.</summary>
    public static Guid ImportOf(ProgramResult producer) => producer.Json().GetProperty("import").GetGuid();

    /// <summary>Starts the producer on it. Without <see cref="WaitForExitAsync"/>, how it ends does not count.</summary>
    public RunningProgram StartProducer(params string[] flags) =>
        _started = Programs.Start("producer", ["--file", Path, "--json", .. _trial.ProducerFlags, .. flags], _trial.Folder);

    /// <summary>Waits for the producer that was started last.</summary>
    public async Task<ProgramResult> WaitForExitAsync(TimeSpan? timeout = null) =>
        Last = await _started.ShouldNotBeNull("no producer was started").WaitForExitAsync(timeout);

    /// <summary>Runs the producer on it to its end.</summary>
    public async Task<ProgramResult> ProduceAsync(params string[] flags) =>
        Last = await _trial.ProduceAsync(_trial.Folder, Path, flags);

    /// <summary>Has the verdict take an import as it is: its books must balance, and it need not be complete.</summary>
    /// <returns>The import.</returns>
    public Guid Abandon(ProgramResult producer)
    {
        var import = ImportOf(producer);
        _abandoned.Add(import);
        return import;
    }
}
