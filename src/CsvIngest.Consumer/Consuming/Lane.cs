using CsvIngest.Messages;
using CsvIngest.Store;
using CsvIngest.Telemetry;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Consumer.Consuming;

/// <summary>
/// The life of a delivery between the receiver and the store: gathered into a batch while the batch before it is applied, applied, and
/// settled once, after the commit. A lane has a receiver of its own, so its acks never mix with another's.
/// </summary>
internal sealed class Lane(
    IReceiver receiver,
    BatchWriter writer,
    QueueInstruments instruments,
    MessageDecoder decoder,
    ConsumerOptions options,
    Totals totals,
    TotalsLog? totalsLog,
    ILogger<Lane> logger)
{
    // Kept from batch to batch: a wait that the end of a transaction has overtaken is still a wait for the next delivery.
    private Task? _waiting;
    private volatile bool _idle = true;

    /// <summary>Whether every delivery that was received is settled.</summary>
    public bool IsIdle => _idle;

    /// <summary>Runs until it is stopped; then finishes the batch at which it is.</summary>
    /// <param name="stop">Stops receiving.</param>
    /// <param name="abort">Ends settling too; what is not settled is delivered again.</param>
    public async Task RunAsync(CancellationToken stop, CancellationToken abort)
    {
        var applying = Task.CompletedTask;
        while (!stop.IsCancellationRequested)
        {
            var batch = await GatherAsync(applying, stop);
            await applying;
            applying = ApplyAsync(batch, abort);
        }

        await applying;
    }

    private async Task<Batch> GatherAsync(Task applying, CancellationToken stop)
    {
        var batch = new Batch();
        while (!IsFull(batch) && !stop.IsCancellationRequested)
        {
            if (receiver.TryReceive(out var delivery))
            {
                _idle = false;
                batch.Add(delivery);
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
        batch.Deliveries.Count >= options.Prefetch / 2 || batch.ByteCount >= options.BytesPerTransaction;

    /// <summary>Waits for a delivery, for the other task or for the stop; returns whether there is a delivery.</summary>
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

    private async Task ApplyAsync(Batch batch, CancellationToken abort)
    {
        if (batch.Deliveries.Count == 0)
        {
            return;
        }

        using var processing = instruments.BeginProcessing(batch.Deliveries);
        var entries = batch.Decode(decoder);
        List<ImportPart> parts = [.. entries.Select(entry => entry.Part).OfType<ImportPart>()];
        if (parts.Count == 0)
        {
            await SettleAsync(entries, [], processing, abort);
        }
        else if (await writer.ApplyAsync(parts) is { } outcomes)
        {
            await SettleAsync(entries, outcomes, processing, abort);
            logger.BatchApplied(parts.Count, parts.Sum(part => part.RowCount));
            if (totalsLog is not null)
            {
                await totalsLog.WriteAsync(outcomes);
            }

            // Not if applying or settling has failed: something may still use the rows then.
            parts.ForEach(decoder.Release);
        }
    }

    /// <summary>The one place where deliveries are settled: each once, after the commit, the acks of a batch together.</summary>
    /// <param name="outcomes">What became of the parts of the entries, in their order.</param>
    private async Task SettleAsync(
        List<BatchEntry> entries, IReadOnlyList<PartOutcome> outcomes, QueueInstruments.Processing processing, CancellationToken abort)
    {
        var done = new List<Delivery>(outcomes.Count);
        var next = 0;
        foreach (var (delivery, part, unacceptable) in entries)
        {
            var deadLetter = unacceptable;
            if (deadLetter is null)
            {
                var outcome = outcomes[next++];
                totals.Add(delivery, outcome);
                Instruments.CountRows(part!, outcome);
                deadLetter = outcome.Kind switch
                {
                    PartOutcomeKind.Conflict => Outcome.DeadLetter(DeadLetterReasons.SliceConflict, outcome.Detail),
                    PartOutcomeKind.Undone => Outcome.DeadLetter(DeadLetterReasons.UndoneImport, outcome.Detail),
                    _ => null,
                };
            }

            if (deadLetter is null)
            {
                done.Add(delivery);
                continue;
            }

            logger.DeadLettered(deadLetter.Reason, deadLetter.Detail);
            totals.AddDeadLetter();
            processing.Fail(deadLetter.Reason, messages: 1);
            await receiver.SettleAsync([delivery], deadLetter, abort);
        }

        await receiver.SettleAsync(done, Outcome.Ack, abort);
        processing.Complete();
    }
}
