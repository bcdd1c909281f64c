using System.Globalization;
using System.Text;
using CsvIngest.Messages;

namespace CsvIngest.Contracts;

/// <summary>What tests of the message seam have in common.</summary>
public static class BrokerTesting
{
    /// <summary>A message whose body is this text.</summary>
    public static OutgoingMessage Message(string text, string contentType = ContentTypes.Protobuf, bool isUrgent = false) =>
        new(Encoding.UTF8.GetBytes(text), contentType, isUrgent);

    /// <summary>The text of a body that <see cref="Message"/> has made.</summary>
    public static string Text(this Delivery delivery) => Encoding.UTF8.GetString(delivery.Body.Span);

    /// <inheritdoc cref="Text(Delivery)"/>
    public static string Text(this DeadLetter letter) => Encoding.UTF8.GetString(letter.Body.Span);

    /// <summary>Texts that contain their position: m0, m1, …</summary>
    public static IReadOnlyList<string> Texts(int count, string prefix = "m") =>
        [.. Enumerable.Range(0, count).Select(i => prefix + i.ToString(CultureInfo.InvariantCulture))];

    /// <summary>Publishes these in order without awaiting each, and completes when all are confirmed.</summary>
    public static Task PublishAllAsync(this IPublisher publisher, IEnumerable<string> texts) =>
        Task.WhenAll([.. texts.Select(text => publisher.PublishAsync(Message(text)))]);

    /// <summary>Waits for exactly this many deliveries, leaving them unsettled.</summary>
    public static async Task<List<Delivery>> ReceiveAsync(
        this IReceiver receiver, int count, CancellationToken cancellationToken)
    {
        var received = new List<Delivery>(count);
        while (received.Count < count)
        {
            if (receiver.TryReceive(out var delivery))
            {
                received.Add(delivery);
                continue;
            }

            await receiver.WaitAsync(cancellationToken);
        }

        return received;
    }

    /// <summary>Publishes these with a publisher of its own.</summary>
    public static async Task PublishAsync(this IBroker broker, params IEnumerable<string> texts)
    {
        await using var publisher = broker.OpenPublisher(new PublisherOptions());
        await publisher.PublishAllAsync(texts);
    }

    /// <summary>All dead letters, oldest first.</summary>
    public static async Task<IReadOnlyList<DeadLetter>> ListDeadLettersAsync(this IBroker broker, CancellationToken cancellationToken)
    {
        var letters = new List<DeadLetter>();
        await broker.ReadDeadLettersAsync(letters.Add, cancellationToken);
        return letters;
    }
}
