using System.Text;
using CsvIngest.Messages.Wire;

namespace CsvIngest.Messages;

/// <summary>
/// A message in its wire form, read but not checked: the counterpart of <see cref="SliceWriter"/>. Texts stay in the body, as
/// segments of valid UTF-8; a row costs no object, and an instance reads one message after another.
/// </summary>
internal sealed class WireMessage
{
    private readonly List<Segment> _values = [];
    private ReadOnlyMemory<byte> _body;

    /// <summary>The length of the body.</summary>
    public int ByteCount => _body.Length;

    public Segment ImportId { get; private set; }

    public Segment Dataset { get; private set; }

    public Segment Source { get; private set; }

    public WirePart Part { get; private set; }

    /// <summary>The number of a slice.</summary>
    public int Number { get; private set; }

    /// <summary>How many rows the slices before a slice have.</summary>
    public long RowsBefore { get; private set; }

    /// <summary>The names of the extra columns of a slice.</summary>
    public List<Segment> ExtraColumns { get; } = [];

    /// <summary>The valid rows of a slice.</summary>
    public List<WireRow> Rows { get; } = [];

    /// <summary>The rejected rows of a slice.</summary>
    public List<WireRejection> Rejections { get; } = [];

    /// <summary>The lines of the duplicate rows of a slice.</summary>
    public List<long> Duplicates { get; } = [];

    /// <summary>How many rows the file has, in a closing.</summary>
    public long RowsRead { get; private set; }

    /// <summary>How many slices there are, in a closing.</summary>
    public int Slices { get; private set; }

    /// <summary>The size of the file, in an opening.</summary>
    public long Bytes { get; private set; }

    /// <summary>When the producer began, in an opening.</summary>
    public Segment StartedAt { get; private set; }

    /// <summary>The machine of the producer, in an opening.</summary>
    public Segment Host { get; private set; }

    /// <summary>The user of the producer, in an opening.</summary>
    public Segment User { get; private set; }

    /// <summary>The hash of the content of the file, in an opening or a closing.</summary>
    public Segment ContentHash { get; private set; }

    /// <summary>Reads a body in the wire form of <see cref="ImportMessage"/>, and forgets the message read before.</summary>
    /// <exception cref="InvalidDataException">It is not one; the message quotes nothing of it.</exception>
    public void Read(ReadOnlyMemory<byte> body)
    {
        _body = body;
        (ImportId, Dataset, Source) = (default, default, default);
        Begin(WirePart.None);
        var reader = new ProtobufReader(body.Span);
        Read(ref reader);
    }

    public ReadOnlySpan<byte> Utf8(Segment segment) => _body.Span.Slice(segment.Start, segment.Length);

    public string Text(Segment segment) => Encoding.UTF8.GetString(Utf8(segment));

    /// <summary>The value of a row at a position, 0-based.</summary>
    public ReadOnlySpan<byte> Value(WireRow row, int index) => Utf8(_values[row.FirstValue + index]);

    /// <summary>All values of a row.</summary>
    public IEnumerable<string> Texts(WireRow row) => _values.GetRange(row.FirstValue, row.ValueCount).Select(Text);

    private void Read(ref ProtobufReader reader)
    {
        while (reader.TryReadTag(out var tag))
        {
            if (tag == ProtobufReader.LengthTag(ImportMessage.ImportIdFieldNumber))
            {
                ImportId = reader.ReadText();
            }
            else if (tag == ProtobufReader.LengthTag(ImportMessage.DatasetFieldNumber))
            {
                Dataset = reader.ReadText();
            }
            else if (tag == ProtobufReader.LengthTag(ImportMessage.SourceFieldNumber))
            {
                Source = reader.ReadText();
            }
            else if (tag == ProtobufReader.LengthTag(ImportMessage.SliceFieldNumber))
            {
                SwitchTo(WirePart.Slice);
                var outer = reader.Enter();
                ReadSlice(ref reader);
                reader.Leave(outer);
            }
            else if (tag == ProtobufReader.LengthTag(ImportMessage.ClosingFieldNumber))
            {
                SwitchTo(WirePart.Closing);
                var outer = reader.Enter();
                ReadClosing(ref reader);
                reader.Leave(outer);
            }
            else if (tag == ProtobufReader.LengthTag(ImportMessage.OpeningFieldNumber))
            {
                SwitchTo(WirePart.Opening);
                var outer = reader.Enter();
                ReadOpening(ref reader);
                reader.Leave(outer);
            }
            else
            {
                reader.Skip(tag);
            }
        }
    }

    // The last part of a oneof counts; the same part again is merged into the one before.
    private void SwitchTo(WirePart part)
    {
        if (Part != part)
        {
            Begin(part);
        }
    }

    private void Begin(WirePart part)
    {
        Part = part;
        Number = 0;
        RowsBefore = 0;
        ExtraColumns.Clear();
        Rows.Clear();
        _values.Clear();
        Rejections.Clear();
        Duplicates.Clear();
        RowsRead = 0;
        Slices = 0;
        Bytes = 0;
        (StartedAt, Host, User, ContentHash) = (default, default, default, default);
    }

