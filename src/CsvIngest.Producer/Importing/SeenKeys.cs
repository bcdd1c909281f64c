using System.Security.Cryptography;

namespace CsvIngest.Producer.Importing;

/// <summary>
/// The keys of the rows that were sent, exactly: a set of 128-bit digests (the first half of SHA-256), about 30 to 60 bytes a
/// row. Two of a thousand million keys meet by accident with a probability below 10⁻²⁰.
/// </summary>
internal sealed class SeenKeys
{
    private readonly HashSet<UInt128> _digests = [];

    /// <summary>Adds a key. False when it was there.</summary>
    public bool Add(ReadOnlySpan<byte> key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(key, hash);
        return _digests.Add(new UInt128(BitConverter.ToUInt64(hash), BitConverter.ToUInt64(hash[8..])));
    }
}
