using System.Runtime.InteropServices;

namespace CsvIngest.Importing.Rows;

/// <summary>
/// The keys of the rows that were accepted, exactly: a set of 96-bit digests, which takes 15 to 19 bytes a row. Two of a billion keys
/// have the same digest with a probability below 10⁻¹¹.
/// </summary>
/// <remarks>
/// An ordered hash table with linear probing (Amble and Knuth, 1974), between 64 and 80 % full once it has grown a few times. The place
/// of a digest is proportional to its value, so the whole table is in order, and becomes larger where it stands: it needs no memory for
/// two tables at a time and leaves nothing to the garbage collector.
/// </remarks>
internal sealed class SeenKeys
{
    /// <summary>65,536 places of 12 bytes: 768 KiB to begin with, a guess.</summary>
    private const int SegmentBits = 16;

    private const int SegmentPlaces = 1 << SegmentBits;

    /// <summary>
    /// Places behind the last one that a digest belongs to, for the digests that found theirs taken. The probability that they are used up
    /// is below 10⁻⁴⁰: with four fifths of the places taken, a run of N taken ones has a probability of about 0.977ᴺ.
    /// </summary>
    private const int OverflowPlaces = 4096;

    private readonly SipHash _hash = SipHash.WithRandomKey();
    private Digest[][] _segments = [new Digest[SegmentPlaces]];
    private int _count;

    /// <summary>How many places there are, those for the overflow included.</summary>
    private int Places => _segments.Length * SegmentPlaces;

    /// <summary>Adds a key; false if it was added before.</summary>
    /// <exception cref="UnusableFileException">The set is full, with more than 1.6 billion keys.</exception>
    public bool Add(ReadOnlySpan<byte> key)
    {
        var digest = Digest.Of(_hash.Hash(key));
        var home = HomeOf(digest);
        for (var (segment, place) = (home >> SegmentBits, home & (SegmentPlaces - 1)); ; (segment, place) = (segment + 1, 0))
        {
            foreach (ref var other in _segments[segment].AsSpan(place))
            {
                if (other == digest)
                {
                    return false;
                }

                if (other.IsFree)
                {
                    other = digest;
                    _count++;
                    GrowIfFull();
                    return true;
                }

                // From the first larger digest on, each moves one place on.
                if (digest < other)
                {
                    (other, digest) = (digest, other);
                }
            }
        }
    }

    private void GrowIfFull()
    {
        if (_count > (Places - OverflowPlaces) / 5L * 4)
        {
            Grow();
        }
    }

    /// <summary>The first place that a digest can have.</summary>
    private int HomeOf(Digest digest) => (int)Math.BigMul(digest.Low, (ulong)(Places - OverflowPlaces), out _);

    private ref Digest At(int place) => ref _segments[place >> SegmentBits][place & (SegmentPlaces - 1)];

    /// <summary>Adds a quarter of the places.</summary>
    private void Grow()
    {
        var old = Places;
        var segments = _segments.Length + Math.Max(1, _segments.Length / 4);
        if (segments > int.MaxValue / SegmentPlaces)
        {
            throw new UnusableFileException(
                "The file has too many rows to keep their keys in memory.", null, new Remedy(ImportOption.NoDedupe));
        }

        Array.Resize(ref _segments, segments);
        for (var i = old / SegmentPlaces; i < segments; i++)
        {
            _segments[i] = new Digest[SegmentPlaces];
        }

        Spread(Gather(old));
    }

    /// <summary>Moves the digests to the end, in order.</summary>
    /// <returns>The place of the first one.</returns>
    private int Gather(int old)
    {
        var to = Places;
        for (var from = old - 1; from >= 0; from--)
        {
            if (!At(from).IsFree)
            {
                At(--to) = At(from);
            }
        }

        return to;
    }

    /// <summary>Moves each digest from the end to its place, which is not behind the one that it has.</summary>
    private void Spread(int first)
    {
        var next = 0;
        for (var from = first; from < Places; from++)
        {
            var digest = At(from);
            for (var home = HomeOf(digest); next < home; next++)
            {
                At(next) = default;
            }

            At(next++) = digest;
        }

        for (; next < Places; next++)
        {
            At(next) = default;
        }
    }

    /// <summary>The part of a hash that is kept, without the padding that it would have in an array.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = sizeof(uint))]
    private readonly record struct Digest(ulong Low, uint High)
    {
        /// <summary>Whether this is what a free place holds.</summary>
        public bool IsFree => High == 0;

        public static bool operator <(Digest left, Digest right) => left.Low < right.Low || (left.Low == right.Low && left.High < right.High);

        public static bool operator >(Digest left, Digest right) => right < left;

        // What a free place holds becomes another digest.
        public static Digest Of(KeyHash hash) => new(hash.Low, Math.Max(1, (uint)hash.High));
    }
}
