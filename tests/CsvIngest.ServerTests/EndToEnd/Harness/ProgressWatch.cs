using System.Data.Common;
using System.Diagnostics;
using CsvIngest.Testing;
using Npgsql;

namespace CsvIngest.ServerTests.EndToEnd.Harness;

/// <summary>Measures the longest time in which nothing was stored, from the first message that was to the last.</summary>
public sealed class ProgressWatch : IAsyncDisposable
{
    /// <summary>How precisely it measures. A guess: the stops that matter take seconds.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private readonly CancellationTokenSource _stop = new();
    private readonly FaultScenario _scenario;
    private readonly Task _watching;
    private TimeSpan _longest;

    public ProgressWatch(FaultScenario scenario)
    {
        _scenario = scenario;
        _watching = WatchAsync();
    }

    /// <summary>Ends the watch.</summary>
    /// <returns>The longest stop.</returns>
    public async Task<TimeSpan> StopAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        return _longest;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private async Task WatchAsync()
    {
        DbConnection? connection = null;
        var (stored, since) = (0L, Stopwatch.GetTimestamp());
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                connection ??= await _scenario.Environment.ConnectAsync();
                var now = await PipelineEnvironment.CountAsync(connection, "SELECT count(*) FROM import_slices");
                if (now != stored)
                {
                    var stop = Stopwatch.GetElapsedTime(since);
                    _longest = stored > 0 && stop > _longest ? stop : _longest;
                    (stored, since) = (now, Stopwatch.GetTimestamp());
                }
            }
            catch (NpgsqlException)
            {
                // The database is what is broken.
                await (connection?.DisposeAsync() ?? ValueTask.CompletedTask);
                connection = null;
            }

            await Task.Delay(Interval, CancellationToken.None);
        }

        await (connection?.DisposeAsync() ?? ValueTask.CompletedTask);
    }
}
