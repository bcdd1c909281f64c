namespace CsvIngest.Importing.Reading;

/// <summary>Where the fields of one record stand in the text, and their values.</summary>
internal sealed class FieldTable(Dialect dialect, int maxFields)
{
    private Entry[] _entries = new Entry[16];
    private byte[] _scratch = [];
    private int _scratchUsed;

    /// <summary>How many fields the record has; more may be counted than are kept.</summary>
    public int Count { get; private set; }

    /// <summary>How many of them are kept.</summary>
    public int Kept => Math.Min(Count, maxFields);

    public void Clear()
    {
        Count = 0;
        _scratchUsed = 0;
    }

    /// <param name="start">Of the value, inside its quotes, in the record's text.</param>
    /// <param name="length">Of the value, as written.</param>
    /// <param name="isEscaped">Whether the value holds escapes.</param>
    /// <param name="isQuoted">Whether the value stands in quotes.</param>
    public void Add(int start, int length, bool isEscaped, bool isQuoted)
    {
        if (Count < maxFields)
        {
            if (Count == _entries.Length)
            {
                Array.Resize(ref _entries, Math.Min(maxFields, Count * 2));
            }

            _entries[Count] = new Entry(start, length, isEscaped, isQuoted);
        }

        Count++;
    }

    public bool IsQuoted(int index) => _entries[index].IsQuoted;

    /// <summary>Where the value stands in the record's text.</summary>
    public (int Start, int Length) Span(int index) => (_entries[index].Start, _entries[index].Length);

    /// <summary>The value of a field; valid until <see cref="Clear"/>.</summary>
    public ReadOnlySpan<byte> Get(ReadOnlySpan<byte> text, int index)
    {
        var entry = _entries[index];
        var written = text.Slice(entry.Start, entry.Length);
        return entry.IsEscaped ? Unescape(written, entry.IsQuoted) : written;
    }

    private ReadOnlySpan<byte> Unescape(ReadOnlySpan<byte> written, bool isQuoted)
    {
        if (_scratch.Length - _scratchUsed < written.Length)
        {
            // The old array lives on in the spans that were handed out.
            _scratch = new byte[Math.Max(1024, written.Length * 2)];
            _scratchUsed = 0;
        }

        var target = _scratch.AsSpan(_scratchUsed);
        var length = Escapes.Remove(dialect, written, isQuoted, target);
        _scratchUsed += length;
        return target[..length];
    }

    private readonly record struct Entry(int Start, int Length, bool IsEscaped, bool IsQuoted);
}
