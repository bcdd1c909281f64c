using System.Text;

namespace CsvIngest.Importing.Text;

/// <summary>
/// Decodes the bytes of one line, without its line end, to UTF-8. Bytes that are not valid in the encoding become U+FFFD and are
/// reported, so that their row can be rejected.
/// </summary>
internal abstract class LineDecoder
{
    /// <summary>Creates the decoder of an encoding other than UTF-8.</summary>
    public static LineDecoder For(Encoding encoding) =>
        encoding.IsSingleByte ? new TableDecoder(encoding) : new GeneralDecoder(encoding);

    /// <summary>The maximum length of the UTF-8 that this many bytes decode to.</summary>
    public abstract int MaxLength(int bytes);

    /// <param name="bytes">The line, or its next part.</param>
    /// <param name="isLast">Whether the line ends here.</param>
    /// <param name="text">The destination, at least <see cref="MaxLength"/> bytes.</param>
    /// <param name="isInvalid">Set if a byte is not valid; otherwise unchanged.</param>
    /// <returns>The length of the UTF-8.</returns>
    public abstract int Decode(ReadOnlySpan<byte> bytes, bool isLast, Span<byte> text, ref bool isInvalid);
}

/// <summary>Decodes encodings of one byte per character with a table.</summary>
internal sealed class TableDecoder : LineDecoder
{
    private readonly byte[]?[] _table = new byte[256][];
    private readonly bool _keepsAscii = true;

    public TableDecoder(Encoding encoding)
    {
        var strict = (Encoding)encoding.Clone();
        strict.DecoderFallback = DecoderFallback.ExceptionFallback;
        for (var i = 0; i < 256; i++)
        {
            _table[i] = Character(strict, (byte)i);
            _keepsAscii &= i > 0x7F || (_table[i] is [var only] && only == i);
        }
    }

    public override int MaxLength(int bytes) => 3 * bytes;

    public override int Decode(ReadOnlySpan<byte> bytes, bool isLast, Span<byte> text, ref bool isInvalid)
    {
        var length = 0;
        while (!bytes.IsEmpty)
        {
            if (_keepsAscii)
            {
                var plain = TextEncodings.FirstNonAscii(bytes);
                plain = plain < 0 ? bytes.Length : plain;
                bytes[..plain].CopyTo(text[length..]);
                length += plain;
                bytes = bytes[plain..];
                if (bytes.IsEmpty)
                {
                    break;
                }
            }

            isInvalid |= _table[bytes[0]] is null;
            var character = _table[bytes[0]] ?? "\uFFFD"u8;
            character.CopyTo(text[length..]);
            length += character.Length;
            bytes = bytes[1..];
        }

        return length;
    }

    /// <summary>The UTF-8 of a byte; null if the encoding has no character for it.</summary>
    private static byte[]? Character(Encoding strict, byte code)
    {
        // .NET maps the undefined bytes of the Windows code pages to control characters, which no file contains on purpose.
        if (strict.CodePage is >= 1250 and <= 1258 && code is >= 0x80 and <= 0x9F)
        {
            var mapped = strict.GetString([code]);
            return char.IsControl(mapped[0]) ? null : Encoding.UTF8.GetBytes(mapped);
        }

        try
        {
            return Encoding.UTF8.GetBytes(strict.GetString([code]));
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}

/// <summary>Decodes all other encodings with the decoder of .NET.</summary>
internal sealed class GeneralDecoder : LineDecoder
{
    private readonly Decoder _decoder;
    private readonly Encoding _encoding;
    private readonly Reporting _reporting = new();
    private char[] _chars = [];

    public GeneralDecoder(Encoding encoding)
    {
        _encoding = encoding;
        var reporting = (Encoding)encoding.Clone();
        reporting.DecoderFallback = _reporting;
        _decoder = reporting.GetDecoder();
    }

    // The decoder may have kept an incomplete character of the previous part.
    public override int MaxLength(int bytes) => 3 * _encoding.GetMaxCharCount(bytes + 8);

    public override int Decode(ReadOnlySpan<byte> bytes, bool isLast, Span<byte> text, ref bool isInvalid)
    {
        var most = _encoding.GetMaxCharCount(bytes.Length + 8);
        if (_chars.Length < most)
        {
            _chars = new char[Math.Max(most, 2 * _chars.Length)];
        }

        _reporting.IsInvalid = false;
        var count = _decoder.GetChars(bytes, _chars, isLast);
        isInvalid |= _reporting.IsInvalid;
        return Encoding.UTF8.GetBytes(_chars.AsSpan(0, count), text);
    }

    private sealed class Reporting : DecoderFallback
    {
        public bool IsInvalid { get; set; }

        public override int MaxCharCount => 1;

        public override DecoderFallbackBuffer CreateFallbackBuffer() => new Buffer(this);

        private sealed class Buffer(Reporting reporting) : DecoderFallbackBuffer
        {
            private bool _isPending;

            public override int Remaining => _isPending ? 1 : 0;

            public override bool Fallback(byte[] bytesUnknown, int index)
            {
                reporting.IsInvalid = true;
                return _isPending = true;
            }

            public override char GetNextChar()
            {
                var next = _isPending ? '\uFFFD' : '\0';
                _isPending = false;
                return next;
            }

            public override bool MovePrevious() => false;

            public override void Reset() => _isPending = false;
        }
    }
}
