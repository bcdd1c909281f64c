using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace CsvIngest.Testing;

/// <summary>A program that was started by <see cref="Programs"/>. Disposing of it kills it if it still runs.</summary>
public sealed class RunningProgram : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _commandLine;
    private readonly long _startedAt = Stopwatch.GetTimestamp();
    private readonly CapturedText _output = new();
    private readonly CapturedText _error = new();
    private readonly Task _ended;

    internal RunningProgram(ProcessStartInfo startInfo, string commandLine, ReadOnlyMemory<byte> input)
    {
        _commandLine = commandLine;
        _process = Process.Start(startInfo)!;
        _ended = Task.WhenAll(
            _output.ReadFromAsync(_process.StandardOutput),
            _error.ReadFromAsync(_process.StandardError),
            WriteInputAsync(input),
            _process.WaitForExitAsync());
    }

    /// <summary>The process id.</summary>
    public int Id => _process.Id;

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>Waits for a line on standard error; see <see cref="WaitForOutputLine"/>.</summary>
    public Task<string> WaitForErrorLine(string fragment, TimeSpan? timeout = null) =>
        WaitForLineAsync(_error, "standard error", fragment, timeout);

    /// <summary>
    /// Waits for a line on standard output that holds the fragment, beginning after the line that the last such call found.
    /// </summary>
    /// <param name="fragment">Case counts.</param>
    /// <param name="timeout">Defaults to <see cref="Programs.DefaultTimeout"/>.</param>
    /// <returns>The whole line.</returns>
    /// <exception cref="TimeoutException">No such line came, or the program ended without it; the message holds everything it printed.</exception>
    public Task<string> WaitForOutputLine(string fragment, TimeSpan? timeout = null) =>
        WaitForLineAsync(_output, "standard output", fragment, timeout);

    /// <summary>Waits for the program to end by itself. Asserts that it wrote no stack trace, unless it was to be verbose.</summary>
    /// <param name="timeout">Defaults to <see cref="Programs.DefaultTimeout"/>.</param>
    /// <exception cref="TimeoutException">It did not end in time and was killed; the message holds everything it printed.</exception>
    public async Task<ProgramResult> WaitForExitAsync(TimeSpan? timeout = null)
    {
        var limit = timeout ?? Programs.DefaultTimeout;
        try
        {
            await _ended.WaitAsync(limit);
        }
        catch (TimeoutException late)
        {
            await EndAsync();
            throw new TimeoutException($"Did not end within {limit.TotalSeconds} s and was killed.\n{Result()}", late);
        }

        return Result().ShouldHaveNoStackTrace();
    }

    /// <summary>Sends a signal, unless the program has ended.</summary>
    public void SendSignal(Signal signal)
    {
        if (!_process.HasExited && kill(_process.Id, NumberOf(signal)) != 0 && !_process.HasExited)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"Could not send {signal} to {_commandLine}");
        }
    }

    /// <summary>
    /// Sends <see cref="Signal.Kill"/> and waits until the process is gone. Asserts the same as <see cref="WaitForExitAsync"/>.
    /// </summary>
    public async Task<ProgramResult> KillAsync() => (await EndAsync()).ShouldHaveNoStackTrace();

    /// <summary>Everything so far, to be read when a test has failed.</summary>
    public override string ToString() =>
        HasExited ? Result().ToString() : $"$ {_commandLine} (running)\n--- standard output\n{_output}\n--- standard error\n{_error}\n---";

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        _process.Dispose();
    }

    private static int NumberOf(Signal signal)
    {
        var linux = OperatingSystem.IsLinux();
        return signal switch
        {
            Signal.HangUp => 1,
            Signal.Interrupt => 2,
            Signal.Quit => 3,
            Signal.Kill => 9,
            Signal.Terminate => 15,
            Signal.Stop => linux ? 19 : 17,
            Signal.Continue => linux ? 18 : 19,
            _ => throw new ArgumentOutOfRangeException(nameof(signal)),
        };
    }

    // The system call, not the command of that name: a test stops a program at a certain moment, and a process starts too late.
    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int processId, int signal);

    private async Task<ProgramResult> EndAsync()
    {
        SendSignal(Signal.Kill);
        // Its own children would hold the streams open, but our programs have none.
        await _ended.WaitAsync(Programs.DefaultTimeout);
        return Result();
    }

    private async Task WriteInputAsync(ReadOnlyMemory<byte> input)
    {
        try
        {
            await _process.StandardInput.BaseStream.WriteAsync(input);
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The program ended without reading all of it.
        }
    }

    private async Task<string> WaitForLineAsync(CapturedText text, string stream, string fragment, TimeSpan? timeout)
    {
        var limit = timeout ?? Programs.DefaultTimeout;
        using var timer = new CancellationTokenSource(limit);
        try
        {
            return await text.WaitForLineAsync(fragment, timer.Token)
                ?? throw new TimeoutException($"Ended without a line on {stream} that holds \"{fragment}\".\n{this}");
        }
        catch (OperationCanceledException late) when (timer.IsCancellationRequested)
        {
            throw new TimeoutException(
                $"No line on {stream} held \"{fragment}\" within {limit.TotalSeconds} s.\n{this}", late);
        }
    }

    private ProgramResult Result() =>
        new(_commandLine, _process.ExitCode, _output.ToString(), _error.ToString(), Stopwatch.GetElapsedTime(_startedAt));
}
