using System.Diagnostics;
using System.Diagnostics.Metrics;
using CsvIngest.Messages;

namespace CsvIngest.Telemetry;

/// <summary>The spans and metrics of publishing to a queue and of processing what comes from it.</summary>
/// <param name="system">See <see cref="IBroker.System"/>.</param>
/// <param name="queue">The queue's name.</param>
public sealed class QueueInstruments(string system, string queue)
{
    private const string Publish = "publish";
    private const string Process = "process";

    private static readonly Counter<long> Sent = Instruments.Meter.CreateCounter<long>(
        "messaging.client.sent.messages", "{message}", "Messages that the broker has confirmed, or that could not be published");

    private static readonly Counter<long> Consumed = Instruments.Meter.CreateCounter<long>(
        "messaging.client.consumed.messages", "{message}", "Messages that were processed, each delivery of a message counted");

    // The boundaries are those that the conventions advise.
    private static readonly Histogram<double> Duration = Instruments.Meter.CreateHistogram(
        "messaging.process.duration", "s", "Time from the beginning of a transaction to the acknowledgement of its messages", tags: null,
        new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] });

    /// <summary>The queue's name.</summary>
    public string Queue => queue;

    /// <summary>Has a publisher send the context of a span with each message, and counts the messages.</summary>
    public IPublisher Follow(IPublisher publisher) => new FollowedPublisher(publisher, this);

    /// <summary>Begins to process deliveries together. Complete the result when they are settled, and dispose it.</summary>
    public Processing BeginProcessing(IReadOnlyCollection<Delivery> deliveries) => new(this, deliveries);

    private Activity? Start(ActivityKind kind, string operation, string type, ActivityContext parent, IReadOnlyList<ActivityLink> links) =>
        Instruments.Source.StartActivity(kind, parent, links: links, name: $"{operation} {queue}")
            ?.SetTag(Tags.System, system).SetTag(Tags.Destination, queue).SetTag(Tags.OperationName, operation).SetTag(Tags.OperationType, type);

    private TagList MetricTags(string operation, string? error)
    {
        var tags = new TagList { { Tags.System, system }, { Tags.Destination, queue }, { Tags.OperationName, operation } };
        if (error is not null)
        {
            tags.Add(Tags.ErrorType, error);
        }

        return tags;
    }

    /// <summary>The processing of some deliveries: a span that is linked to each message, their number, and the time it took.</summary>
    public sealed class Processing : IDisposable
    {
        private readonly QueueInstruments _queue;
        private readonly Activity? _span;
        private readonly int _messages;
        private readonly long _started = Stopwatch.GetTimestamp();
        private int _failed;
        private string? _error;
        private bool _isComplete;

        internal Processing(QueueInstruments queue, IReadOnlyCollection<Delivery> deliveries)
        {
            (_queue, _messages) = (queue, deliveries.Count);
            if (!Instruments.Source.HasListeners())
            {
                return;
            }

            List<ActivityLink> links = [.. deliveries.Select(delivery => TraceParent.Parse(delivery.TraceParent)).OfType<ActivityContext>().Select(context => new ActivityLink(context))];
            // Messages of one trace, which is what an import is, are processed in that trace. Those of several have only the links in common.
            var parent = links.Count > 0 && links.TrueForAll(link => link.Context.TraceId == links[0].Context.TraceId) ? links[0].Context : default;
            _span = queue.Start(ActivityKind.Consumer, Process, Process, parent, links)?.SetTag(Tags.BatchCount, _messages);
        }

        /// <summary>Some of the messages cannot be processed.</summary>
        /// <param name="reason">A stable code.</param>
        /// <param name="messages">How many.</param>
        public void Fail(string reason, int messages)
        {
            _failed += messages;
            _error = reason;
            Consumed.Add(messages, _queue.MetricTags(Process, reason));
            _span.Fail(reason);
        }

        /// <summary>The others are processed and settled.</summary>
        public void Complete()
        {
            _isComplete = true;
            if (_messages > _failed)
            {
                Consumed.Add(_messages - _failed, _queue.MetricTags(Process, error: null));
            }
        }

        /// <summary>Ends the processing. Unless it is complete, the messages return to the queue.</summary>
        public void Dispose()
        {
            if (!_isComplete)
            {
                Fail("abandoned", _messages - _failed);
            }

            Duration.Record(Stopwatch.GetElapsedTime(_started).TotalSeconds, _queue.MetricTags(Process, _error));
            _span?.Dispose();
        }
    }

    private sealed class FollowedPublisher(IPublisher publisher, QueueInstruments queue) : IPublisher
    {
        public BrokerCondition Condition => publisher.Condition;

        public Task PublishAsync(OutgoingMessage message) =>
            Instruments.Source.HasListeners() || Sent.Enabled ? PublishAndFollowAsync(message) : publisher.PublishAsync(message);

        public ValueTask DisposeAsync() => publisher.DisposeAsync();

        private async Task PublishAndFollowAsync(OutgoingMessage message)
        {
            using var span = queue.Start(ActivityKind.Producer, Publish, "send", parent: default, links: []);
            string? error = null;
            try
            {
                await publisher.PublishAsync(message with { TraceParent = span?.Id });
            }
            catch (Exception failure)
            {
                error = failure.GetType().Name;
                span.Fail(error);
                throw;
            }
            finally
            {
                Sent.Add(1, queue.MetricTags(Publish, error));
            }
        }
    }
}
