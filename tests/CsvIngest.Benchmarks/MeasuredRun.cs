using System.Diagnostics;
using System.Globalization;

namespace CsvIngest.Benchmarks;

/// <summary>A program that has run to its end, with what it cost.</summary>
/// <param name="Seconds">By the clock, start-up included.</param>
/// <param name="PeakBytes">The most memory it had resident (VmHWM of Linux).</param>
/// <param name="Output">What it printed.</param>
internal sealed record MeasuredRun(double Seconds, long PeakBytes, string Output)
{
    /// <summary>How often the peak is read; it only ever grows, so what is missed is what came in the last moment.</summary>
    private static readonly TimeSpan SampleInterval = TimeSpan.FromMilliseconds(25);

    /// <summary>Runs a program to its end.</summary>
    /// <exception cref="InvalidOperationException">It failed; holds what it printed.</exception>
    public static async Task<MeasuredRun> OfAsync(string program, params string[] arguments)
    {
        using var running = new RunningMeasure(program, arguments);
        return await running.EndAsync();
    }

    /// <summary>A program that is running.</summary>
    internal sealed class RunningMeasure : IDisposable
    {
        private readonly Stopwatch _clock = Stopwatch.StartNew();
        private readonly Process _process;
        private readonly Task<string> _output;
        private readonly Task<string> _error;
        private readonly string _name;
        private long _peak;

        public RunningMeasure(string program, params string[] arguments)
        {
            _name = $"{program} {string.Join(' ', arguments)}";
            _process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
            _output = _process.StandardOutput.ReadToEndAsync();
            _error = _process.StandardError.ReadToEndAsync();
        }

        public int Id => _process.Id;

        public async Task<MeasuredRun> EndAsync()
        {
            var exited = _process.WaitForExitAsync();
            do
            {
                _peak = Math.Max(_peak, ReadPeak());
            }
            while (await Task.WhenAny(exited, Task.Delay(SampleInterval)) != exited);

            var seconds = _clock.Elapsed.TotalSeconds;
            return _process.ExitCode == 0
                ? new MeasuredRun(seconds, _peak, await _output)
                : throw new InvalidOperationException($"{_name} ended with {_process.ExitCode}:\n{await _output}{await _error}");
        }

        /// <summary>Tells it to stop, in order, and waits until it has.</summary>
        public async Task<MeasuredRun> StopAsync()
        {
            using var kill = Process.Start("kill", ["-TERM", Id.ToString(CultureInfo.InvariantCulture)]);
            return await EndAsync();
        }

        public void Dispose()
        {
            if (!_process.HasExited)
            {
                _process.Kill(entireProcessTree: true);
            }

            _process.Dispose();
        }

        private long ReadPeak()
        {
            try
            {
                var line = File.ReadLines($"/proc/{Id}/status").FirstOrDefault(one => one.StartsWith("VmHWM:", StringComparison.Ordinal));
                return line is null ? 0 : long.Parse(line.AsSpan()[6..].Trim().TrimEnd(" kB"), CultureInfo.InvariantCulture) * 1024;
            }
            catch (IOException)
            {
                return 0;
            }
        }
    }
}
