using System.Runtime.InteropServices;
using System.Text;

namespace CsvIngest.Importing.Text;

/// <summary>
/// Keeps the bytes of a file that is not UTF-8 next to their UTF-8 form. The bytes are split at line ends and decoded line by line, so
/// an invalid character cannot swallow a line end. Records start and end at line ends, so knowing where each line starts in both forms
/// is enough to return a record byte for byte.
/// </summary>
internal sealed class Transcoding
{
    // Lines are decoded whole, longer ones in pieces of this length, so that the result for invalid bytes does not depend on where a
    // block ends. A multiple of four, the longest unit; otherwise a guess.
    private const int PieceBytes = 64 << 10;

    private readonly LineDecoder _decoder;
    private readonly List<LineStart> _lines = [];
    private readonly int _unit;
    private readonly uint _lineFeed;
    private readonly uint _carriageReturn;
    private int _decoded;
    private bool _isAfterCarriageReturn;
    private bool _isFlushed;

    /// <exception cref="UnusableFileException">Line ends cannot be located in this encoding.</exception>
    public Transcoding(Encoding encoding)
    {
        var lineFeed = encoding.GetBytes("\n");
        _unit = lineFeed.Length;
        if (_unit is not (1 or 2 or 4) || encoding.GetBytes("\r").Length != _unit)
        {
            throw new UnusableFileException($"The encoding {TextEncodings.Describe(encoding)} is not supported, because line ends cannot be located in it. Convert the file to UTF-8.");
        }

        _lineFeed = Unit(lineFeed);
        _carriageReturn = Unit(encoding.GetBytes("\r"));
        MaxBytesPerTextByte = encoding.IsSingleByte ? 1 : Math.Max(2, _unit);
        _decoder = LineDecoder.For(encoding);
    }

    /// <summary>The bytes of the file, from the first one that is still needed.</summary>
    public byte[] Raw { get; private set; } = [];

    public int RawEnd { get; private set; }

    /// <summary>
    /// How many bytes of the file a byte of text takes at most: those of an ASCII character in UTF-16 or UTF-32, and two where é takes four
    /// bytes, as in GB 18030.
    /// </summary>
    public int MaxBytesPerTextByte { get; }

    /// <summary>Text from here on has no invalid lines; text before it may have.</summary>
    public int SuspectEnd { get; private set; }

    /// <summary>Starts with bytes from the start of a line.</summary>
    public void Start(ReadOnlySpan<byte> raw)
    {
        Raw = raw.ToArray();
        RawEnd = raw.Length;
        _lines.Add(new LineStart(0, 0));
    }

    /// <summary>Reserves room for more bytes after <see cref="RawEnd"/>.</summary>
    public Memory<byte> Reserve(int length)
    {
        if (Raw.Length - RawEnd < length)
        {
            var larger = new byte[Math.Max(RawEnd + length, Raw.Length)];
            Raw.AsSpan(0, RawEnd).CopyTo(larger);
            Raw = larger;
        }

        return Raw.AsMemory(RawEnd, length);
    }

    /// <summary>Decodes bytes that were written to the reserved room, and appends them to the text.</summary>
    public void Decode(int length, bool isFinalBlock, ref byte[] text, ref int end)
    {
        RawEnd += length;
        while (true)
        {
            var rest = Raw.AsSpan(_decoded, RawEnd - _decoded);
            var whole = rest[..(rest.Length / _unit * _unit)];
            if (_isAfterCarriageReturn)
            {
                if (whole.IsEmpty && !isFinalBlock)
                {
                    return;
                }

                if (!whole.IsEmpty && Unit(whole[.._unit]) == _lineFeed)
                {
                    Append((byte)'\n', ref text, ref end);
                    _decoded += _unit;
                }

                _isAfterCarriageReturn = false;
                _lines.Add(new LineStart(end, _decoded));
                continue;
            }

            var at = LineEnd(whole);
            var part = at >= 0 ? whole[..at] : isFinalBlock ? rest : whole;
            if (part.Length > PieceBytes)
            {
                DecodePart(part[..PieceBytes], isLast: false, ref text, ref end);
                continue;
            }

            if (at < 0)
            {
                // The remaining bytes of the file go to the decoder too, even if they are only half a character.
                if (isFinalBlock && !_isFlushed)
                {
                    DecodePart(part, isLast: true, ref text, ref end);
                    _isFlushed = true;
                }

                return;
            }

            var isLineFeed = Unit(whole.Slice(at, _unit)) == _lineFeed;
            DecodePart(part, isLast: true, ref text, ref end);
            Append(isLineFeed ? (byte)'\n' : (byte)'\r', ref text, ref end);
            _decoded += _unit;
            _isAfterCarriageReturn = !isLineFeed;
            if (isLineFeed)
            {
                _lines.Add(new LineStart(end, _decoded));
            }
        }
    }

