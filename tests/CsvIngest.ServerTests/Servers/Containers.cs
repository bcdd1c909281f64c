using System.Diagnostics;
using CsvIngest.Testing;

namespace CsvIngest.ServerTests.Servers;

/// <summary>
/// Whether the tests' servers run in containers: where <c>eng/containers.sh</c> finds a Docker engine that has or gets the images.
/// It is asked once a run.
/// </summary>
internal static class Containers
{
    private static readonly Lazy<bool> Usable = new(Find);

    public static bool AreUsed => Usable.Value;

    private static bool Find()
    {
        using var script = Process.Start(new ProcessStartInfo(Repository.PathOf("eng", "containers.sh"))
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        var settings = script.StandardOutput.ReadToEnd();
        script.WaitForExit();
        if (script.ExitCode != 0)
        {
            return false;
        }

        // Testcontainers reads its environment when it is first used, which is after this.
        foreach (var setting in settings.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = (setting[..setting.IndexOf('=')], setting[(setting.IndexOf('=') + 1)..]);
            Environment.SetEnvironmentVariable(name, value);
        }

        return true;
    }
}
