namespace CsvIngest;

/// <summary>Waits for servers that are not there yet.</summary>
public static class Retry
{
    /// <summary>
    /// Runs a step again while the broker or the database cannot be reached, for at most <paramref name="timeout"/>; then
    /// throws what the last attempt threw. A refusal is thrown at once.
    /// </summary>
    /// <param name="step">One attempt.</param>
    /// <param name="timeout">After this long no new attempt begins.</param>
    /// <param name="waiting">Is told what failed, once, when the waiting begins.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public static async Task WhileUnavailableAsync(
        Func<Task> step, TimeSpan timeout, Action<Exception> waiting, CancellationToken cancellationToken)
    {
        var backoff = new Backoff();
        var until = DateTimeOffset.UtcNow + timeout;
        for (var first = true; ; first = false)
        {
            try
            {
                await step();
                return;
            }
            catch (Exception e) when (e is BrokerUnavailableException or StoreUnavailableException && DateTimeOffset.UtcNow < until)
            {
                if (first)
                {
                    waiting(e);
                }

                await Task.Delay(backoff.Next(), cancellationToken);
            }
        }
    }
}
