using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using CsvIngest.Testing;

namespace CsvIngest.ServerTests.Servers;

/// <summary>
/// This machine's own PostgreSQL as a process of the test's: own data folder, own port on 127.0.0.1, nothing of it is written
/// without fsync. PostgreSQL does not run as root, so for root it runs as the user postgres that its package made.
/// </summary>
internal sealed class PrivatePostgres : PostgresInstance
{
    private const string DebianFolder = "/usr/lib/postgresql";

    private static readonly string[] AsUserPostgres =
        ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"];

    private readonly string _programs = FindPrograms();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("csvingest-postgres-");
    private readonly ConcurrentQueue<string> _log = new();
    private readonly string[] _settings;
    private readonly PrivatePostgres? _primary;
    private readonly int _port = ServerPorts.Take();
    private Process? _process;

    /// <param name="settings">Server settings, such as <c>max_connections=20</c>.</param>
    /// <param name="primary">The running server whose standby it is from its first start on; null for a server of its own.</param>
    public PrivatePostgres(string[] settings, PrivatePostgres? primary = null)
    {
        _settings = settings;
        _primary = primary;
        AppDomain.CurrentDomain.ProcessExit += OnExit;
    }

    /// <summary>Whether this machine has a PostgreSQL server.</summary>
    public static bool IsInstalled => ProgramsFolder() is not null;

    public override string Endpoint => $"127.0.0.1:{_port.ToString(CultureInfo.InvariantCulture)}";

    private string DataFolder => Path.Combine(_folder.FullName, "data");

    public override async Task StopAsync()
    {
        if (_process is not null)
        {
            await RunAsync("kill", "-INT", _process.Id.ToString(CultureInfo.InvariantCulture));
            await EndAsync();
        }
    }

    public override Task KillAsync()
    {
        // Its children too, at once: they would hold on to the shared memory, and the next start would wait for them.
        _process?.Kill(entireProcessTree: true);
        return EndAsync();
    }

    protected override async Task LaunchAsync(CancellationToken cancellationToken)
    {
        if (!Directory.Exists(DataFolder))
        {
            await InitialiseAsync(cancellationToken);
        }

        string[] own =
        [
            $"port={_port.ToString(CultureInfo.InvariantCulture)}", "listen_addresses=127.0.0.1",
            $"unix_socket_directories={_folder.FullName}",
        ];
        _process = Process.Start(Command(
            Path.Combine(_programs, "postgres"), ["-D", DataFolder, .. own.Concat(_settings).SelectMany(setting => (string[])["-c", setting])]))!;
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    protected override string? HasFailed() => _process is { HasExited: true }
        ? $"it ended with code {_process.ExitCode}.\n{string.Join('\n', _log.TakeLast(30))}"
        : null;

    protected override async Task RemoveAsync()
    {
        AppDomain.CurrentDomain.ProcessExit -= OnExit;
        await KillAsync();
        _folder.Delete(recursive: true);
    }

    private static string FindPrograms() => ProgramsFolder()
        ?? throw new InvalidOperationException(
            "These tests need a PostgreSQL server and there is none: run `make test`, which installs it, install the package "
            + "postgresql yourself, or name a server with CSVINGEST_TEST_DATABASE=postgres://user:password@host/database.");

    private static string? ProgramsFolder()
    {
        var installed = Directory.Exists(DebianFolder)
            ? Directory.GetDirectories(DebianFolder).OrderByDescending(VersionOf).Select(folder => Path.Combine(folder, "bin"))
            : [];
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        return installed.Concat(folders).FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")));

        static double VersionOf(string folder) =>
            double.TryParse(Path.GetFileName(folder), NumberStyles.Float, CultureInfo.InvariantCulture, out var version) ? version : 0;
    }

    private static ProcessStartInfo Command(string program, params IEnumerable<string> arguments)
    {
        string[] all = Environment.UserName == "root" ? [.. AsUserPostgres, program, .. arguments] : [program, .. arguments];
        return new ProcessStartInfo(all[0], all[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = "/",
        };
    }

    private async Task InitialiseAsync(CancellationToken cancellationToken)
    {
        var passwordFile = Path.Combine(_folder.FullName, "password");
        await File.WriteAllTextAsync(passwordFile, Password, cancellationToken);
        if (Environment.UserName == "root")
        {
            using var chown = Process.Start("chown", ["-R", "postgres:", _folder.FullName]);
            await chown.WaitForExitAsync(cancellationToken);
        }

        if (_primary is not null)
        {
            await RunAsync(
                Path.Combine(_programs, "pg_basebackup"),
                "-d", $"postgresql://postgres:{Uri.EscapeDataString(Password)}@{_primary.Endpoint}/", "-D", DataFolder, "-R", "-c", "fast", "--no-sync");
            return;
        }

        // Without a sync of the new data folder: only the machine could crash before the first checkpoint writes it.
        await RunAsync(
            Path.Combine(_programs, "initdb"),
            "-D", DataFolder, "-U", "postgres", "-A", "scram-sha-256", $"--pwfile={passwordFile}", "-E", "UTF8", "--locale=C", "--no-sync");
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is { } text)
        {
            _log.Enqueue(text);
        }
    }

    private async Task EndAsync()
    {
        if (_process is null)
        {
            return;
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    private void OnExit(object? sender, EventArgs e) => _process?.Kill(entireProcessTree: true);

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(Command(program, arguments))!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException(
                $"{program} {string.Join(' ', arguments)} ended with code {process.ExitCode}: {await output}{await errors}");
        }
    }
}