    private void ReadSlice(ref ProtobufReader reader)
    {
        while (reader.TryReadTag(out var tag))
        {
            if (tag == ProtobufReader.LengthTag(Slice.RowsFieldNumber))
            {
                var outer = reader.Enter();
                Rows.Add(ReadRow(ref reader));
                reader.Leave(outer);
            }
            else if (tag == ProtobufReader.LengthTag(Slice.RejectionsFieldNumber))
            {
                var outer = reader.Enter();
                Rejections.Add(ReadRejection(ref reader));
                reader.Leave(outer);
            }
            else if (tag == ProtobufReader.LengthTag(Slice.DuplicatesFieldNumber))
            {
                var outer = reader.Enter();
                Duplicates.Add(ReadDuplicate(ref reader));
                reader.Leave(outer);
            }
            else if (tag == ProtobufReader.LengthTag(Slice.ExtraColumnsFieldNumber))
            {
                ExtraColumns.Add(reader.ReadText());
            }
            else if (tag == ProtobufReader.NumberTag(Slice.NumberFieldNumber))
            {
                Number = reader.ReadInt32();
            }
            else if (tag == ProtobufReader.NumberTag(Slice.RowsBeforeFieldNumber))
            {
                RowsBefore = reader.ReadInt64();
            }
            else
            {
                reader.Skip(tag);
            }
        }
    }

    private WireRow ReadRow(ref ProtobufReader reader)
    {
        var line = 0L;
        var firstValue = _values.Count;
        while (reader.TryReadTag(out var tag))
        {
            if (tag == ProtobufReader.LengthTag(Row.ValuesFieldNumber))
            {
                _values.Add(reader.ReadText());
            }
            else if (tag == ProtobufReader.NumberTag(Row.LineFieldNumber))
            {
                line = reader.ReadInt64();
            }
            else
            {
                reader.Skip(tag);
            }
        }

        return new WireRow(line, firstValue, _values.Count - firstValue);
    }

    private static WireRejection ReadRejection(ref ProtobufReader reader)
    {
        var rejection = default(WireRejection);
        while (reader.TryReadTag(out var tag))
        {
            if (tag == ProtobufReader.NumberTag(Rejection.LineFieldNumber))
            {
                rejection = rejection with { Line = reader.ReadInt64() };
            }
            else if (tag == ProtobufReader.LengthTag(Rejection.ColumnFieldNumber))
            {
                rejection = rejection with { Column = reader.ReadText() };
            }
            else if (tag == ProtobufReader.LengthTag(Rejection.CodeFieldNumber))
            {
                rejection = rejection with { Code = reader.ReadText() };
            }
            else if (tag == ProtobufReader.LengthTag(Rejection.ReasonFieldNumber))
            {
                rejection = rejection with { Reason = reader.ReadText() };
            }
            else if (tag == ProtobufReader.LengthTag(Rejection.RawFieldNumber))
            {
                rejection = rejection with { Raw = reader.ReadBytes() };
            }
            else
            {
                reader.Skip(tag);
            }
        }

        return rejection;
    }

    private static long ReadDuplicate(ref ProtobufReader reader)
    {
        var line = 0L;
        while (reader.TryReadTag(out var tag))
        {
            if (tag == ProtobufReader.NumberTag(Duplicate.LineFieldNumber))
            {
                line = reader.ReadInt64();
            }
            else
            {
                reader.Skip(tag);
            }
        }

        return line;
    }

    private void ReadClosing(ref ProtobufReader reader)
    {
        while (reader.TryReadTag(out var tag))
        {
            if (tag == ProtobufReader.NumberTag(Closing.RowsReadFieldNumber))
            {
                RowsRead = reader.ReadInt64();
            }
            else if (tag == ProtobufReader.NumberTag(Closing.SlicesFieldNumber))
            {
                Slices = reader.ReadInt32();
            }
            else if (tag == ProtobufReader.LengthTag(Closing.ContentSha256FieldNumber))
            {
                ContentHash = reader.ReadText();
            }
            else
            {
                reader.Skip(tag);
            }
        }
    }

    private void ReadOpening(ref ProtobufReader reader)
    {
        while (reader.TryReadTag(out var tag))
        {
            if (tag == ProtobufReader.NumberTag(Opening.BytesFieldNumber))
            {
                Bytes = reader.ReadInt64();
            }
            else if (tag == ProtobufReader.LengthTag(Opening.StartedAtFieldNumber))
            {
                StartedAt = reader.ReadText();
            }
            else if (tag == ProtobufReader.LengthTag(Opening.HostFieldNumber))
            {
                Host = reader.ReadText();
            }
            else if (tag == ProtobufReader.LengthTag(Opening.UserFieldNumber))
            {
                User = reader.ReadText();
            }
            else if (tag == ProtobufReader.LengthTag(Opening.ContentSha256FieldNumber))
            {
                ContentHash = reader.ReadText();
            }
            else
            {
                reader.Skip(tag);
            }
        }
    }
}

/// <summary>Which part of an import a message holds.</summary>
internal enum WirePart
{
    None,
    Slice,
    Closing,
    Opening,
}

/// <summary>A row on the wire.</summary>
/// <param name="FirstValue">Where its values begin among those of the slice.</param>
internal readonly record struct WireRow(long Line, int FirstValue, int ValueCount);

/// <summary>A rejected row on the wire.</summary>
internal readonly record struct WireRejection(long Line, Segment Column, Segment Code, Segment Reason, Segment Raw);
