using System.Text.Unicode;

namespace CsvIngest.Messages;

/// <summary>Where a value lies in the body of a message.</summary>
internal readonly record struct Segment(int Start, int Length);

/// <summary>
/// Reads the wire form of Protocol Buffers where it is, without copying it. It accepts and rejects what the generated parser does; a test
/// holds the two against each other.
/// </summary>
/// <param name="body">The whole body.</param>
internal ref struct ProtobufReader(ReadOnlySpan<byte> body)
{
    /// <summary>How deep messages and groups may be nested in each other; the limit of the generated parser.</summary>
    private const int MaxDepth = 100;

    private const int VarintType = 0;
    private const int Fixed64Type = 1;
    private const int LengthType = 2;
    private const int StartGroupType = 3;
    private const int EndGroupType = 4;
    private const int Fixed32Type = 5;

    private readonly ReadOnlySpan<byte> _body = body;
    private int _position;
    private int _end = body.Length;
    private int _depth;

    /// <summary>The tag of a length-delimited field: a text, bytes or a message.</summary>
    public static uint LengthTag(int field) => ((uint)field << 3) | LengthType;

    /// <summary>The tag of a field that is a number.</summary>
    public static uint NumberTag(int field) => ((uint)field << 3) | VarintType;

    /// <summary>Reads the next field's tag; false at the end of the message.</summary>
    public bool TryReadTag(out uint tag)
    {
        if (_position == _end)
        {
            tag = 0;
            return false;
        }

        tag = (uint)ReadVarint();
        return tag >> 3 != 0 ? true : throw new InvalidDataException("a field has the number 0");
    }

    /// <summary>Reads a number of 64 bits.</summary>
    public long ReadInt64() => (long)ReadVarint();

    /// <summary>Reads a number of 32 bits; the bits above are dropped, as Protocol Buffers has it.</summary>
    public int ReadInt32() => (int)ReadVarint();

    /// <summary>Reads bytes of any kind.</summary>
    public Segment ReadBytes()
    {
        var length = ReadLength();
        var segment = new Segment(_position, length);
        _position += length;
        return segment;
    }

    /// <summary>Reads a text, which must be valid UTF-8.</summary>
    public Segment ReadText()
    {
        var segment = ReadBytes();
        return Utf8.IsValid(_body.Slice(segment.Start, segment.Length))
            ? segment
            : throw new InvalidDataException("a text is not valid UTF-8");
    }

    /// <summary>Begins to read a message inside this one: up to its end there are no other fields.</summary>
    /// <returns>For <see cref="Leave"/>.</returns>
    public int Enter()
    {
        var length = ReadLength();
        Descend();
        var outer = _end;
        _end = _position + length;
        return outer;
    }

    /// <summary>Goes back to the message around the one that has been read to its end.</summary>
    /// <param name="outer">What <see cref="Enter"/> returned.</param>
    public void Leave(int outer)
    {
        _end = outer;
        _depth--;
    }

    /// <summary>Skips a field that the message does not define, or whose wire type is another one.</summary>
    public void Skip(uint tag)
    {
        switch (tag & 7)
        {
            case VarintType:
                ReadVarint();
                break;
            case Fixed64Type:
                Advance(8);
                break;
            case LengthType:
                Advance(ReadLength());
                break;
            case StartGroupType:
                SkipGroup(tag);
                break;
            case Fixed32Type:
                Advance(4);
                break;
            default:
                throw new InvalidDataException("a field has an unknown wire type, or a group ends that never began");
        }
    }

    private void SkipGroup(uint start)
    {
        Descend();
        while (TryReadTag(out var tag))
        {
            if ((tag & 7) != EndGroupType)
            {
                Skip(tag);
            }
            else if (tag >> 3 == start >> 3)
            {
                _depth--;
                return;
            }
            else
            {
                break;
            }
        }

        throw new InvalidDataException("a group has no end");
    }

    private void Descend()
    {
        if (_depth++ == MaxDepth)
        {
            throw new InvalidDataException("messages are nested too deeply");
        }
    }

    // Nearly all tags and lengths take one byte.
    private ulong ReadVarint() =>
        _position < _end && _body[_position] < 0x80 ? _body[_position++] : ReadLongVarint();

    private ulong ReadLongVarint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 70; shift += 7)
        {
            if (_position == _end)
            {
                throw Truncated();
            }

            var b = _body[_position++];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }

        throw new InvalidDataException("a number is longer than 10 bytes");
    }

    private int ReadLength()
    {
        var length = (int)ReadVarint();
        return length < 0 ? throw new InvalidDataException("a length is negative")
            : length > _end - _position ? throw Truncated()
            : length;
    }

    private void Advance(int length)
    {
        if (length > _end - _position)
        {
            throw Truncated();
        }

        _position += length;
    }

    private static InvalidDataException Truncated() => new("it is truncated");
}
