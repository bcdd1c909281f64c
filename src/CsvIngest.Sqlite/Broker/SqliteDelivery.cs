using CsvIngest.Messages;

namespace CsvIngest.Sqlite;

/// <summary>One arrival of a message.</summary>
/// <param name="id">The message's.</param>
/// <param name="lease">The lease under which it was taken: settling counts only while that lasts.</param>
internal sealed class SqliteDelivery(long id, string lease, ReadOnlyMemory<byte> body, string? contentType, long attempts)
    : Delivery(body, contentType, attempts)
{
    public long Id { get; } = id;

    public string Lease { get; } = lease;
}
