using Shouldly;

namespace CsvIngest.Testing;

/// <summary>
/// A file that a test imports: what is in it, which files the producer keeps beside it, and how its last producer ended. A
/// <see cref="Verdict"/> expects that producer to have completed the import.
/// </summary>
public sealed class TrackedFile
{
    private readonly PipelineEnvironment _environment;
    private readonly HashSet<Guid> _abandoned = [];
    private RunningProgram? _started;

    internal TrackedFile(PipelineEnvironment environment, GeneratedFile oracle, string name)
    {
        _environment = environment;
        Oracle = oracle;
        Name = name;
    }

    /// <summary>What is in the file, and the fate of its every row.</summary>
    public GeneratedFile Oracle { get; }

    public string Name { get; }

    public string Path => _environment.Folder[Name];

    /// <summary>Where the producer keeps its state.</summary>
    public string StateFile => _environment.Folder[$".{Name}.csvingest"];

    /// <summary>Where the producer writes the line, the column and the reason of each rejected row.</summary>
    public string ErrorsFile => _environment.Folder[Name[..Name.IndexOf(".csv", StringComparison.Ordinal)] + ".errors.csv"];

    /// <summary>How the last producer that was waited for ended; null before that.</summary>
    public ProgramResult? Last { get; private set; }

    /// <summary>The import of the last producer that was waited for.</summary>
    public Guid Import => ImportOf(Ended);

    /// <summary>The messages that the last producer published: the slices and the closing of the import.</summary>
    public long Messages => Ended.Json().GetProperty("messages").GetInt64();

    /// <summary>Imports of this file that will never be completed.</summary>
    public IReadOnlySet<Guid> Abandoned => _abandoned;

    private ProgramResult Ended => Last.ShouldNotBeNull($"{Name} was never imported");

    /// <summary>Starts the producer on the file. Its end counts only if <see cref="WaitForExitAsync"/> is called.</summary>
    public RunningProgram StartProducer(params string[] flags) => _started = Programs.Start(
        "producer", ["--file", Path, "--json", .. _environment.ProducerFlags, .. flags], _environment.Folder);

    /// <summary>Waits for the producer that was started last.</summary>
    public async Task<ProgramResult> WaitForExitAsync(TimeSpan? timeout = null) =>
        Last = await _started.ShouldNotBeNull("no producer was started").WaitForExitAsync(timeout);

    /// <summary>Runs the producer on the file, to its end.</summary>
    public async Task<ProgramResult> ProduceAsync(params string[] flags) => Last = await _environment.ProduceAsync(Path, flags);

    /// <summary>
    /// Has the verdict accept that the import of this producer is never completed. Its books must still balance.
    /// </summary>
    /// <returns>The import.</returns>
    public Guid Abandon(ProgramResult producer)
    {
        var import = ImportOf(producer);
        _abandoned.Add(import);
        return import;
    }

    private static Guid ImportOf(ProgramResult producer) => producer.Json().GetProperty("import").GetGuid();
}
