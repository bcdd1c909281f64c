using System.Buffers;
using System.Globalization;
using CsvIngest.Messages.Wire;
using CsvIngest.Values;
using Google.Protobuf;

namespace CsvIngest.Messages;

/// <summary>
/// Writes slices, directly from UTF-8 to Protocol Buffers: a row costs no object and no string. Rows, rejections and duplicates
/// are added as they are read; <see cref="Finish"/> makes the message and starts the next slice. One writer is for one import. The consumer
/// reads the messages with <see cref="MessageDecoder"/>.
/// </summary>
public sealed class SliceWriter
{
    /// <summary>
    /// How much of a rejected record goes into the message, in bytes; the rejects file holds all of it.
    /// 4,096 is a guess: enough to recognise a record that a person has written.
    /// </summary>
    public const int MaxRawBytes = Store.RawText.MaxBytes;

    private const byte VarintType = 0;
    private const byte LengthType = 2;

    private readonly ArrayBufferWriter<byte> _slice = new(64 * 1024);
    private readonly byte[] _envelope;
    private readonly byte[] _extraColumns;

    /// <param name="importId">The import.</param>
    /// <param name="dataset">The dataset's name.</param>
    /// <param name="source">The file's name, for people.</param>
    /// <param name="extraColumns">Names of the values that follow the dataset's own in every row.</param>
    public SliceWriter(Guid importId, string dataset, string source, IReadOnlyList<string> extraColumns)
    {
        _envelope = new ImportMessage { ImportId = importId.ToString("D"), Dataset = dataset, Source = source }.ToByteArray();
        _extraColumns = new Slice { ExtraColumns = { extraColumns } }.ToByteArray();
    }

    /// <summary>How many rows were added since the last <see cref="Finish"/>, rejected and duplicate ones included.</summary>
    public int RowCount { get; private set; }

    /// <summary>About how large the message would be now, in bytes.</summary>
    public int ByteCount => _slice.WrittenCount + _envelope.Length + _extraColumns.Length;

    /// <summary>Adds a valid row.</summary>
    /// <param name="line">The physical line on which it starts, 1-based.</param>
    /// <param name="values">Its values, one after the other.</param>
    /// <param name="ends">Where each value ends in <paramref name="values"/>.</param>
    public void AddRow(long line, ReadOnlySpan<byte> values, ReadOnlySpan<int> ends)
    {
        var size = 1 + VarintSize((ulong)line) + values.Length;
        var start = 0;
        foreach (var end in ends)
        {
            size += 1 + VarintSize((ulong)(end - start));
            start = end;
        }

        var target = _slice.GetSpan(size + 6);
        var position = WriteTag(target, 0, Slice.RowsFieldNumber, LengthType);
        position = WriteVarint(target, position, (ulong)size);
        position = WriteTag(target, position, Row.LineFieldNumber, VarintType);
        position = WriteVarint(target, position, (ulong)line);
        start = 0;
        foreach (var end in ends)
        {
            position = WriteTag(target, position, Row.ValuesFieldNumber, LengthType);
            position = WriteVarint(target, position, (ulong)(end - start));
            values[start..end].CopyTo(target[position..]);
            position += end - start;
            start = end;
        }

        _slice.Advance(position);
        RowCount++;
    }

    /// <summary>Adds a rejected row.</summary>
    /// <param name="line">The physical line on which it starts, 1-based.</param>
    /// <param name="reason">Why.</param>
    /// <param name="raw">The record as in the file; only its first <see cref="MaxRawBytes"/> are sent, without the line end.</param>
    public void AddRejection(long line, RejectReason reason, ReadOnlySpan<byte> raw)
    {
        var record = raw.TrimEnd("\r\n"u8);
        AddPart(Slice.RejectionsFieldNumber, new Rejection
        {
            Line = line,
            Column = reason.Column,
            Code = reason.Code,
            Reason = reason.Reason,
            Raw = ByteString.CopyFrom(record.Length <= MaxRawBytes ? record : record[..MaxRawBytes]),
        });
    }

    /// <summary>Adds a row whose key occurs earlier in the file.</summary>
    /// <param name="line">The physical line on which it starts, 1-based.</param>
    public void AddDuplicate(long line) => AddPart(Slice.DuplicatesFieldNumber, new Duplicate { Line = line });

    /// <summary>Makes the message of the rows added so far, and starts the next slice.</summary>
    /// <param name="number">The slice's number, 1-based.</param>
    /// <param name="rowsBefore">How many rows are in the slices before it.</param>
    public byte[] Finish(int number, long rowsBefore)
    {
        var numbers = new Slice { Number = number, RowsBefore = rowsBefore };
        var numbersSize = numbers.CalculateSize();
        var sliceSize = numbersSize + _extraColumns.Length + _slice.WrittenCount;
        var message = new byte[_envelope.Length + 1 + VarintSize((ulong)sliceSize) + sliceSize];

        _envelope.CopyTo(message, 0);
        var position = WriteTag(message, _envelope.Length, ImportMessage.SliceFieldNumber, LengthType);
        position = WriteVarint(message, position, (ulong)sliceSize);
        numbers.WriteTo(message.AsSpan(position, numbersSize));
        position += numbersSize;
        _extraColumns.CopyTo(message, position);
        position += _extraColumns.Length;
        _slice.WrittenSpan.CopyTo(message.AsSpan(position));

        _slice.ResetWrittenCount();
        RowCount = 0;
        return message;
    }

    /// <summary>Makes the opening message.</summary>
    public byte[] Open(Store.ImportOrigin origin)
    {
        var opening = new Opening
        {
            Bytes = origin.Bytes ?? 0,
            StartedAt = origin.StartedAt?.UtcDateTime.ToString("O", CultureInfo.InvariantCulture) ?? "",
            Host = origin.Host ?? "",
            User = origin.User ?? "",
            ContentSha256 = origin.ContentHash ?? "",
        };
        return [.. _envelope, .. new ImportMessage { Opening = opening }.ToByteArray()];
    }

    /// <summary>Makes the closing message.</summary>
    /// <param name="rowsRead">All rows of the file.</param>
    /// <param name="slices">How many slices there are.</param>
    /// <param name="contentHash">See <see cref="Store.ImportOrigin.ContentHash"/>; null where it is not known.</param>
    public byte[] Close(long rowsRead, int slices, string? contentHash = null)
    {
        var closing = new ImportMessage
        {
            Closing = new Closing { RowsRead = rowsRead, Slices = slices, ContentSha256 = contentHash ?? "" },
        };
        return [.. _envelope, .. closing.ToByteArray()];
    }

    private void AddPart(int field, IMessage part)
    {
        var size = part.CalculateSize();
        var target = _slice.GetSpan(size + 6);
        var position = WriteTag(target, 0, field, LengthType);
        position = WriteVarint(target, position, (ulong)size);
        part.WriteTo(target.Slice(position, size));
        _slice.Advance(position + size);
        RowCount++;
    }

    private static int WriteTag(Span<byte> target, int position, int field, byte type)
    {
        target[position] = (byte)((field << 3) | type);
        return position + 1;
    }

    private static int WriteVarint(Span<byte> target, int position, ulong value)
    {
        while (value >= 0x80)
        {
            target[position++] = (byte)(value | 0x80);
            value >>= 7;
        }

        target[position++] = (byte)value;
        return position;
    }

    private static int VarintSize(ulong value) => (70 - (int)ulong.LeadingZeroCount(value | 1)) / 7;
}
