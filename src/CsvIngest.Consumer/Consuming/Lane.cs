using CsvIngest.Messages;
using CsvIngest.Store;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Consumer.Consuming;

/// <summary>
/// One stream of deliveries into the store: gathers a batch while the one before is being applied, and settles each delivery
/// once, after the commit. A lane has a receiver of its own, so its acks never mix with another's.
/// </summary>
internal sealed class Lane(
    IReceiver receiver, BatchWriter applier, MessageDecoder decoder, ConsumerOptions options, Totals totals, ILogger<Lane> logger)
{
    // Kept across rounds: a wait that was overtaken by the end of a transaction goes on.
    private Task? _waiting;
    private volatile bool _idle = true;

    /// <summary>Whether nothing is in hand: no delivery taken that is not settled.</summary>
    public bool IsIdle => _idle;

    /// <summary>Runs until told to stop; then finishes what is in hand.</summary>
    /// <param name="stop">Stop receiving.</param>
    /// <param name="abort">Abort the work in hand too; its deliveries come again.</param>
    public async Task RunAsync(CancellationToken stop, CancellationToken abort)
    {
        var applying = Task.CompletedTask;
        while (!stop.IsCancellationRequested)
        {
            var batch = await GatherAsync(applying, stop, abort);
            await applying;
            applying = ApplyAsync(batch, stop, abort);
        }

        await applying;
    }

    private async Task<Batch> GatherAsync(Task applying, CancellationToken stop, CancellationToken abort)
    {
        var batch = new Batch();
        while (!IsFull(batch) && !stop.IsCancellationRequested)
        {
            if (receiver.TryReceive(out var delivery))
            {
                _idle = false;
                await TakeAsync(delivery, batch, abort);
            }
            else if (!applying.IsCompleted)
            {
                await WaitAsync(applying, stop);
            }
            else if (batch.Deliveries.Count == 0)
            {
                _idle = true;
                await applying;
                await WaitAsync(null, stop);
            }
            else if (!await WaitAsync(Task.Delay(options.Linger, CancellationToken.None), stop))
            {
                break;
            }
        }

        return batch;
    }

    // Half of the prefetch, so that the other half can be gathered while this one is applied.
    private bool IsFull(Batch batch) =>
        batch.RowCount >= options.RowsPerTransaction || batch.Deliveries.Count >= options.Prefetch / 2;

    /// <summary>Waits for a delivery, for the other task or for the stop; says whether a delivery is there.</summary>
    private async Task<bool> WaitAsync(Task? other, CancellationToken stop)
    {
        _waiting ??= receiver.WaitAsync(stop);
        if (other is not null)
        {
            await Task.WhenAny(_waiting, other);
            if (!_waiting.IsCompleted)
            {
                return false;
            }
        }

        try
        {
            var waiting = _waiting;
            await waiting;
            _waiting = null;
            return true;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task TakeAsync(Delivery delivery, Batch batch, CancellationToken abort)
    {
        try
        {
            batch.Add(delivery, decoder.Decode(delivery.Body, delivery.ContentType));
        }
        catch (UnacceptableMessageException e)
        {
            await DeadLetterAsync(delivery, e.Reason, e.Message, abort);
        }
    }

    private async Task ApplyAsync(Batch batch, CancellationToken stop, CancellationToken abort)
    {
        if (batch.Deliveries.Count == 0)
        {
            return;
        }

        var outcomes = await applier.ApplyAsync(batch.Parts, stop, abort);
        if (outcomes is null)
        {
            return;
        }

        var done = new List<Delivery>(outcomes.Count);
        for (var i = 0; i < outcomes.Count; i++)
        {
            totals.Add(batch.Deliveries[i], outcomes[i]);
            if (outcomes[i].Kind == PartOutcomeKind.Conflict)
            {
                await DeadLetterAsync(batch.Deliveries[i], DeadLetterReasons.SliceConflict, outcomes[i].Detail, abort);
            }
            else
            {
                done.Add(batch.Deliveries[i]);
            }
        }

        await receiver.SettleAsync(done, Outcome.Ack, abort);
        logger.BatchApplied(batch.Deliveries.Count, batch.RowCount);
    }

    private async Task DeadLetterAsync(Delivery delivery, string reason, string detail, CancellationToken abort)
    {
        logger.DeadLettered(reason, detail);
        totals.AddDeadLetter();
        await receiver.SettleAsync([delivery], Outcome.DeadLetter(reason, detail), abort);
    }
}
