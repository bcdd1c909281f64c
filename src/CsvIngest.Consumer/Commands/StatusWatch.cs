using CsvIngest.Messages;
using CsvIngest.Store;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Consumer.Commands;

/// <summary>Reads the books once, or repeatedly until they are complete or a deadline has passed.</summary>
/// <param name="store">Where the books are.</param>
/// <param name="broker">Where the dead-letter queue is.</param>
/// <param name="imports">Which imports.</param>
/// <param name="withDetails">Whether to read the rejected and duplicate lines too, if a single import is selected.</param>
/// <param name="time">The clock of the deadline, which starts now.</param>
/// <param name="logger">Receives a warning when a server is unavailable.</param>
internal sealed class StatusWatch(
    IStore store, IBroker broker, ImportSelector imports, bool withDetails, TimeProvider time, ILogger logger)
{
    /// <summary>How often the books are read while waiting; a guess at a person's patience.</summary>
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>The least time that details and dead letters get if the deadline has passed meanwhile; a guess: they take milliseconds.</summary>
    private static readonly TimeSpan GraceTime = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How often the dead letters are counted while nothing else keeps a wait from ending. 2 s, a guess: each count takes a connection.
    /// </summary>
    private static readonly TimeSpan CountInterval = TimeSpan.FromSeconds(2);

    /// <summary>How long the broker may take to count them. 15 s, as for every request to it.</summary>
    private static readonly TimeSpan CountTimeout = TimeSpan.FromSeconds(15);

    private readonly long _start = time.GetTimestamp();
    private bool _isBrokerUnavailable;

    /// <summary>The details of a single import; null if they were not requested, or could not be read any more.</summary>
    public ImportDetails? Details { get; private set; }

    /// <summary>The number of messages in the dead-letter queue; null if the broker could not be reached.</summary>
    public long? DeadLetters { get; private set; }

    /// <summary>
    /// Whether nothing is left to do. Not so without any import, because the first message may still be on its way; nor while the
    /// dead-letter queue holds a message, or may hold one.
    /// </summary>
    public bool IsComplete(IReadOnlyList<ImportBooks> books) => DeadLetters == 0 && AreComplete(books);

    /// <summary>The books, complete or as they were last read.</summary>
    /// <param name="waitSeconds">How long to wait; null or 0 to read them once, <see cref="int.MaxValue"/> to wait without limit.</param>
    /// <exception cref="StoreUnavailableException">They could not be read even once.</exception>
    public async Task<IReadOnlyList<ImportBooks>> ReadAsync(int? waitSeconds, CancellationToken cancellationToken)
    {
        TimeSpan? limit = waitSeconds is null or 0 ? null : TimeSpan.FromSeconds(waitSeconds.Value);
        var books = limit is { } wait
            ? await WaitAsync(wait, cancellationToken)
            : await imports.FindAsync(store, cancellationToken);
        if (withDetails && imports.IsSingle && books.Count == 1)
        {
            await ReadDetailsAsync(books[0].ImportId, limit, cancellationToken);
        }

        if (DeadLetters is null)
        {
            await CountDeadLettersAsync(limit, cancellationToken);
        }

        return books;
    }

    private async Task<IReadOnlyList<ImportBooks>> WaitAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        IReadOnlyList<ImportBooks>? books = null;
        StoreUnavailableException? failure = null;
        while (Left(limit) is var left && left > TimeSpan.Zero)
        {
            var pause = PollInterval;
            try
            {
                books = await WithinAsync(left, token => imports.FindAsync(store, token), cancellationToken);
                failure = null;
                if (AreComplete(books))
                {
                    await CountDeadLettersAsync(limit, cancellationToken);
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
                    logger.StatusWaits(e.Message);
                }

                failure = e;
            }

            await Task.Delay(Min(pause, Max(Left(limit), TimeSpan.Zero)), time, cancellationToken);
        }

        return books ?? throw failure!;
    }

    private async Task CountDeadLettersAsync(TimeSpan? limit, CancellationToken cancellationToken)
    {
        var timeout = limit is { } wait ? Min(Max(Left(wait), GraceTime), CountTimeout) : CountTimeout;
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
                logger.DeadLettersUnknown(e is TimeoutException ? $"Broker {broker.DisplayAddress} does not answer." : e.Message);
            }

            _isBrokerUnavailable = true;
        }
    }

    private async Task ReadDetailsAsync(Guid id, TimeSpan? limit, CancellationToken cancellationToken)
    {
        if (limit is not { } wait)
        {
            Details = await store.ReportDetailsAsync(id, cancellationToken);
            return;
        }

        try
        {
            Details = await WithinAsync(Max(Left(wait), GraceTime), token => store.ReportDetailsAsync(id, token), cancellationToken);
        }
        catch (StoreUnavailableException e)
        {
            logger.NoDetails(e.Message);
        }
    }

    private static bool AreComplete(IReadOnlyList<ImportBooks> books) => books.Count > 0 && books.All(book => book.Complete);

    private TimeSpan Left(TimeSpan limit) => limit - time.GetElapsedTime(_start);

    // Cancelling a statement on a connection that does not respond takes the driver long, and blocks whoever cancels it. So a query that
    // takes too long is abandoned, and ends with the program.
    private async Task<T> WithinAsync<T>(TimeSpan limit, Func<CancellationToken, Task<T>> query, CancellationToken cancellationToken)
    {
        try
        {
            // The longest time that a timer accepts, 49 days.
            var timeout = limit.TotalMilliseconds < uint.MaxValue - 1 ? limit : Timeout.InfiniteTimeSpan;
            return await query(CancellationToken.None).WaitAsync(timeout, time, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new StoreUnavailableException($"Database {store.DisplayAddress} does not answer.", e);
        }
    }

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
