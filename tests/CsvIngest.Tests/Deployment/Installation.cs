using System.Text.RegularExpressions;
using CsvIngest.Testing;

namespace CsvIngest.Tests.Deployment;

/// <summary>
/// A machine that docs/deployment.md was followed on, in a folder of its own: the paths that the files in deploy/ contain exist below
/// it, and the settings select SQLite files.
/// </summary>
internal sealed partial class Installation : IDisposable
{
    private const string State = "var/lib/csvingest";

    public Installation()
    {
        Programs.LinkInto(Folder["opt/csvingest"]);
        foreach (var folder in new[] { "in", "done", "failed", "rejects", "state", "uploads" })
        {
            Directory.CreateDirectory(Folder[$"{State}/{folder}"]);
        }

        Directory.CreateDirectory(Folder["etc/csvingest"]);
        Folder.Write("etc/csvingest/broker", $"sqlite:{Folder[$"{State}/queue.db"]}\n");
        Folder.Write("etc/csvingest/database", $"sqlite:{Folder[$"{State}/tables.db"]}\n");
        Folder.Write("etc/csvingest/web-token", new string('t', 32) + "\n");
    }

    /// <summary>The folder that takes the place of the root.</summary>
    public WorkFolder Folder { get; } = new();

    /// <summary>A text of deploy/ whose paths are those of this installation.</summary>
    public string Relocate(string text) => Path().Replace(text, path => Folder[path.Value.TrimStart('/')]);

    /// <summary>Copies a sample into the folder of arriving files.</summary>
    public void Receive(string sample) => File.Copy(Repository.PathOf("samples", sample), Folder[$"{State}/in/{sample}"]);

    /// <summary>The names of the files, hidden ones left out, in a folder such as <c>done</c>.</summary>
    public IEnumerable<string> NamesIn(string folder) =>
        Directory.EnumerateFiles(Folder[$"{State}/{folder}"]).Select(file => System.IO.Path.GetFileName(file))
            .Where(name => !name.StartsWith('.'))
            .Order(StringComparer.Ordinal);

    /// <summary>Runs one of the programs with the settings of this installation.</summary>
    public Task<ProgramResult> RunAsync(string program, params string[] arguments) =>
        Programs.RunAsync(program, arguments, Folder, environment: new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["CSVINGEST_BROKER_FILE"] = Folder["etc/csvingest/broker"],
            ["CSVINGEST_DATABASE_FILE"] = Folder["etc/csvingest/database"],
        });

    /// <inheritdoc/>
    public void Dispose() => Folder.Dispose();

    [GeneratedRegex("/(opt|etc|var/lib)/csvingest", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Path();
}
