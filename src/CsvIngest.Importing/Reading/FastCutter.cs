using CsvHelper;

namespace CsvIngest.Importing.Reading;

/// <summary>Cuts the well-formed records of usual dialects with CsvHelper, over the text that is in memory at a time.</summary>
internal sealed class FastCutter : IDisposable
{
    private readonly CsvReaderOptions _options;
    private readonly int _maxRecordBytes;
    private CsvReader? _csv;
    private bool _isMalformed;

    private FastCutter(Dialect dialect, char? comment, int maxRecordBytes)
    {
        _maxRecordBytes = maxRecordBytes;
        _options = new CsvReaderOptions
        {
            Separator = dialect.SeparatorText[0],
            Mode = dialect.HasQuote ? CsvMode.Rfc4180 : CsvMode.NoEscape,
            Quote = dialect.HasQuote ? dialect.QuoteText![0] : '"',
            HasHeader = false,
            CommentPrefix = comment,
            // It reports the first problem only: behind a quote inside an unquoted field, which is none, may stand a worse one.
            OnMalformedRecord = _ => _isMalformed = true,
            IncludeValuesInExceptions = false,
        };
    }

    /// <summary>Whether there is text at hand.</summary>
    public bool IsRunning => _csv is not null;

    /// <summary>Where the record is in the text, its line end not included.</summary>
    public (int Start, int Length) Record { get; private set; }

    public int FieldCount => _csv!.FieldCount;

    /// <summary>Null where CsvHelper would not read the dialect as we mean it.</summary>
    public static FastCutter? For(Dialect dialect, char? comment, int maxRecordBytes)
    {
        var isOneUse = comment is null || (comment != dialect.SeparatorText[0] && comment != dialect.QuoteText?[0]);
        return dialect.IsSimple && isOneUse ? new FastCutter(dialect, comment, maxRecordBytes) : null;
    }

    /// <summary>Takes up text at the start of a record; false when it is not to be cut here.</summary>
    public bool TryStart(ReadOnlyMemory<byte> text)
    {
        // What could be taken for a byte order mark in the middle of a file is not handed over.
        if (text.Span[0] is 0 or 0xEF or 0xFE or 0xFF)
        {
            return false;
        }

        _csv = CsvReader.Create(text, _options);
        return true;
    }

    /// <summary>
    /// The next record; false when there is none, or it has to be looked at more carefully: it is malformed, too large, or
    /// the end of the text may cut it off. Blank lines and comments before it are passed over.
    /// </summary>
    /// <param name="text">The text at hand.</param>
    /// <param name="isFinalBlock">Whether no more comes after it.</param>
    public bool Next(ReadOnlySpan<byte> text, bool isFinalBlock)
    {
        if (!_csv!.Read())
        {
            return false;
        }

        var start = (int)_csv.ByteOffset;
        var length = _csv.RawRecord.Length;
        Record = (start, length);
        var end = start + length;
        var isCutOff = end >= text.Length || (text[end] == '\r' && end + 1 >= text.Length);
        return (isFinalBlock || !isCutOff) && !_isMalformed && length <= _maxRecordBytes;
    }

    /// <summary>The value of a field; valid until the next record.</summary>
    public ReadOnlySpan<byte> Field(int index) => _csv!.GetSpan(index);

    /// <summary>Lets go of the text.</summary>
    public void Stop()
    {
        _csv?.Dispose();
        _csv = null;
        _isMalformed = false;
    }

    public void Dispose() => Stop();
}
