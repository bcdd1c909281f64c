using Polly;
using Polly.Retry;

namespace CsvIngest.Resilience;

/// <summary>
/// Tries again what failed because a server was unavailable. Every delay between attempts, in all programs, comes from here: it doubles
/// from 100 ms up to <see cref="MaxDelay"/>, with jitter, so that programs which lost a server together do not come back together.
/// </summary>
public static class Retry
{
    /// <summary>The longest delay between two attempts. 5 s, a guess: short beside a failover, and not too long for a person who watches.</summary>
    public static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(5);

    /// <summary>A guess: the port of a restarted server is rarely back sooner.</summary>
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// A pipeline that tries again as often as it takes. It has no worst case in time: it ends when an attempt succeeds, when
    /// <paramref name="isTransient"/> says no, or when it is cancelled. Build it once; each execution starts with the first delay.
    /// </summary>
    /// <param name="isTransient">Whether to try again after this failure.</param>
    /// <param name="onFailure">Called before each delay, with the failure.</param>
    /// <param name="time">The clock of the delays.</param>
    public static ResiliencePipeline Unlimited(Func<Exception, bool> isTransient, Action<Exception> onFailure, TimeProvider time) =>
        new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = arguments => ValueTask.FromResult(arguments.Outcome.Exception is { } failure && isTransient(failure)),
                MaxRetryAttempts = int.MaxValue,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = FirstDelay,
                MaxDelay = MaxDelay,
                OnRetry = arguments =>
                {
                    onFailure(arguments.Outcome.Exception!);
                    return ValueTask.CompletedTask;
                },
            })
            .Build();

    /// <summary>
    /// Runs a step again while the broker or the database is unavailable, and throws what the last attempt threw when that lasts too
    /// long. Any other failure is thrown at once.
    /// </summary>
    /// <param name="step">One attempt.</param>
    /// <param name="timeout">
    /// After this long no failure is retried. The worst case is this, plus <see cref="MaxDelay"/>, plus one attempt.
    /// </param>
    /// <param name="waiting">Called once, with the failure, when the waiting begins.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public static Task WhileUnavailableAsync(
        Func<Task> step, TimeSpan timeout, Action<Exception> waiting, CancellationToken cancellationToken) =>
        WhileUnavailableAsync(step, timeout, waiting, TimeProvider.System, cancellationToken);

    /// <inheritdoc cref="WhileUnavailableAsync(Func{Task}, TimeSpan, Action{Exception}, CancellationToken)"/>
    public static async Task WhileUnavailableAsync(
        Func<Task> step, TimeSpan timeout, Action<Exception> waiting, TimeProvider time, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var isWaiting = false;
        var pipeline = Unlimited(
            failure => failure is BrokerUnavailableException or StoreUnavailableException && time.GetElapsedTime(started) < timeout,
            failure =>
            {
                if (!isWaiting)
                {
                    isWaiting = true;
                    waiting(failure);
                }
            },
            time);
        await pipeline.ExecuteAsync(async _ => await step(), cancellationToken);
    }
}
