using System.Text;
using System.Text.Unicode;
using CsvHelper;
using CsvIngest.Values;

namespace CsvIngest.Producer.Reading;

/// <summary>
/// Reads a file of any dialect and encoding, record by record, in constant memory. Every record is either whole, with the
/// file's number of fields, or refused with a <see cref="Fault"/>; what is neither record nor header is blank lines and comments.
/// </summary>
/// <remarks>
/// Well-formed records of usual dialects are cut by CsvHelper, over the text that is in memory at a time. What it reports as
/// malformed, the record that the end of that text cuts off, and all records of other dialects are cut by
/// <see cref="RecordCutter"/>. Both read well-formed records alike, so it does not matter where a block ends.
/// </remarks>
internal sealed class RecordReader : IDisposable
{
    private readonly SourceText _source;
    private readonly ReadingOptions _options;
    private readonly Dialect _dialect;
    private readonly RecordCutter _cutter;
    private readonly MalformedRecords _malformed;
    private readonly CsvReaderOptions? _csvOptions;
    private readonly byte[] _headerRaw;
    private readonly byte[][][] _headers;
    private CsvReader? _csv;
    private bool _isMalformed;
    private bool _isCareful;
    private byte[] _cutRaw = [];
    private int _start;
    private int _end;
    private long _nextLine;

    private RecordReader(SourceText source, ReadingOptions options, StartOfFile start)
    {
        _source = source;
        _options = options;
        Shape = start.Shape;
        _headerRaw = start.HeaderRaw;
        _headers = [.. start.Headers];
        _nextLine = start.Line;
        _dialect = Shape.Dialect;
        _cutter = new RecordCutter(_dialect, options.MaxFields);
        _malformed = new MalformedRecords(_dialect, Shape.Width, options.MaxFields, (byte?)options.Comment, _cutter.Fields);
        if (_dialect.IsSimple)
        {
            _csvOptions = new CsvReaderOptions
            {
                Separator = _dialect.SeparatorText[0],
                Mode = _dialect.HasQuote ? CsvMode.Rfc4180 : CsvMode.NoEscape,
                Quote = _dialect.HasQuote ? _dialect.QuoteText![0] : '"',
                HasHeader = false,
                CommentPrefix = options.Comment,
                // It reports a quote inside an unquoted field too, which is text in either reading.
                OnMalformedRecord = record => _isMalformed |= record.Reason != CsvMalformedReason.StrayQuote,
                IncludeValuesInExceptions = false,
            };
        }
    }

    /// <summary>What the file turned out to be. Warnings and the encoding may still change while reading.</summary>
    public FileShape Shape { get; private set; }

    /// <summary>The physical line, from 1, on which the record starts. CR LF, LF and CR each end one.</summary>
    public long Line { get; private set; }

    /// <summary>Why the record is refused; null when it is whole.</summary>
    public Fault? Fault { get; private set; }

    /// <summary>The column that is at fault, from 0; -1 when it is the record as a whole.</summary>
    public int FaultField { get; private set; } = -1;

    /// <summary>How many fields the record has: the file's width, or 0 when it is refused.</summary>
    public int FieldCount => Fault is null ? Shape.Width : 0;

    /// <summary>
    /// The bytes of the record as they stand in the file, in its own encoding, line end included where the file has one.
    /// Valid until the next read.
    /// </summary>
    public ReadOnlySpan<byte> Raw => IsRawCut ? _cutRaw : _source.Raw(_start, _end);

    /// <summary>
    /// Whether <see cref="Raw"/> is only the first part, of a record that is too large: just more than the limit, so that it
    /// is refused again, and without a line end.
    /// </summary>
    public bool IsRawCut { get; private set; }

    /// <summary>
    /// The bytes of the file before the rows: byte order mark, <c>sep=</c> line, titles, header. Together with some records it
    /// is a file that means the same when it is read with <see cref="FileShape.Pinned"/>.
    /// </summary>
    public ReadOnlySpan<byte> HeaderRaw => _headerRaw;

    /// <summary>How many bytes were read from the stream, for showing progress.</summary>
    public long BytesRead => _source.BytesRead;

    /// <summary>How many bytes of the stream stand before the end of the record.</summary>
    public long Position => _source.Position(_end);

