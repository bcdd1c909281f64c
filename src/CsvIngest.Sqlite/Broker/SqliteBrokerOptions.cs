namespace CsvIngest.Sqlite;

/// <summary>How messages in an SQLite file are handed out.</summary>
public sealed record SqliteBrokerOptions
{
    /// <summary>
    /// How long the deliveries of a receiver that has died (or is suspended) remain its own. A running receiver renews its lease when a
    /// third of this has passed. Lowering it makes messages available sooner after a crash; if it is too low, a receiver on a busy machine
    /// loses its deliveries to others. Defaults to 10 s, a guess: what a person who starts a consumer after a crash will wait for.
    /// </summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How often a message is delivered again, without being settled, before it is dead-lettered. Defaults to
    /// <see cref="Messages.DeliveryLimit.Default"/>.
    /// </summary>
    public int DeliveryLimit { get; init; } = Messages.DeliveryLimit.Default;
}
