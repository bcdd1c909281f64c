namespace CsvIngest.Sqlite;

/// <summary>How messages in an SQLite file are handed out.</summary>
public sealed record SqliteBrokerOptions
{
    /// <summary>
    /// How long the deliveries of a receiver that has died (or been stopped) stay with it. A living one renews at a third of
    /// this. Lowering it brings messages back sooner after a crash; too low, a busy machine takes them from the living.
    /// Defaults to 10 s, a guess: what a person who starts a consumer after a crash will wait for.
    /// </summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How often a message is delivered again, without being settled, before it is dead-lettered. Defaults to 20, as on
    /// RabbitMQ.
    /// </summary>
    public int DeliveryLimit { get; init; } = 20;
}
