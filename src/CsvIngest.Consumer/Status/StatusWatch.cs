using System.Runtime.CompilerServices;
using CsvIngest.Hosting.Display;
using CsvIngest.Messages;
using CsvIngest.Store;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Consumer.Status;

/// <summary>Reads the books once, or repeatedly until they are complete or a deadline has passed.</summary>
/// <param name="store">Where the books are.</param>
/// <param name="broker">Where the queue and its dead-letter queue are.</param>
/// <param name="imports">Which imports.</param>
/// <param name="waitSeconds">How long to wait; null or 0 to read the books once, <see cref="int.MaxValue"/> to wait without limit.</param>
/// <param name="progress">Shows how far the imports are while waiting; null to show nothing.</param>
/// <param name="time">The clock of the deadline, which starts now.</param>
/// <param name="logger">Receives a warning when a server is unavailable.</param>
internal sealed class StatusWatch(
    IStore store, IBroker broker, ImportSelector imports, int? waitSeconds, TerminalLine? progress, TimeProvider time, ILogger logger)
{
    /// <summary>How often the books are read while waiting; a guess at a person's patience.</summary>
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>The least time that the first row and the counting of messages get if the deadline has passed meanwhile; a guess: they take milliseconds.</summary>
    private static readonly TimeSpan GraceTime = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How often the messages are counted while nothing else keeps a wait from ending, or to be shown. 2 s, a guess: each count takes a
    /// connection.
    /// </summary>
    private static readonly TimeSpan CountInterval = TimeSpan.FromSeconds(2);

    /// <summary>How long the broker may take to count them. 15 s, as for every request to it.</summary>
    private static readonly TimeSpan CountTimeout = TimeSpan.FromSeconds(15);

    private readonly long _start = time.GetTimestamp();
    private readonly TimeSpan? _limit = waitSeconds is null or 0 ? null : TimeSpan.FromSeconds(waitSeconds.Value);
    private readonly StatusProgress _described = new(time);
    private QueueLengths? _lengths;
    private long? _countedAt;
    private bool _isBrokerUnavailable;

    /// <summary>The books and the messages at the broker: when everything is complete, or as they were last read.</summary>
    /// <exception cref="StoreUnavailableException">The books could not be read even once.</exception>
    public Task<StatusReport> ReadAsync(CancellationToken cancellationToken) =>
        _limit is { } wait ? WaitAsync(wait, cancellationToken) : ReadOnceAsync(cancellationToken);

    /// <summary>Shows how far the imports are until it is cancelled.</summary>
    /// <exception cref="StoreUnavailableException">The books could not be read even once.</exception>
    public async Task WatchAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await ReadOnceAsync(cancellationToken);
            await Task.Delay(PollInterval, time, cancellationToken);
        }
    }

    /// <summary>The rows of an import that were not inserted. Each read may take as long as is left until the deadline.</summary>
    /// <param name="id">The import.</param>
    /// <param name="limit">How many of each kind at most; null for all.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public ImportRows RowsOf(Guid id, int? limit, CancellationToken cancellationToken) => new(
        WithinAsync(store.ReadRejectionsAsync(id, afterLine: 0, limit, cancellationToken), cancellationToken),
        WithinAsync(store.ReadDuplicateLinesAsync(id, afterLine: 0, limit, cancellationToken), cancellationToken));

    // The messages first: those that wait now and are stored before the books are read are in these.
    private async Task<StatusReport> ReadOnceAsync(CancellationToken cancellationToken)
    {
        if (IsCountDue)
        {
            await CountAsync(cancellationToken);
        }

        return Report(await imports.FindAsync(store, cancellationToken));
    }

    private async Task<StatusReport> WaitAsync(TimeSpan limit, CancellationToken cancellationToken)
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
                var isStored = StatusReport.AreComplete(books);
                if (isStored || (progress is not null && IsCountDue))
                {
                    await CountAsync(cancellationToken);
                }

                if (Report(books).IsComplete)
                {
                    // Once more, for imports that were known to nobody but the messages just counted.
                    books = await WithinAsync(Max(Left(limit), GraceTime), () => imports.FindAsync(store, CancellationToken.None), cancellationToken);
                    if (Report(books) is { IsComplete: true } report)
                    {
                        return report;
                    }
                }

                pause = isStored ? CountInterval : PollInterval;
            }
            catch (StoreUnavailableException e)
            {
                // An unavailable database is not yet complete. Logged once per outage, and not for a query that the end of the wait has cut short.
                if (failure is null && e.InnerException is not TimeoutException)
                {
                    logger.StatusWaits(FailureReason.Of(e));
                }

                failure = e;
            }

            await Task.Delay(Min(pause, Max(Left(limit), TimeSpan.Zero)), time, cancellationToken);
        }

        if (books is null)
        {
            throw failure!;
        }

        await CountAsync(cancellationToken);
        return Report(books);
    }

    private StatusReport Report(IReadOnlyList<ImportBooks> books)
    {
        progress?.Show(_described.Describe(books, _lengths));
        return new StatusReport(books, _lengths, imports.IsSingle);
    }

    private bool IsCountDue => _countedAt is not { } at || time.GetElapsedTime(at) >= CountInterval;

    private async Task CountAsync(CancellationToken cancellationToken)
    {
        var timeout = _limit is { } wait ? Min(Max(Left(wait), GraceTime), CountTimeout) : CountTimeout;
        try
        {
            _lengths = await broker.CountAsync(cancellationToken).WaitAsync(timeout, time, cancellationToken);
            _isBrokerUnavailable = false;
        }
        catch (Exception e) when (e is BrokerUnavailableException or DeniedException or TimeoutException)
        {
            _lengths = null;
            if (!_isBrokerUnavailable)
            {
                logger.MessagesUnknown(e is TimeoutException ? $"Broker {broker.DisplayAddress} does not answer." : FailureReason.Of(e));
            }

            _isBrokerUnavailable = true;
        }

        _countedAt = time.GetTimestamp();
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