    /// <summary>Reads the start of a file and finds out what the options do not say.</summary>
    /// <param name="bytes">Read forward only, to its end; disposed with the reader.</param>
    /// <param name="options">How to read it.</param>
    /// <exception cref="ReadingOptionException">The options are wrong.</exception>
    /// <exception cref="UnusableFileException">The file is empty, no text, or has no header.</exception>
    public static RecordReader Open(Stream bytes, ReadingOptions options)
    {
        var faults = options.Faults();
        if (faults.Count > 0)
        {
            throw new ReadingOptionException(string.Join(Environment.NewLine, faults));
        }

        var source = new SourceText(bytes, options);
        return new RecordReader(source, options, StartOfFile.Read(source, options));
    }

    /// <summary>Goes to the next record; false at the end of the file.</summary>
    public bool Read()
    {
        Fault = null;
        FaultField = -1;
        IsRawCut = false;
        while (true)
        {
            if (_csv is not null)
            {
                if (ReadFast())
                {
                    return true;
                }

                continue;
            }

            _source.Consume(_end);
            _start = _end = 0;
            if (_source.Text.IsEmpty)
            {
                if (_source.IsAll)
                {
                    return false;
                }

                Grow();
            }
            else if (!TryStartFast() && !SkipBlank() && ReadCarefully())
            {
                return true;
            }
        }
    }

    /// <summary>
    /// The value of a field of a whole record as UTF-8, without quotes and escapes. Valid until the next read.
    /// </summary>
    /// <param name="index">From 0, below <see cref="FieldCount"/>.</param>
    public ReadOnlySpan<byte> Field(int index) =>
        _csv is not null ? _csv.GetSpan(index) : _cutter.Fields.Get(_source.Text, index);

    /// <summary>
    /// The SHA-256 of the first <see cref="Position"/> bytes of the stream. Costs a pass over what was read since the last call.
    /// </summary>
    public byte[] PrefixHash() => _source.Hash(_end);

    public void Dispose()
    {
        _csv?.Dispose();
        _source.Dispose();
    }

    /// <summary>Hands the text to CsvHelper, from the start of a record, where that is possible.</summary>
    private bool TryStartFast()
    {
        // What could be taken for a byte order mark in the middle of a file is not handed over.
        if (_csvOptions is null || _isCareful || _source.Text[0] is 0 or 0xEF or 0xFE or 0xFF)
        {
            return false;
        }

        _csv = CsvReader.Create(_source.Memory, _csvOptions);
        return true;
    }

    private void StopFast(int at)
    {
        _csv!.Dispose();
        _csv = null;
        _isCareful = true;
        _isMalformed = false;
        _start = _end = at;
    }

    /// <summary>The next record by CsvHelper; false when it has to be looked at more carefully.</summary>
    private bool ReadFast()
    {
        if (!_csv!.Read())
        {
            StopFast(_end);
            return false;
        }

        var text = _source.Text;
        var start = (int)_csv.ByteOffset;
        var length = _csv.RawRecord.Length;
        var at = start + length;
        var isCutOff = at >= text.Length || (text[at] == '\r' && at + 1 >= text.Length);
        if ((isCutOff && !_source.IsAll) || _isMalformed || length > _options.MaxRecordBytes)
        {
            StopFast(_end);
            return false;
        }

        if (start > _end)
        {
            _nextLine += Lines.CountEnds(text[_end..start]);
        }

        var end = at + Lines.EndLength(text[at..]);
        if (_csv.FieldCount == 1 && SampleReading.IsBlank(text.Slice(start, length), _dialect))
        {
            _end = end;
            _nextLine++;
            return false;
        }

        Take(start, end);
        Check(_csv.FieldCount);
        return true;
    }

    private void Take(int start, int end)
    {
        _start = start;
        _end = end;
        Line = _nextLine;
        _nextLine += Lines.CountEnds(_source.Text[start..end]);
    }

