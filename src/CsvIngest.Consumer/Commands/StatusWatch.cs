using System.Runtime.CompilerServices;
using CsvIngest.Messages;
using CsvIngest.Store;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Consumer.Commands;

/// <summary>Reads the books once, or repeatedly until they are complete or a deadline has passed.</summary>
/// <param name="store">Where the books are.</param>
/// <param name="broker">Where the dead-letter queue is.</param>
/// <param name="imports">Which imports.</param>
/// <param name="waitSeconds">How long to wait; null or 0 to read the books once, <see cref="int.MaxValue"/> to wait without limit.</param>
/// <param name="time">The clock of the deadline, which starts now.</param>
/// <param name="logger">Receives a warning when a server is unavailable.</param>
internal sealed class StatusWatch(
    IStore store, IBroker broker, ImportSelector imports, int? waitSeconds, TimeProvider time, ILogger logger)
{
    /// <summary>How often the books are read while waiting; a guess at a person's patience.</summary>
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>The least time that the first row and the dead letters get if the deadline has passed meanwhile; a guess: they take milliseconds.</summary>
    private static readonly TimeSpan GraceTime = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How often the dead letters are counted while nothing else keeps a wait from ending. 2 s, a guess: each count takes a connection.
    /// </summary>
    private static readonly TimeSpan CountInterval = TimeSpan.FromSeconds(2);

    /// <summary>How long the broker may take to count them. 15 s, as for every request to it.</summary>
    private static readonly TimeSpan CountTimeout = TimeSpan.FromSeconds(15);

    private readonly long _start = time.GetTimestamp();
    private readonly TimeSpan? _limit = waitSeconds is null or 0 ? null : TimeSpan.FromSeconds(waitSeconds.Value);
    private bool _isBrokerUnavailable;

    /// <summary>The number of messages in the dead-letter queue; null if the broker could not be reached.</summary>
    public long? DeadLetters { get; private set; }

    /// <summary>
    /// Whether nothing is left to do. Not so without any import, because the first message may still be on its way; nor while the
    /// dead-letter queue holds a message, or may hold one.
    /// </summary>
    public bool IsComplete(IReadOnlyList<ImportBooks> books) => DeadLetters == 0 && AreComplete(books);

    /// <summary>The books, complete or as they were last read.</summary>
    /// <exception cref="StoreUnavailableException">They could not be read even once.</exception>
    public async Task<IReadOnlyList<ImportBooks>> ReadAsync(CancellationToken cancellationToken)
    {
        var books = _limit is { } wait
            ? await WaitAsync(wait, cancellationToken)
            : await imports.FindAsync(store, cancellationToken);
        if (DeadLetters is null)
        {
            await CountDeadLettersAsync(cancellationToken);
        }

        return books;
    }

    /// <summary>The rows of an import that were not inserted. Each read may take as long as is left until the deadline.</summary>
    /// <param name="id">The import.</param>
    /// <param name="limit">How many of each kind at most; null for all.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public ImportRows RowsOf(Guid id, int? limit, CancellationToken cancellationToken) => new(
        WithinAsync(store.ReadRejectionsAsync(id, limit, cancellationToken), cancellationToken),
        WithinAsync(store.ReadDuplicateLinesAsync(id, limit, cancellationToken), cancellationToken));

    private async Task<IReadOnlyList<ImportBooks>> WaitAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        IReadOnlyList<ImportBooks>? books = null;
        StoreUnavailableException? failure = null;
        while (Left(limit) is var left && left > TimeSpan.Zero)
        {
            var pause = PollInterval;
            try
            {
                books = await WithinAsync(left, () => imports.FindAsync(store, CancellationToken.None), cancellationToken);
                failure = null;
                if (AreComplete(books))
                {
                    await CountDeadLettersAsync(cancellationToken);
                    if (DeadLetters == 0)
                    {
                        return books;
                    }

                    pause = CountInterval;
                }
            }
            catch (StoreUnavailableException e)
            {
                // An unavailable database is not yet complete. Logged once per outage.
                if (failure is null && Left(limit) > TimeSpan.Zero)
                {
                    logger.StatusWaits(FailureReason.Of(e));
                }

                failure = e;
            }

            await Task.Delay(Min(pause, Max(Left(limit), TimeSpan.Zero)), time, cancellationToken);
        }

        return books ?? throw failure!;
    }

    private async Task CountDeadLettersAsync(CancellationToken cancellationToken)
    {
        var timeout = _limit is { } wait ? Min(Max(Left(wait), GraceTime), CountTimeout) : CountTimeout;
        try
        {
            DeadLetters = (await broker.CountAsync(cancellationToken).WaitAsync(timeout, time, cancellationToken)).DeadLetters;
            _isBrokerUnavailable = false;
        }
        catch (Exception e) when (e is BrokerUnavailableException or DeniedException or TimeoutException)
        {
            DeadLetters = null;
            if (!_isBrokerUnavailable)
            {
                logger.DeadLettersUnknown(e is TimeoutException ? $"Broker {broker.DisplayAddress} does not answer." : FailureReason.Of(e));
            }

            _isBrokerUnavailable = true;
        }
    }

    private async IAsyncEnumerable<T> WithinAsync<T>(
        IAsyncEnumerable<T> rows, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reading = rows.GetAsyncEnumerator(cancellationToken);
        var isAbandoned = false;
        try
        {
            while (true)
            {
                try
                {
                    if (!await NextAsync())
                    {
                        break;
                    }
                }
                catch (StoreUnavailableException)
                {
                    isAbandoned = true;
                    throw;
                }

                yield return reading.Current;
            }
        }
        finally
        {
            // What is abandoned ends with the program.
            if (!isAbandoned)
            {
                await reading.DisposeAsync();
            }
        }

        Task<bool> NextAsync()
        {
            var next = reading.MoveNextAsync().AsTask();
            return _limit is { } wait ? WithinAsync(Max(Left(wait), GraceTime), () => next, cancellationToken) : next;
        }
    }

    private static bool AreComplete(IReadOnlyList<ImportBooks> books) => books.Count > 0 && books.All(book => book.Complete);

    private TimeSpan Left(TimeSpan limit) => limit - time.GetElapsedTime(_start);

    // Cancelling a statement on a connection that does not respond takes the driver long, and blocks whoever cancels it. So a query that
    // takes too long is abandoned, and ends with the program.
    private async Task<T> WithinAsync<T>(TimeSpan limit, Func<Task<T>> query, CancellationToken cancellationToken)
    {
        try
        {
            // The longest time that a timer accepts, 49 days.
            var timeout = limit.TotalMilliseconds < uint.MaxValue - 1 ? limit : Timeout.InfiniteTimeSpan;
            return await query().WaitAsync(timeout, time, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new StoreUnavailableException($"Database {store.DisplayAddress} does not answer.", e);
        }
    }

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
