using CsvIngest.Messages;

namespace CsvIngest.Sqlite;

/// <summary>One arrival of a message.</summary>
/// <param name="id">The id of the message.</param>
/// <param name="lease">The lease under which it was taken: it can be settled only while that lasts.</param>
internal sealed class SqliteDelivery(long id, string lease, ReadOnlyMemory<byte> body, string? contentType, long attempts)
    : Delivery(body, contentType, attempts)
{
    public long Id { get; } = id;

    public string Lease { get; } = lease;
}
