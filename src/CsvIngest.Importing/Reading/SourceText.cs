using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;

namespace CsvIngest.Importing.Reading;

/// <summary>
/// The bytes of a file as UTF-8 text, from the first line that is still needed, growing as far as is asked for. Places in the
/// text are counted from there, and move when something is consumed.
/// </summary>
internal sealed class SourceText(Stream stream, ReadingOptions options) : IDisposable
{
    private readonly IncrementalHash? _hash = options.HashPrefix ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;
    private byte[] _text = [];
    private int _start;
    private int _end;
    private int _checkedTo;
    private int _suspectEnd;
    private Transcoding? _transcoding;
    private long _rawBase;
    private long _hashedTo;

    /// <summary>What is there and not consumed.</summary>
    public ReadOnlySpan<byte> Text => _text.AsSpan(_start, _end - _start);

    /// <summary>The same as memory; valid until <see cref="Grow"/>.</summary>
    public ReadOnlyMemory<byte> Memory => _text.AsMemory(_start, _end - _start);

    /// <summary>Whether nothing more comes after the text.</summary>
    public bool IsFinalBlock { get; private set; }

    /// <summary>How many bytes were read from the stream, those that are not consumed yet included.</summary>
    public long BytesRead { get; private set; }

    /// <summary>Whether everything so far was ASCII, and the encoding is found out when something else comes.</summary>
    public bool IsUndecided { get; private set; }

    /// <summary>
    /// How many lines of the text end before its first byte that is not UTF-8, when <see cref="Grow"/> has just decided on the
    /// encoding and found one; else -1.
    /// </summary>
    public int LinesBeforeBad { get; private set; } = -1;

    /// <summary>Whether <see cref="Grow"/> switched to Windows-1252.</summary>
    public bool IsSwitched { get; private set; }

    /// <summary>Reads on: at least a block, and as much again as is there. Sets <see cref="IsFinalBlock"/> at the end.</summary>
    public void Grow()
    {
        Forget();
        if (_transcoding is not null)
        {
            var length = Fill(_transcoding.Room(Wanted(_transcoding.RawEnd)).Span);
            _transcoding.Decode(length, IsFinalBlock, ref _text, ref _end);
            _suspectEnd = _transcoding.SuspectEnd;
            return;
        }

        FillText(Wanted(_end));
        if (IsUndecided)
        {
            Decide();
        }

        Check();
    }

    /// <summary>Reads until so much is there, or everything.</summary>
    public void GrowTo(int length)
    {
        while (!IsFinalBlock && _end - _start < length)
        {
            Grow();
        }
    }

    /// <summary>
    /// The start of the file is ASCII: UTF-8 and Windows-1252 alike. The first byte that is not decides, wherever it comes.
    /// </summary>
    public void DecideLater()
    {
        IsUndecided = true;
        _checkedTo = 0;
        Decide();
        Check();
    }

    /// <summary>From here on the bytes are of another encoding than UTF-8. The text must start at a line's start.</summary>
    public void Transcode(Encoding encoding)
    {
        Forget();
        _transcoding = new Transcoding(encoding);
        _transcoding.Start(_text.AsSpan(0, _end));
        _end = 0;
        _transcoding.Decode(0, IsFinalBlock, ref _text, ref _end);
        _suspectEnd = _transcoding.SuspectEnd;
        IsUndecided = false;
    }

    /// <summary>How many bytes of text were consumed.</summary>
    public long Consumed { get; private set; }

    /// <summary>Passes over text, to a line's start (or over everything that is there).</summary>
    public void Consume(int length)
    {
        _start += length;
        Consumed += length;
    }

    /// <summary>Passes over what is left of a line, however long it is, without keeping it.</summary>
    public void ConsumeLine()
    {
        while (true)
        {
            if (Lines.TryFindEnd(Text, IsFinalBlock, out var length, out var end))
            {
                Consume(end);
                return;
            }

            if (length == Text.Length)
            {
                Consume(length);
            }

            Grow();
        }
    }

