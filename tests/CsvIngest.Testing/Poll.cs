using Shouldly;

namespace CsvIngest.Testing;

/// <summary>Waits for a state that nothing signals.</summary>
public static class Poll
{
    /// <summary>
    /// 20 ms: short beside the faults that are timed with it, and a query each time costs the two cores little. A guess.
    /// </summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    /// <summary>The longest wait for anything that will happen, several restarts of a server on a busy machine included.</summary>
    public static TimeSpan Timeout { get; } = TimeSpan.FromMinutes(2);

    /// <summary>Waits until a condition holds.</summary>
    /// <param name="condition">Is evaluated until it returns true. What it throws ends the wait.</param>
    /// <param name="describe">What to show when <see cref="Timeout"/> has passed.</param>
    /// <param name="interval">The time between two evaluations. Defaults to 20 ms.</param>
    public static async Task UntilAsync(Func<Task<bool>> condition, Func<string>? describe = null, TimeSpan? interval = null)
    {
        using var timeout = new CancellationTokenSource(Timeout);
        while (!await condition())
        {
            timeout.IsCancellationRequested.ShouldBeFalse(
                $"the condition was not met within {Timeout.TotalSeconds} s\n{describe?.Invoke()}");
            await Task.Delay(interval ?? Interval, CancellationToken.None);
        }
    }

    /// <inheritdoc cref="UntilAsync(Func{Task{bool}}, Func{string}, TimeSpan?)"/>
    public static Task UntilAsync(Func<bool> condition, Func<string>? describe = null) =>
        UntilAsync(() => Task.FromResult(condition()), describe);
}