    /// <summary>The position in the bytes of the file of a position in the text, which is the start of a line or the end of the text.</summary>
    public int RawAt(int text)
    {
        var index = LineAt(text);
        return _lines[index].Text == text ? _lines[index].Raw : _decoded;
    }

    /// <summary>Whether all bytes of some lines were valid in the encoding.</summary>
    public bool IsWellFormed(int start, int end)
    {
        for (var index = LineAt(start); index < _lines.Count && _lines[index].Text < end; index++)
        {
            if (_lines[index].IsInvalid)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Drops everything before the start of a line, or everything; a line then starts there.</summary>
    /// <returns>How many bytes of the file were dropped.</returns>
    public int Forget(int text)
    {
        var index = LineAt(text);
        var raw = RawAt(text);
        if (_lines[index].Text != text)
        {
            // The rest of a line that is skipped: whether it is valid no longer matters.
            _lines.Clear();
            _lines.Add(new LineStart(text, raw));
            index = 0;
        }

        _lines.RemoveRange(0, index);
        var lines = CollectionsMarshal.AsSpan(_lines);
        for (var i = 0; i < lines.Length; i++)
        {
            lines[i] = lines[i] with { Text = lines[i].Text - text, Raw = lines[i].Raw - raw };
        }

        Raw.AsSpan(raw, RawEnd - raw).CopyTo(Raw);
        RawEnd -= raw;
        _decoded -= raw;
        SuspectEnd = Math.Max(0, SuspectEnd - text);
        return raw;
    }

    private void DecodePart(ReadOnlySpan<byte> part, bool isLast, ref byte[] text, ref int end)
    {
        EnsureRoom(_decoder.MaxLength(part.Length) + 2, ref text, end);
        var isInvalid = false;
        end += _decoder.Decode(part, isLast, text.AsSpan(end), ref isInvalid);
        _decoded += part.Length;
        if (isInvalid)
        {
            _lines[^1] = _lines[^1] with { IsInvalid = true };
        }

        if (_lines[^1].IsInvalid)
        {
            SuspectEnd = end;
        }
    }

    private static void Append(byte value, ref byte[] text, ref int end)
    {
        EnsureRoom(1, ref text, end);
        text[end++] = value;
    }

    private static void EnsureRoom(int length, ref byte[] text, int end)
    {
        if (text.Length - end < length)
        {
            Array.Resize(ref text, Math.Max(end + length, 2 * text.Length));
        }
    }

    private int LineEnd(ReadOnlySpan<byte> whole)
    {
        switch (_unit)
        {
            case 1:
                return whole.IndexOfAny((byte)_lineFeed, (byte)_carriageReturn);
            case 2:
                var two = MemoryMarshal.Cast<byte, ushort>(whole).IndexOfAny((ushort)_lineFeed, (ushort)_carriageReturn);
                return two < 0 ? two : two * 2;
            default:
                var four = MemoryMarshal.Cast<byte, uint>(whole).IndexOfAny(_lineFeed, _carriageReturn);
                return four < 0 ? four : four * 4;
        }
    }

    private static uint Unit(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        1 => bytes[0],
        2 => MemoryMarshal.Read<ushort>(bytes),
        _ => MemoryMarshal.Read<uint>(bytes),
    };

    /// <summary>The index of the line that contains a position in the text.</summary>
    private int LineAt(int text)
    {
        int low = 0, high = _lines.Count - 1;
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (_lines[middle].Text <= text)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return low;
    }

    private readonly record struct LineStart(int Text, int Raw, bool IsInvalid = false);
}