    /// <summary>Some lines as they stand in the file.</summary>
    public ReadOnlySpan<byte> Raw(int start, int end)
    {
        if (_transcoding is null)
        {
            return Text[start..end];
        }

        var from = _transcoding.RawAt(_start + start);
        return _transcoding.Raw.AsSpan(from, _transcoding.RawAt(_start + end) - from);
    }

    /// <summary>The start of the first line as it stands in the file: at least so many bytes of text, or all of the line.</summary>
    public byte[] RawStart(int textBytes)
    {
        var most = (int)Math.Min((long)textBytes * (_transcoding?.UnitBytes ?? 1), Array.MaxLength);
        while (true)
        {
            var isWhole = Lines.TryFindEnd(Text, IsFinalBlock, out _, out var end);
            var held = _transcoding is null ? Text.Length : _transcoding.RawEnd - _transcoding.RawAt(_start);
            if (isWhole || held >= most)
            {
                var raw = Raw(0, isWhole ? end : Text.Length);
                return raw[..Math.Min(raw.Length, most)].ToArray();
            }

            Grow();
        }
    }

    /// <summary>Whether the bytes of some lines are text in the file's encoding.</summary>
    public bool IsWellFormed(int start, int end)
    {
        if (_start + start >= _suspectEnd)
        {
            return true;
        }

        return _transcoding?.IsWellFormed(_start + start, _start + end) ?? Utf8.IsValid(Text[start..end]);
    }

    /// <summary>How many bytes of the file stand before a line's start.</summary>
    public long Position(int at) => _rawBase + (_transcoding?.RawAt(_start + at) ?? _start + at);

    /// <summary>The SHA-256 of the bytes of the file before a line's start.</summary>
    public byte[] Hash(int at)
    {
        if (_hash is null)
        {
            throw new InvalidOperationException("Hashing is switched off.");
        }

        HashTo(Position(at));
        return _hash.GetCurrentHash();
    }

    public void Dispose()
    {
        _hash?.Dispose();
        stream.Dispose();
    }

    private int Wanted(int held) => Math.Max(options.BlockBytes, held);

    /// <summary>Drops what was consumed.</summary>
    private void Forget()
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
            Array.Resize(ref _text, Math.Max(_end + length, Math.Min(2 * options.BlockBytes, 2 << 20)));
        }

        _end += Fill(_text.AsSpan(_end, length));
    }

    private int Fill(Span<byte> room)
    {
        var length = stream.ReadAtLeast(room, room.Length, throwOnEndOfStream: false);
        IsFinalBlock = length < room.Length;
        BytesRead += length;
        return length;
    }

    /// <summary>Checks what is new; a sequence that is cut off at the end is checked next time.</summary>
    private void Check()
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
        // At most three bytes of a sequence can stand at the end without being whole.
        for (var length = Math.Max(0, bytes.Length - 3); length < bytes.Length; length++)
        {
            if (bytes[length] >= 0xC0
                && Rune.DecodeFromUtf8(bytes[length..], out _, out _) == System.Buffers.OperationStatus.NeedMoreData)
            {
                return length;
            }
        }

        return bytes.Length;
    }

    /// <summary>Everything was ASCII so far. When something else comes, what follows it decides, as at the start of a file.</summary>
    private void Decide()
    {
        var first = EncodingDetection.FirstNonAscii(_text.AsSpan(_checkedTo, _end - _checkedTo));
        if (first < 0)
        {
            return;
        }

        first += _checkedTo;
        while (!IsFinalBlock && _end - first < options.WindowBytes)
        {
            FillText(Wanted(_end));
        }

        IsUndecided = false;
        var window = _text.AsSpan(first, Math.Min(options.WindowBytes, _end - first));
        var isUtf8 = EncodingDetection.IsUtf8(window, out var firstBad);
        LinesBeforeBad = firstBad < 0 ? -1 : Lines.CountEnds(_text.AsSpan(_start, first + firstBad - _start));
        if (!isUtf8)
        {
            IsSwitched = true;
            Transcode(TextEncodings.Windows1252);
        }
    }
}
