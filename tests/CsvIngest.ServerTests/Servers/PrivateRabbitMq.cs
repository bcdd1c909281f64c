using System.Diagnostics;
using System.Globalization;
using CsvIngest.Testing;

namespace CsvIngest.ServerTests.Servers;

/// <summary>
/// This machine's own rabbitmq-server as a process of the test's: own data folder, own node name, own port mapper, everything
/// bound to 127.0.0.1.
/// </summary>
internal sealed class PrivateRabbitMq : RabbitMqInstance
{
    // Debian puts a wrapper on the path that insists on the user rabbitmq; this is what it wraps.
    private const string DebianFolder = "/usr/lib/rabbitmq/bin";

    private readonly string _programs = FindPrograms();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("csvingest-rabbitmq-");
    private readonly Dictionary<string, string> _environment;
    private readonly int _port;
    private readonly int _tlsPort;
    private Process? _process;

    /// <param name="configuration">Lines of <c>rabbitmq.conf</c>.</param>
    /// <param name="peers">What it shares with the other nodes of its cluster; null for a server on its own.</param>
    public PrivateRabbitMq(string[] configuration, ClusterPeers? peers = null)
    {
        (_port, _tlsPort) = (ServerPorts.Take(), ServerPorts.Take());
        _environment = Environment(_port, ServerPorts.Take(), peers?.PortMapper ?? ServerPorts.Take());
        File.WriteAllLines(In("rabbitmq.conf"), configuration);
        File.WriteAllText(In("enabled_plugins"), "[].");
        WriteCookie(In(".erlang.cookie"), peers?.Cookie ?? ClusterPeers.NewCookie());
        AppDomain.CurrentDomain.ProcessExit += OnExit;
    }

    /// <summary>Whether this machine has a rabbitmq-server.</summary>
    public static bool IsInstalled => ProgramsFolder() is not null;

    /// <summary>Its name in a cluster.</summary>
    public string NodeName => _environment["RABBITMQ_NODENAME"];

    /// <summary>Whether it was started and has not ended.</summary>
    public bool IsRunning => _process is { HasExited: false };

    public override string Address => $"amqp://guest:guest@127.0.0.1:{_port}/";

    public override string TlsEndpoint => $"localhost:{_tlsPort}";

    protected override string TlsListener => $"{{\"127.0.0.1\", {_tlsPort}}}";

    public override async Task StopAsync()
    {
        await SignalAsync("-TERM");
        await EndAsync();
    }

    public override async Task KillAsync()
    {
        KillServer();
        await EndAsync();
    }

    public override Task<string> CtlAsync(params string[] arguments) =>
        RunAsync(Path.Combine(_programs, "rabbitmqctl"), arguments);

    /// <summary>Has it join a cluster of these nodes when it starts for the first time.</summary>
    public void JoinAtStart(IEnumerable<string> nodes) => File.AppendAllLines(
        In("rabbitmq.conf"),
        nodes.Select((node, i) => $"cluster_formation.classic_config.nodes.{i + 1} = {node}")
            .Prepend("cluster_formation.peer_discovery_backend = classic_config"));

    /// <summary>Freezes it: its connections stay open, and it answers nothing until <see cref="ResumeAsync"/>.</summary>
    public Task FreezeAsync() => SignalAsync("-STOP");

    /// <summary>Ends what <see cref="FreezeAsync"/> began.</summary>
    public Task ResumeAsync() => SignalAsync("-CONT");

    /// <summary>
    /// By erl_call where Erlang has it: rabbitmqctl starts a virtual machine of its own for every call, which took 1.2 s of processor
    /// time here, erl_call 4 ms.
    /// </summary>
    public override async Task<string> EvalAsync(string expression)
    {
        if (FindOnPath("erl_call") is not { } program)
        {
            return await base.EvalAsync(expression);
        }

        var cookie = await File.ReadAllTextAsync(In(".erlang.cookie"));
        var start = StartInfo(program, "-address", $"127.0.0.1:{_environment["RABBITMQ_DIST_PORT"]}", "-c", cookie, "-e");
        start.RedirectStandardInput = true;
        // It ends with 0 whatever becomes of the expression.
        var answer = await RunAsync(start, expression + "\n");
        const string Success = "{ok, ";
        return answer.StartsWith(Success, StringComparison.Ordinal)
            ? answer.TrimEnd()[Success.Length..^1]
            : throw new InvalidOperationException($"erl_call: {expression} returned {answer}");
    }

