using System.Buffers.Binary;

namespace CsvIngest.Postgres;

/// <summary>
/// Advisory locks that keep the beginning of an undo apart from the transactions that apply parts of the same import. They are held to the
/// end of their transactions, and no row lock is held when they are taken.
/// </summary>
internal static class ImportLock
{
    /// <summary>Takes the locks in <c>$1</c>, which any number of transactions can hold.</summary>
    public const string Share = "SELECT pg_advisory_xact_lock_shared(x'43556e64'::integer, key) FROM unnest($1) AS key";

    /// <summary>Waits for the transactions that hold the lock <c>$1</c>, and keeps others from taking it.</summary>
    public const string Take = "SELECT pg_advisory_xact_lock(x'43556e64'::integer, $1)";

    // Imports share locks, because the server's memory for locks is limited, and a transaction may have parts of thousands of small ones.
    // 64 is a guess: an undo has its lock for milliseconds. The first key of the locks is "CUnd" in ASCII.
    private const int Count = 64;

    /// <summary>The lock of an import: by the last bytes of its ID, which are random.</summary>
    public static int KeyOf(Guid importId) =>
        (int)(BinaryPrimitives.ReadUInt32BigEndian(importId.ToByteArray(bigEndian: true).AsSpan(12)) % Count);

    /// <summary>The locks of several imports, in the order in which every transaction takes them.</summary>
    public static int[] KeysOf(IEnumerable<Guid> importIds) => [.. importIds.Select(KeyOf).Distinct().Order()];
}
