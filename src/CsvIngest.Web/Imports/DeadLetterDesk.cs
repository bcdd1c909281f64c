using CsvIngest.Messages;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Web.Imports;

/// <summary>
/// Reads, replays and purges dead letters, one request at a time: whoever reads them holds all of them for a moment, and the broker counts
/// each look. So they are read when somebody asks for them, and not by a page that refreshes itself.
/// </summary>
internal sealed class DeadLetterDesk(IBroker broker, TimeProvider time, ILogger<DeadLetterDesk> logger) : IDisposable
{
    /// <summary>The most letters that are listed; a guess at what somebody reads. All of them are counted.</summary>
    public const int MaxListed = 1000;

    /// <summary>How long a list is good for, so that nobody makes the broker deliver all letters many times a second. 2 s, a guess.</summary>
    private static readonly TimeSpan Validity = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _turn = new(1);
    private DeadLetterList? _list;

    /// <summary>The letters that are in the dead-letter queue, oldest first, as they were a moment ago.</summary>
    /// <exception cref="BrokerUnavailableException">The broker is unavailable.</exception>
    public async Task<DeadLetterList> ListAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_list is null || time.GetUtcNow() - _list.ReadAt >= Validity)
            {
                var letters = new List<DeadLetterSummary>();
                var counts = new Dictionary<Guid, int>();
                var count = 0;
                await broker.ReadDeadLettersAsync(
                    letter =>
                    {
                        count++;
                        var summary = DeadLetterSummary.Of(letter);
                        if (summary.Import is { } import)
                        {
                            counts[import] = counts.GetValueOrDefault(import) + 1;
                        }

                        if (letters.Count < MaxListed)
                        {
                            letters.Add(summary);
                        }
                    },
                    cancellationToken);
                _list = new DeadLetterList(time.GetUtcNow(), count, letters, counts);
            }

            return _list;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Publishes letters to the queue again.</summary>
    /// <param name="import">Only those of this import; null for all.</param>
    /// <param name="remote">Who asks for it, for the log.</param>
    /// <param name="cancellationToken">Ends it; a letter may then be in both queues, which is harmless.</param>
    /// <returns>How many were replayed.</returns>
    public Task<int> ReplayAsync(Guid? import, string? remote, CancellationToken cancellationToken) =>
        ChangeAsync("Replay", () => broker.ReplayDeadLettersAsync(Chosen(import), cancellationToken), remote, cancellationToken);

    /// <summary>Deletes letters for good, oldest first.</summary>
    /// <param name="import">Only those of this import; null for all.</param>
    /// <param name="count">How many somebody has agreed to: letters that arrived since stay.</param>
    /// <param name="remote">Who asks for it, for the log.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>How many were deleted.</returns>
    public Task<int> PurgeAsync(Guid? import, int count, string? remote, CancellationToken cancellationToken) =>
        ChangeAsync("Purge", () => broker.PurgeDeadLettersAsync(Chosen(import), count, cancellationToken), remote, cancellationToken);

    public void Dispose() => _turn.Dispose();

    private static Func<DeadLetter, bool> Chosen(Guid? import) =>
        import is null ? _ => true : letter => DeadLetterSummary.Of(letter).Import == import;

    private async Task<int> ChangeAsync(string action, Func<Task<int>> change, string? remote, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var count = await change();
            logger.DeadLettersChanged(action, count, remote);
            _list = null;
            return count;
        }
        finally
        {
            _turn.Release();
        }
    }
}

/// <summary>The dead letters at a moment.</summary>
/// <param name="ReadAt">When they were read, UTC.</param>
/// <param name="Count">How many there are.</param>
/// <param name="Letters">The first of them.</param>
/// <param name="Imports">How many there are of each import.</param>
public sealed record DeadLetterList(
    DateTimeOffset ReadAt, int Count, IReadOnlyList<DeadLetterSummary> Letters, IReadOnlyDictionary<Guid, int> Imports)
{
    /// <summary>How many there are of an import; all if that is null.</summary>
    public int CountOf(Guid? import) => import is { } id ? Imports.GetValueOrDefault(id) : Count;
}
