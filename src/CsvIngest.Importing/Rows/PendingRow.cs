using CsvIngest.Importing.Domains;
using CsvIngest.Messages;
using CsvIngest.Values;

namespace CsvIngest.Importing.Rows;

/// <summary>A row that has been read and has no fate yet: a copy, since the reader goes on.</summary>
internal sealed class PendingRow
{
    /// <summary>What a row takes in a message beside its values or its record: numbers, names and a reason. A guess, rounded up.</summary>
    private const int OverheadBytes = 256;

    /// <summary>A tag and a length.</summary>
    private const int BytesPerValue = 6;

    public required long Line { get; init; }

    /// <summary>Why it is rejected, whatever name servers say; null if it follows the rules so far.</summary>
    public required RejectReason? Reason { get; init; }

    public required byte[] Raw { get; init; }

    public required bool IsRawTruncated { get; init; }

    /// <summary>Its values in canonical form, one after the other; empty for a rejected row.</summary>
    public required byte[] Values { get; init; }

    /// <summary>Where each value ends.</summary>
    public required int[] Ends { get; init; }

    /// <summary>The domains that its fate depends on, in the order of the columns.</summary>
    public List<(int Column, string Domain, Task<DomainVerdict> Verdict)> Domains { get; } = [];

    /// <summary>Where its slice ends; null if it is not the last row of a slice.</summary>
    public SliceEnd? SliceEnd { get; set; }

    /// <summary>About how much memory it takes.</summary>
    public int Bytes => Raw.Length + Values.Length + (sizeof(int) * Ends.Length);

    /// <summary>About how much it takes in a message, whether it is accepted or rejected: the larger of the two.</summary>
    public int MaxMessageBytes =>
        Math.Max(Values.Length + (BytesPerValue * Ends.Length), Math.Min(Raw.Length, SliceWriter.MaxRawBytes)) + OverheadBytes;

    public ReadOnlySpan<byte> Value(int column) => Values.AsSpan((column == 0 ? 0 : Ends[column - 1])..Ends[column]);
}
