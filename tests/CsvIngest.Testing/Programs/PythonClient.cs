namespace CsvIngest.Testing;

/// <summary>The programs in clients/python, for <see cref="Programs"/>. Each runs with the interpreter that it names itself.</summary>
public static class PythonClient
{
    /// <summary>The interpreter that the programs name.</summary>
    public const string Interpreter = "/usr/bin/python3";

    /// <summary>The folder of the programs.</summary>
    public static string FolderPath { get; } = Repository.PathOf("clients", "python");

    /// <summary>The producer.</summary>
    public static string Producer { get; } = Path.Combine(FolderPath, "producer.py");

    /// <summary>The consumer.</summary>
    public static string Consumer { get; } = Path.Combine(FolderPath, "consumer.py");

    /// <summary>Keeps Python from writing compiled files into the repository.</summary>
    public static IReadOnlyDictionary<string, string> Environment { get; } =
        new Dictionary<string, string>(StringComparer.Ordinal) { ["PYTHONDONTWRITEBYTECODE"] = "1" };

    /// <summary>Runs one of the programs to its end.</summary>
    /// <param name="program"><see cref="Producer"/> or <see cref="Consumer"/>.</param>
    /// <param name="arguments">Passed on unchanged.</param>
    /// <param name="folder">The folder it runs in.</param>
    public static Task<ProgramResult> RunAsync(string program, IReadOnlyList<string> arguments, WorkFolder folder) =>
        Programs.RunAsync(program, arguments, folder, environment: Environment);

    /// <summary>Starts one of the programs.</summary>
    /// <inheritdoc cref="RunAsync"/>
    /// <param name="program"><inheritdoc cref="RunAsync"/></param>
    /// <param name="arguments"><inheritdoc cref="RunAsync"/></param>
    /// <param name="folder"><inheritdoc cref="RunAsync"/></param>
    public static RunningProgram Start(string program, IReadOnlyList<string> arguments, WorkFolder folder) =>
        Programs.Start(program, arguments, folder, Environment);
}
