using System.Diagnostics;
using System.Text;

namespace CsvIngest.Testing;

/// <summary>
/// Runs the built programs as a user does: as processes, in a folder of their own, without settings from outside.
/// <code>
/// using var folder = new WorkFolder();
/// (await Programs.RunAsync("producer", ["--file", folder.CopyIn("samples/contacts.csv")], folder)).ShouldExitWith(0);
///
/// await using var consumer = Programs.Start("consumer", ["--broker", broker], folder);
/// await consumer.WaitForErrorLine("Receiving");
/// consumer.SendSignal(Signal.Terminate);
/// (await consumer.WaitForExitAsync()).ShouldExitWith(0);
/// </code>
/// </summary>
public static class Programs
{
    // artifacts/bin/<project>/<configuration>: the programs are beside the tests that were built with them.
    private static readonly DirectoryInfo OwnOutput = new(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));

    // `make test` has the programs of `make build` tested: those that users run, and that start faster.
    private static readonly string? Published = Environment.GetEnvironmentVariable("CSVINGEST_TEST_PROGRAMS");

    /// <summary>The default limit for a program or a line of it: 60 s, a guess, for a loaded machine.</summary>
    public static TimeSpan DefaultTimeout { get; } = TimeSpan.FromSeconds(60);

    /// <summary>The folder of a built program.</summary>
    /// <param name="name"><c>producer</c>, <c>consumer</c> or <c>web</c>.</param>
    public static string FolderOf(string name) => Published is { Length: > 0 } ? Published : BuiltFolderOf(name);

    /// <summary>The folder of a program as it was built with the tests, before it is published.</summary>
    /// <param name="name"><inheritdoc cref="FolderOf"/></param>
    public static string BuiltFolderOf(string name) =>
        Path.Combine(OwnOutput.Parent!.Parent!.FullName, $"CsvIngest.{char.ToUpperInvariant(name[0])}{name[1..]}", OwnOutput.Name);

    /// <summary>Creates a folder with links to the programs, as they are installed together.</summary>
    /// <param name="folder">The full path.</param>
    public static void LinkInto(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var program in new[] { "producer", "consumer", "web" })
        {
            File.CreateSymbolicLink(Path.Combine(folder, program), Path.Combine(FolderOf(program), program));
        }
    }

    /// <summary>Starts a program and runs it to its end.</summary>
    /// <inheritdoc cref="Start"/>
    /// <param name="name"><inheritdoc cref="Start"/></param>
    /// <param name="arguments"><inheritdoc cref="Start"/></param>
    /// <param name="folder"><inheritdoc cref="Start"/></param>
    /// <param name="timeout">Defaults to <see cref="DefaultTimeout"/>; past it, the program is killed.</param>
    /// <param name="environment"><inheritdoc cref="Start"/></param>
    /// <param name="input"><inheritdoc cref="Start"/></param>
    /// <exception cref="TimeoutException">It did not end in time; the message holds everything it printed.</exception>
    public static async Task<ProgramResult> RunAsync(
        string name,
        IReadOnlyList<string> arguments,
        WorkFolder folder,
        TimeSpan? timeout = null,
        IReadOnlyDictionary<string, string>? environment = null,
        ReadOnlyMemory<byte> input = default)
    {
        await using var program = Start(name, arguments, folder, environment, input);
        return await program.WaitForExitAsync(timeout);
    }

    /// <summary>
    /// As <see cref="RunAsync"/>, subject to the permissions of files and folders, which root may disregard. The programs still run as the
    /// user that owns what the test wrote.
    /// </summary>
    public static Task<ProgramResult> RunUnprivilegedAsync(string name, IReadOnlyList<string> arguments, WorkFolder folder) =>
        Environment.IsPrivilegedProcess
            ? RunAsync(
                "setpriv",
                ["--inh-caps", "-all", "--bounding-set", "-dac_override,-dac_read_search", "--", Path.Combine(FolderOf(name), name), .. arguments],
                folder)
            : RunAsync(name, arguments, folder);

    /// <summary>Starts a program.</summary>
    /// <param name="name"><c>producer</c>, <c>consumer</c> or <c>web</c>; anything else is a command on the path, such as <c>bash</c>.</param>
    /// <param name="arguments">Passed on unchanged, without a shell.</param>
    /// <param name="folder">The folder it runs in.</param>
    /// <param name="environment">Added to this process's environment, without its CSVINGEST_ and OTEL_ variables.</param>
    /// <param name="input">Its standard input.</param>
    public static RunningProgram Start(
        string name,
        IReadOnlyList<string> arguments,
        WorkFolder folder,
        IReadOnlyDictionary<string, string>? environment = null,
        ReadOnlyMemory<byte> input = default)
    {
        var startInfo = new ProcessStartInfo(name is "producer" or "consumer" or "web" ? Path.Combine(FolderOf(name), name) : name, arguments)
        {
            WorkingDirectory = folder.FullPath,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (var key in startInfo.Environment.Keys.Where(IsSetting).ToList())
        {
            startInfo.Environment.Remove(key);
        }

        foreach (var (key, value) in environment ?? new Dictionary<string, string>())
        {
            startInfo.Environment[key] = value;
        }

        return new RunningProgram(startInfo, $"{name} {string.Join(' ', arguments)}", input);
    }

    private static bool IsSetting(string variable) =>
        variable.StartsWith("CSVINGEST_", StringComparison.Ordinal) || variable.StartsWith("OTEL_", StringComparison.Ordinal) || variable == "TRACEPARENT";
}
