namespace CsvIngest.Messages;

/// <summary>How often a message may be delivered before it is dead-lettered, on every broker.</summary>
public static class DeliveryLimit
{
    /// <summary>
    /// 20, the default of RabbitMQ from 4.0 on: each death of a consumer spends one of these for every message that it holds, and a
    /// message that kills its consumers must not do so for ever.
    /// </summary>
    public const int Default = 20;
}