    /// <summary>
    /// Passes over a blank line or a comment, or reads more to tell; false when the text starts with a record.
    /// </summary>
    private bool SkipBlank()
    {
        var text = _source.Text;
        if (_options.Comment is { } comment && text[0] == comment)
        {
            SkipLine();
            return true;
        }

        if (text[0] is not ((byte)'\r' or (byte)'\n' or (byte)' ' or (byte)'\t'))
        {
            return false;
        }

        var isWhole = Lines.TryFindEnd(text, _source.IsAll, out var length, out var end);
        if (length > _options.MaxRecordBytes || !SampleReading.IsBlank(text[..length], _dialect))
        {
            return false;
        }

        if (isWhole)
        {
            _source.Consume(end);
            _nextLine++;
        }
        else
        {
            Grow();
        }

        return true;
    }

    /// <summary>The next record by our own cutter; false when more text was needed, and it is to be tried again.</summary>
    private bool ReadCarefully()
    {
        var text = _source.Text;
        // Two more, so that a line end after the longest record is seen.
        var most = _options.MaxRecordBytes + 2;
        var isAll = _source.IsAll && text.Length <= most;
        var cut = _cutter.Next(text[..Math.Min(text.Length, most)], isAll);
        if (cut == Cut.NeedMore && text.Length < most)
        {
            Grow();
            return false;
        }

        if (cut == Cut.Record && _cutter.Length <= _options.MaxRecordBytes)
        {
            Take(0, _cutter.End);
            Check(_cutter.Fields.Count);
            return true;
        }

        Lines.TryFindEnd(text, isAll: true, out var line, out _);
        return line > _options.MaxRecordBytes ? RefuseTooLarge() : Judge();
    }

    private bool RefuseTooLarge()
    {
        _cutRaw = _source.RawStart(_options.MaxRecordBytes + 2);
        IsRawCut = true;
        Line = _nextLine;
        Fault = RecordFaults.TooLarge(_options.MaxRecordBytes);
        SkipLine();
        return true;
    }

    private bool Judge()
    {
        switch (_malformed.Judge(_source.Text, _source.IsAll, _source.Consumed))
        {
            case Verdict.NeedMore:
                Grow();
                return false;
            case Verdict.StrayQuotes:
                Take(0, _malformed.End);
                Check(_cutter.Fields.Count);
                return true;
            default:
                Take(0, _malformed.End);
                Fault = RecordFaults.UnbalancedQuote(_nextLine - Line);
                return true;
        }
    }

    private void Check(int count)
    {
        if (!_source.IsWellFormed(_start, _end))
        {
            FaultField = FirstBadField(count);
            Fault = RecordFaults.InvalidEncoding(Shape, FaultField);
        }
        else if (IsHeader(count))
        {
            Fault = RecordFaults.RepeatedHeader(Shape.HeaderLine);
        }
        else if (count != Shape.Width)
        {
            Fault = RecordFaults.Width(Shape.Width, count);
        }
    }

    private bool IsHeader(int count)
    {
        foreach (var header in _headers)
        {
            var index = count == header.Length ? 0 : count + 1;
            while (index < count && Field(index).SequenceEqual(header[index]))
            {
                index++;
            }

            if (index == count)
            {
                return true;
            }
        }

        return false;
    }

    private int FirstBadField(int count)
    {
        for (var index = 0; index < Math.Min(count, _options.MaxFields); index++)
        {
            var value = Field(index);
            if (!Utf8.IsValid(value) || value.IndexOf("\uFFFD"u8) >= 0)
            {
                return index;
            }
        }

        return -1;
    }

    private void SkipLine()
    {
        var wasUndecided = _source.IsUndecided;
        _source.ConsumeLine();
        TellDecision(wasUndecided);
        _isCareful = false;
        _nextLine++;
    }

    private void Grow()
    {
        var wasUndecided = _source.IsUndecided;
        _source.Grow();
        TellDecision(wasUndecided);
        _isCareful = false;
    }

    private void TellDecision(bool wasUndecided)
    {
        if (!wasUndecided || _source.IsUndecided)
        {
            return;
        }

        var encoding = _source.IsSwitched ? TextEncodings.Windows1252 : Encoding.UTF8;
        Shape = Shape with
        {
            Encoding = TextEncodings.Describe(encoding),
            Pinned = Shape.Pinned with { Encoding = encoding.WebName },
            Warnings = StartOfFile.Decision(_source, _nextLine) is { } decision ? [.. Shape.Warnings, decision] : Shape.Warnings,
        };
    }
}
