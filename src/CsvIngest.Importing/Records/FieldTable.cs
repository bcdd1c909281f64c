namespace CsvIngest.Importing.Records;

/// <summary>The positions of the fields of one record in the text, and their values.</summary>
internal sealed class FieldTable(Dialect dialect, int maxFields)
{
    private Entry[] _entries = new Entry[16];
    private byte[] _scratch = [];
    private int _scratchUsed;

    /// <summary>How many fields the record has; it may have more than are kept.</summary>
    public int Count { get; private set; }

    /// <summary>How many fields are kept.</summary>
    public int Kept => Math.Min(Count, maxFields);

    public void Clear()
    {
        Count = 0;
        _scratchUsed = 0;
    }

    /// <param name="start">The position of the value in the record's text, after an opening quote.</param>
    /// <param name="length">The length of the value as it is written.</param>
    /// <param name="isEscaped">Whether the value contains escapes.</param>
    /// <param name="isQuoted">Whether the value is enclosed in quotes.</param>
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

    public bool IsEmpty(int index) => _entries[index].Length == 0;

    /// <summary>Whether a field is empty or white space.</summary>
    public bool IsBlank(ReadOnlySpan<byte> text, int index) => Get(text, index).IndexOfAnyExcept((byte)' ', (byte)'\t') < 0;

    /// <summary>Adds empty fields up to a number of them.</summary>
    public void PadTo(int count)
    {
        while (Count < count)
        {
            Add(0, 0, isEscaped: false, isQuoted: false);
        }
    }

    /// <summary>The value of a field, without quotes and escapes; valid until <see cref="Clear"/>.</summary>
    public ReadOnlySpan<byte> Get(ReadOnlySpan<byte> text, int index)
    {
        ref readonly var entry = ref _entries[index];
        var written = text.Slice(entry.Start, entry.Length);
        return entry.IsEscaped ? Unescape(written, entry.IsQuoted) : written;
    }

    private ReadOnlySpan<byte> Unescape(ReadOnlySpan<byte> written, bool isQuoted)
    {
        if (_scratch.Length - _scratchUsed < written.Length)
        {
            // Spans that were returned earlier keep the old array alive.
            _scratch = new byte[Math.Max(1024, written.Length * 2)];
            _scratchUsed = 0;
        }

        var target = _scratch.AsSpan(_scratchUsed);
        var length = dialect.Unescape(written, isQuoted, target);
        _scratchUsed += length;
        return target[..length];
    }

    private readonly record struct Entry(int Start, int Length, bool IsEscaped, bool IsQuoted);
}
