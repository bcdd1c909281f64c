using System.Diagnostics;
using CsvIngest.Messages;
using CsvIngest.Store;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Consumer.Commands;

/// <summary>Reads the books once, or again and again until they are complete or a deadline has passed.</summary>
/// <param name="store">Where they are.</param>
/// <param name="broker">Where messages that could not be handled are.</param>
/// <param name="import">See <see cref="ImportSearch"/>.</param>
/// <param name="withDetails">Whether to read the single rows too, of one import that was named.</param>
internal sealed class StatusWatch(IStore store, IBroker broker, string? import, bool withDetails, ILogger logger)
{
    /// <summary>How often the books are read while waiting; a guess at a person's patience.</summary>
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>What the details get at least, when the deadline has come meanwhile; a guess: they take milliseconds.</summary>
    private static readonly TimeSpan DetailsTimeout = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How often the dead letters are counted while only they keep a wait from ending. 2 s, a guess: each time costs a connection.
    /// </summary>
    private static readonly TimeSpan CountInterval = TimeSpan.FromSeconds(2);

    /// <summary>How long the broker may take to count them. 15 s, as for any of its answers.</summary>
    private static readonly TimeSpan CountTimeout = TimeSpan.FromSeconds(15);

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private Exception? _brokerFailure;

    /// <summary>The details that were asked for; null where there are none, or where they could not be read any more.</summary>
    public ImportDetails? Details { get; private set; }

    /// <summary>How many messages the dead-letter queue held; null where the broker could not be asked.</summary>
    public long? DeadLetters { get; private set; }

    /// <summary>
    /// Whether nothing is left to do. It is not where no import is known, since the first message may still be on its way; nor where a
    /// message is in the dead-letter queue, or may be.
    /// </summary>
    public bool IsComplete(IReadOnlyList<ImportBooks> books) => DeadLetters == 0 && AreComplete(books);

    /// <summary>The books, complete or as they were last read.</summary>
    /// <param name="waitSeconds">For how long to wait; null or 0 to look once, <see cref="int.MaxValue"/> for as long as it takes.</param>
    /// <exception cref="StoreUnavailableException">They could not be read even once.</exception>
    public async Task<IReadOnlyList<ImportBooks>> ReadAsync(int? waitSeconds, CancellationToken cancellationToken)
    {
        TimeSpan? patience = waitSeconds is null or 0 ? null : TimeSpan.FromSeconds(waitSeconds.Value);
        var books = patience is { } time
            ? await WaitAsync(time, cancellationToken)
            : await ImportSearch.FindAsync(store, import, cancellationToken);
        if (withDetails && import is not null && books.Count == 1)
        {
            await ReadDetailsAsync(books[0].ImportId, patience, cancellationToken);
        }

        if (DeadLetters is null)
        {
            await CountDeadLettersAsync(patience, cancellationToken);
        }

        return books;
    }

    private async Task<IReadOnlyList<ImportBooks>> WaitAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        IReadOnlyList<ImportBooks>? books = null;
        StoreUnavailableException? failure = null;
        while (Left(patience) is var left && left > TimeSpan.Zero)
        {
            var pause = PollInterval;
            try
            {
                books = await WithinAsync(left, token => ImportSearch.FindAsync(store, import, token), cancellationToken);
                failure = null;
                if (AreComplete(books))
                {
                    await CountDeadLettersAsync(patience, cancellationToken);
                    if (DeadLetters == 0)
                    {
                        return books;
                    }

                    pause = CountInterval;
                }
            }
            catch (StoreUnavailableException e)
            {
                // Away is not yet complete. Said once an outage.
                if (failure is null && Left(patience) > TimeSpan.Zero)
                {
                    logger.StatusWaits(e.Message);
                }

                failure = e;
            }

            left = Left(patience);
            await Task.Delay(left > pause ? pause : left > TimeSpan.Zero ? left : TimeSpan.Zero, cancellationToken);
        }

        return books ?? throw failure!;
    }

    private async Task CountDeadLettersAsync(TimeSpan? patience, CancellationToken cancellationToken)
    {
        var timeout = patience is { } time
            ? TimeSpan.FromTicks(Math.Clamp(Left(time).Ticks, DetailsTimeout.Ticks, CountTimeout.Ticks))
            : CountTimeout;
        try
        {
            DeadLetters = (await broker.CountAsync(cancellationToken).WaitAsync(timeout, cancellationToken)).DeadLetters;
            _brokerFailure = null;
        }
        catch (Exception e) when (e is BrokerUnavailableException or DeniedException or TimeoutException)
        {
            DeadLetters = null;
            if (_brokerFailure is null)
            {
                logger.DeadLettersUnknown(e is TimeoutException ? $"Broker {broker.DisplayAddress} does not answer." : e.Message);
            }

            _brokerFailure = e;
        }
    }

    private async Task ReadDetailsAsync(Guid id, TimeSpan? patience, CancellationToken cancellationToken)
    {
        if (patience is not { } time)
        {
            Details = await store.ReportDetailsAsync(id, cancellationToken);
            return;
        }

        try
        {
            var left = Left(time);
            Details = await WithinAsync(
                left > DetailsTimeout ? left : DetailsTimeout, token => store.ReportDetailsAsync(id, token), cancellationToken);
        }
        catch (StoreUnavailableException e)
        {
            logger.NoDetails(e.Message);
        }
    }

    private static bool AreComplete(IReadOnlyList<ImportBooks> books) => books.Count > 0 && books.All(book => book.Complete);

    private TimeSpan Left(TimeSpan patience) => patience - _clock.Elapsed;

    // The driver takes its time to cancel a statement on a link that answers nothing, and holds up whoever cancels it. So a look
    // that takes too long is left to itself, and ends with the program.
    private async Task<T> WithinAsync<T>(TimeSpan time, Func<CancellationToken, Task<T>> look, CancellationToken cancellationToken)
    {
        try
        {
            // Timers take no more than this, which is 49 days.
            var timeout = time.TotalMilliseconds < uint.MaxValue - 1 ? time : Timeout.InfiniteTimeSpan;
            return await look(CancellationToken.None).WaitAsync(timeout, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new StoreUnavailableException($"Database {store.DisplayAddress} does not answer.", e);
        }
    }
}
