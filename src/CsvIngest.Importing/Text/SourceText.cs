using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;

namespace CsvIngest.Importing.Text;

/// <summary>
/// The bytes of a file as UTF-8 text, from the first line that is still needed. The text grows on request. Positions in it count from
/// its start, so they shift whenever text is consumed.
/// </summary>
/// <param name="stream">The file, read forward only; the caller disposes it.</param>
/// <param name="blockBytes">How many bytes to read at once. Has no influence on the text.</param>
/// <param name="windowBytes">How many bytes decide the encoding.</param>
/// <param name="hashPrefix">Whether <see cref="Hash"/> will be called.</param>
internal sealed class SourceText(Stream stream, int blockBytes, int windowBytes, bool hashPrefix) : IDisposable
{
    // Control-Z, with which CP/M and DOS programs end a text file.
    private const byte EndMark = 0x1A;

    private readonly IncrementalHash? _hash = hashPrefix ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;
    private byte[] _text = [];
    private int _start;
    private int _end;
    private int _withheld;
    private int _checkedTo;
    private int _suspectEnd;
    private Transcoding? _transcoding;
    private long _rawBase;
    private long _hashedTo;

    /// <summary>
    /// The text that has been read and not consumed. Valid until the text grows. Control-Z characters at the end of the file, which mark
    /// the end, are no part of it.
    /// </summary>
    public ReadOnlySpan<byte> Text => _text.AsSpan(_start, _end - _withheld - _start);

    /// <summary>Whether no text follows.</summary>
    public bool IsFinalBlock { get; private set; }

    /// <summary>The encoding of the file, as far as it is known.</summary>
    public Encoding Encoding { get; private set; } = Encoding.UTF8;

    /// <summary>Whether everything so far is ASCII, so that the first other byte is still to decide the encoding.</summary>
    public bool IsUndecided { get; private set; }

    /// <summary>
    /// How many lines of <see cref="Text"/> precede the first byte that is not valid UTF-8, if growing the text has just decided the
    /// encoding and found such a byte; otherwise -1.
    /// </summary>
    public int LinesBeforeInvalid { get; private set; } = -1;

    /// <summary>How many bytes of text have been consumed.</summary>
    public long Consumed { get; private set; }

    /// <summary>Reads at least a block, and at least as much as is held already. Sets <see cref="IsFinalBlock"/> at the end.</summary>
    public void Grow()
    {
        DropConsumed();
        if (_transcoding is not null)
        {
            var length = Fill(_transcoding.Reserve(GrowthFor(_transcoding.RawEnd)).Span);
            _transcoding.Decode(length, IsFinalBlock, ref _text, ref _end);
            _suspectEnd = _transcoding.SuspectEnd;
        }
        else
        {
            FillText(GrowthFor(_end));
            if (IsUndecided)
            {
                Decide();
            }

            Validate();
        }

        WithholdEndMark();
    }

    /// <summary>Reads until the text has this length or the file ends.</summary>
    public void GrowTo(int length)
    {
        while (!IsFinalBlock && _end - _start < length)
        {
            Grow();
        }
    }

    /// <summary>
    /// Leaves the encoding open while the file is ASCII, which reads the same in all that are detected. The first other byte decides,
    /// wherever it is.
    /// </summary>
    public void DecideLater()
    {
        IsUndecided = true;
        _checkedTo = 0;
        Decide();
        Validate();
        WithholdEndMark();
    }

    /// <summary>Decodes the bytes from here on with an encoding other than UTF-8. The text must start at the start of a line.</summary>
    /// <exception cref="UnusableFileException">The encoding is not supported.</exception>
    public void Transcode(Encoding encoding)
    {
        DropConsumed();
        _transcoding = new Transcoding(encoding);
        _transcoding.Start(_text.AsSpan(0, _end));
        _end = 0;
        _transcoding.Decode(0, IsFinalBlock, ref _text, ref _end);
        _suspectEnd = _transcoding.SuspectEnd;
        Encoding = encoding;
        IsUndecided = false;
        WithholdEndMark();
    }

    /// <summary>Consumes text up to the start of a line, or all of it.</summary>
    public void Consume(int length)
    {
        _start += length;
        Consumed += length;
    }

    /// <summary>Consumes the rest of a line of any length without keeping it in memory.</summary>
    public void ConsumeLine()
    {
        while (true)
        {
            if (Lines.TryFindEnd(Text, IsFinalBlock, out var length, out var end))
            {
                if (end == length)
                {
                    // The last line may have been consumed in part: its end mark is consumed too, so that it makes no difference where.
                    end += _withheld;
                    _withheld = 0;
                }

                Consume(end);
                return;
            }

            // If a line end is withheld, the line is not consumed up to the middle of what is held: positions are those of lines.
            if (length == Text.Length && _withheld == 0)
            {
                Consume(length);
            }

            Grow();
        }
    }

    /// <summary>The bytes of the file that some lines of the text come from.</summary>
    public ReadOnlySpan<byte> Raw(int start, int end)
    {
        if (_transcoding is null)
        {
            return Text[start..end];
        }

        var from = _transcoding.RawAt(_start + start);
        return _transcoding.Raw.AsSpan(from, _transcoding.RawAt(_start + end) - from);
    }

