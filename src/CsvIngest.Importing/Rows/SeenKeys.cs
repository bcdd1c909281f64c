using System.Numerics;
using System.Runtime.InteropServices;

namespace CsvIngest.Importing.Rows;

/// <summary>
/// The keys of the rows that were accepted, exactly: a set of 96-bit digests in a hash table that is at most five eighths full, which
/// is 19 to 38 bytes a row. Two of a billion keys have the same digest with a probability below 10⁻¹¹.
/// </summary>
internal sealed class SeenKeys
{
    /// <summary>65,536 places of 12 bytes: 768 KiB to begin with, a guess.</summary>
    private const int FirstCapacity = 1 << 16;

    private readonly SipHash _hash = SipHash.WithRandomKey();
    private Digest[] _places = new Digest[FirstCapacity];
    private int _count;

    /// <summary>What a free place holds.</summary>
    private static Digest Free => default;

    /// <summary>Adds a key; false if it was added before.</summary>
    /// <exception cref="UnusableFileException">The set is full, with more than 600 million keys.</exception>
    public bool Add(ReadOnlySpan<byte> key)
    {
        var digest = Digest.Of(_hash.Hash(key));
        var place = Find(_places, digest);
        if (_places[place] == digest)
        {
            return false;
        }

        _places[place] = digest;
        _count++;
        if (_count > _places.Length / 8 * 5)
        {
            Grow();
        }

        return true;
    }

    /// <summary>The place of a digest, or the first free place from its own place on.</summary>
    /// <remarks>
    /// The highest bits of a digest decide its place, so the digests are nearly in order: a larger table is filled from beginning to end,
    /// and not all over, where the processor would wait for memory each time.
    /// </remarks>
    private static int Find(Digest[] places, Digest digest)
    {
        var mask = places.Length - 1;
        var place = (int)(digest.Low >> (64 - BitOperations.Log2((uint)places.Length)));
        while (places[place] != Free && places[place] != digest)
        {
            place = (place + 1) & mask;
        }

        return place;
    }

    private void Grow()
    {
        if (_places.Length == 1 << 30)
        {
            throw new UnusableFileException(
                "The file has too many rows to keep their keys in memory.", null, new Remedy(ImportOption.NoDedupe));
        }

        var larger = new Digest[_places.Length * 2];
        foreach (var digest in _places)
        {
            if (digest != Free)
            {
                larger[Find(larger, digest)] = digest;
            }
        }

        _places = larger;
    }

    /// <summary>The part of a hash that is kept, without the padding that it would have in an array.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = sizeof(uint))]
    private readonly record struct Digest(ulong Low, uint High)
    {
        // What a free place holds becomes another digest.
        public static Digest Of(KeyHash hash) => new(hash.Low, Math.Max(1, (uint)hash.High));
    }
}
