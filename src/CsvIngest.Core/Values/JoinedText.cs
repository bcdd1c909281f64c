namespace CsvIngest.Values;

/// <summary>Joins UTF-8 texts with a space. Each is trimmed, and one that is then empty is left out. The buffer is used again.</summary>
public sealed class JoinedText
{
    private byte[] _buffer = new byte[256];
    private int _length;

    /// <summary>The texts so far; valid until the next change.</summary>
    public ReadOnlySpan<byte> Span => _buffer.AsSpan(0, _length);

    /// <summary>Starts again with no text.</summary>
    public void Clear() => _length = 0;

    /// <summary>Adds a text.</summary>
    public void Append(ReadOnlySpan<byte> text)
    {
        text = Utf8Text.Trim(text);
        if (text.IsEmpty)
        {
            return;
        }

        if (_length + 1 + text.Length > _buffer.Length)
        {
            Array.Resize(ref _buffer, 2 * (_length + 1 + text.Length));
        }

        if (_length > 0)
        {
            _buffer[_length++] = (byte)' ';
        }

        text.CopyTo(_buffer.AsSpan(_length));
        _length += text.Length;
    }
}
