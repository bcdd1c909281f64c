using System.Globalization;
using CsvIngest.Messages;
using RabbitMQ.Client;

namespace CsvIngest.RabbitMq;

/// <summary>A delivery with the session that received it: a delivery tag is valid on no other channel.</summary>
internal sealed class RabbitMqDelivery : Delivery
{
    public RabbitMqDelivery(ReceiveSession session, ulong tag, IReadOnlyBasicProperties properties, byte[] body)
        : base(body, properties.ContentType, DeliveryCount(properties.Headers))
    {
        Session = session;
        Tag = tag;
        TraceParent = Headers.TraceParent(properties.Headers);
    }

    public ReceiveSession Session { get; }

    public ulong Tag { get; }

    // Absent on the first delivery. Other publishers may send anything under that name.
    private static long DeliveryCount(IDictionary<string, object?>? headers) =>
        headers is not null && headers.TryGetValue("x-delivery-count", out var count) && count is int or long
            ? Convert.ToInt64(count, CultureInfo.InvariantCulture)
            : 0;
}