    protected override Task LaunchAsync(CancellationToken cancellationToken)
    {
        File.Delete(In("pid"));
        var start = StartInfo(Path.Combine(_programs, "rabbitmq-server"));
        // The server writes to its log files; these two are read so that it never waits for a full pipe.
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, _) => { };
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        return Task.CompletedTask;
    }

    protected override string? HasFailed() => _process is { HasExited: true }
        ? $"it ended with code {_process.ExitCode}.\n{LogTail()}"
        : null;

    protected override async Task RemoveAsync()
    {
        AppDomain.CurrentDomain.ProcessExit -= OnExit;
        await KillAsync();
        await CleanUpAsync();
    }

    private async Task CleanUpAsync()
    {
        try
        {
            // The port mapper is a daemon that the first node starts, and that outlives it.
            await RunAsync("epmd", "-kill");
        }
        catch (InvalidOperationException)
        {
            // It was never started, or other nodes of a cluster still need it.
        }

        _folder.Delete(recursive: true);
    }

    private static string FindPrograms() => ProgramsFolder()
        ?? throw new InvalidOperationException(
            "These tests need a RabbitMQ server and there is none: run `make test`, which installs it, install the package "
            + "rabbitmq-server yourself, or name a server with CSVINGEST_TEST_BROKER=amqp://user:password@host/vhost.");

    private static string? ProgramsFolder() =>
        PathFolders().Prepend(DebianFolder).FirstOrDefault(folder => File.Exists(Path.Combine(folder, "rabbitmq-server")));

    private static string[] PathFolders() => (System.Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);

    private static string? FindOnPath(string program) =>
        PathFolders().Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    private static void WriteCookie(string path, string cookie)
    {
        File.WriteAllText(path, cookie);
        if (!OperatingSystem.IsWindows())
        {
            // Erlang rejects a cookie that others may read.
            File.SetUnixFileMode(path, UnixFileMode.UserRead);
        }
    }

    private Dictionary<string, string> Environment(int amqp, int distribution, int portMapper) => new(StringComparer.Ordinal)
    {
        ["HOME"] = _folder.FullName,
        ["RABBITMQ_NODENAME"] = $"csvingest-{amqp}@localhost",
        ["RABBITMQ_NODE_IP_ADDRESS"] = "127.0.0.1",
        ["RABBITMQ_NODE_PORT"] = amqp.ToString(CultureInfo.InvariantCulture),
        ["RABBITMQ_DIST_PORT"] = distribution.ToString(CultureInfo.InvariantCulture),
        ["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "-kernel inet_dist_use_interface {127,0,0,1}",
        ["ERL_EPMD_PORT"] = portMapper.ToString(CultureInfo.InvariantCulture),
        ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
        ["RABBITMQ_MNESIA_BASE"] = In("data"),
        ["RABBITMQ_LOG_BASE"] = In("log"),
        ["RABBITMQ_PID_FILE"] = In("pid"),
        ["RABBITMQ_ENABLED_PLUGINS_FILE"] = In("enabled_plugins"),
        ["RABBITMQ_CONFIG_FILE"] = In("rabbitmq"),
        ["RABBITMQ_CONF_ENV_FILE"] = In("none"),
    };

    private string In(string name) => Path.Combine(_folder.FullName, name);

    // The script that we start waits for the server and ends after it.
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

    private async Task SignalAsync(string signal)
    {
        if (ServerId() is { } id)
        {
            await RunAsync("kill", signal, id.ToString(CultureInfo.InvariantCulture));
        }
    }

    private int? ServerId() =>
        File.Exists(In("pid")) && int.TryParse(File.ReadAllText(In("pid")), CultureInfo.InvariantCulture, out var id) ? id : null;

    private void KillServer()
    {
        try
        {
            if (_process is not null && ServerId() is { } id)
            {
                using var server = Process.GetProcessById(id);
                server.Kill();
            }
        }
        catch (ArgumentException)
        {
            // It is not running.
        }
        finally
        {
            _process?.Kill(entireProcessTree: true);
        }
    }

    // The run was interrupted, and no test awaits anything.
    private void OnExit(object? sender, EventArgs e)
    {
        KillServer();
        CleanUpAsync().Wait(TimeSpan.FromSeconds(2));
    }

    private string LogTail()
    {
        var log = new DirectoryInfo(In("log"));
        var lines = log.Exists ? log.EnumerateFiles("*.log").SelectMany(file => File.ReadLines(file.FullName)) : [];
        return string.Join('\n', lines.TakeLast(30));
    }

    private ProcessStartInfo StartInfo(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = _folder.FullName,
        };
        foreach (var (name, value) in _environment)
        {
            start.Environment[name] = value;
        }

        return start;
    }

    private Task<string> RunAsync(string program, params string[] arguments) => RunAsync(StartInfo(program, arguments));

    private static async Task<string> RunAsync(ProcessStartInfo start, string input = "")
    {
        using var process = Process.Start(start)!;
        if (start.RedirectStandardInput)
        {
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
        }

        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? await output
            : throw new InvalidOperationException(
                $"{start.FileName} {string.Join(' ', start.ArgumentList)} ended with code {process.ExitCode}: {await output}{await errors}");
    }
}