    /// <summary>The bytes of the file at the start of the first line: at least this many bytes of text, or the whole line.</summary>
    /// <param name="textBytes">How many.</param>
    /// <param name="isCut">Whether the line is longer.</param>
    public byte[] RawStart(int textBytes, out bool isCut)
    {
        var most = (int)Math.Min((long)textBytes * (_transcoding?.MaxBytesPerTextByte ?? 1), Array.MaxLength);
        while (true)
        {
            var isWhole = Lines.TryFindEnd(Text, IsFinalBlock, out _, out var end);
            var held = _transcoding is null ? Text.Length : _transcoding.RawEnd - _transcoding.RawAt(_start);
            if (isWhole || held >= most)
            {
                var raw = Raw(0, isWhole ? end : Text.Length);
                isCut = !isWhole || raw.Length > most;
                return raw[..Math.Min(raw.Length, most)].ToArray();
            }

            Grow();
        }
    }

    /// <summary>Whether the bytes of some lines are valid in the file's encoding.</summary>
    public bool IsWellFormed(int start, int end)
    {
        if (_start + start >= _suspectEnd)
        {
            return true;
        }

        return _transcoding?.IsWellFormed(_start + start, _start + end) ?? Utf8.IsValid(Text[start..end]);
    }

    /// <summary>How many bytes of the file precede the start of a line.</summary>
    public long Position(int at) => _rawBase + (_transcoding?.RawAt(_start + at) ?? _start + at);

    /// <summary>The SHA-256 of the bytes of the file that precede the start of a line.</summary>
    public byte[] Hash(int at)
    {
        if (_hash is null)
        {
            throw new InvalidOperationException("Hashing is switched off.");
        }

        HashTo(Position(at));
        return _hash.GetCurrentHash();
    }

    /// <summary>How many bytes of the file have been read.</summary>
    public long BytesRead => Position(_end - _start);

    /// <summary>The SHA-256 of everything that has been read, characters that mark the end included.</summary>
    public byte[] HashAll() => Hash(_end - _start);

    public void Dispose() => _hash?.Dispose();

    private int GrowthFor(int held) => Math.Max(blockBytes, held);

    private void DropConsumed()
    {
        if (_start == 0)
        {
            return;
        }

        HashTo(Position(0));
        _rawBase += _transcoding?.Forget(_start) ?? _start;
        _text.AsSpan(_start, _end - _start).CopyTo(_text);
        _end -= _start;
        _checkedTo = Math.Max(0, _checkedTo - _start);
        _suspectEnd = Math.Max(0, _suspectEnd - _start);
        _start = 0;
    }

    private void HashTo(long position)
    {
        if (_hash is null || position <= _hashedTo)
        {
            return;
        }

        var raw = _transcoding?.Raw ?? _text;
        _hash.AppendData(raw.AsSpan((int)(_hashedTo - _rawBase), (int)(position - _hashedTo)));
        _hashedTo = position;
    }

    private void FillText(int length)
    {
        if (_text.Length - _end < length)
        {
            Array.Resize(ref _text, Math.Max(_end + length, Math.Min(2 * blockBytes, 2 << 20)));
        }

        _end += Fill(_text.AsSpan(_end, length));
    }

    private int Fill(Span<byte> room)
    {
        var length = stream.ReadAtLeast(room, room.Length, throwOnEndOfStream: false);
        IsFinalBlock = length < room.Length;
        return length;
    }

    /// <summary>
    /// Withholds Control-Z characters at the end of the file, with a line end after them. Until it is known whether the file ends there, only
    /// the line end is withheld, so that the line is not complete.
    /// </summary>
    private void WithholdEndMark()
    {
        var text = _text.AsSpan(_start, _end - _start);
        var line = text.EndsWith("\r\n"u8) ? text[..^2] : text is [.., (byte)'\r' or (byte)'\n'] ? text[..^1] : text;
        var unmarked = line.TrimEnd(EndMark);
        _withheld = unmarked.Length == line.Length ? 0 : text.Length - (IsFinalBlock ? unmarked.Length : line.Length);
    }

    /// <summary>Validates the new bytes as UTF-8. A sequence that is truncated at the end is validated next time.</summary>
    private void Validate()
    {
        if (_transcoding is not null)
        {
            return;
        }

        var fresh = _text.AsSpan(_checkedTo, _end - _checkedTo);
        var whole = IsFinalBlock ? fresh.Length : WholeLength(fresh);
        if (!Utf8.IsValid(fresh[..whole]))
        {
            _suspectEnd = _checkedTo + whole;
        }

        _checkedTo += whole;
    }

    private static int WholeLength(ReadOnlySpan<byte> bytes)
    {
        // At most three bytes at the end can belong to an incomplete sequence.
        for (var length = Math.Max(0, bytes.Length - 3); length < bytes.Length; length++)
        {
            if (bytes[length] >= 0xC0 && Rune.DecodeFromUtf8(bytes[length..], out _, out _) == OperationStatus.NeedMoreData)
            {
                return length;
            }
        }

        return bytes.Length;
    }

    /// <summary>Decides the encoding once a byte comes that is not ASCII, by the window that starts with it.</summary>
    private void Decide()
    {
        var first = TextEncodings.FirstNonAscii(_text.AsSpan(_checkedTo, _end - _checkedTo));
        if (first < 0)
        {
            return;
        }

        first += _checkedTo;
        while (!IsFinalBlock && _end - first < windowBytes)
        {
            FillText(GrowthFor(_end));
        }

        IsUndecided = false;
        var window = _text.AsSpan(first, Math.Min(windowBytes, _end - first));
        var encoding = TextEncodings.Detect(window, out var firstInvalid);
        LinesBeforeInvalid = firstInvalid < 0 ? -1 : Lines.CountEnds(_text.AsSpan(_start, first + firstInvalid - _start));
        if (encoding.CodePage != TextEncodings.Utf8CodePage)
        {
            Transcode(encoding);
        }
    }
}
