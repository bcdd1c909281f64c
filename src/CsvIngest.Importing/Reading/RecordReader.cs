using CsvIngest.Settings;
using CsvIngest.Values;

namespace CsvIngest.Importing.Reading;

/// <summary>
/// Reads a file of any dialect and encoding, record by record, in constant memory. Every record is either whole, with the
/// file's number of fields, or refused with a <see cref="RejectReason"/>; what is neither record nor header is blank lines and comments.
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
    private readonly SkippedLines _skippedLines;
    private readonly MalformedRecords _malformed;
    private readonly FastCutter? _fast;
    private readonly RecordChecks _checks;
    private readonly byte[] _headerRaw;
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
        _nextLine = start.Line;
        _dialect = Shape.Dialect;
        _cutter = new RecordCutter(_dialect, options.MaxFields);
        _skippedLines = new SkippedLines(_dialect, options);
        _malformed = new MalformedRecords(_dialect, Shape.Width, options.MaxFields, (byte?)options.Comment, _cutter.Fields);
        _fast = FastCutter.For(_dialect, options.Comment, options.MaxRecordBytes);
        _checks = new RecordChecks(start.Headers, options.MaxFields);
    }

    /// <summary>What the file turned out to be. Warnings and the encoding may still change while reading.</summary>
    public FileShape Shape { get; private set; }

    /// <summary>The physical line, from 1, on which the record starts. CR LF, LF and CR each end one.</summary>
    public long Line { get; private set; }

    /// <summary>Why the record is refused; null when it is whole.</summary>
    public RejectReason? RejectReason { get; private set; }

    /// <summary>The column that is at fault, from 0; -1 when it is the record as a whole.</summary>
    public int FaultField { get; private set; } = -1;

    /// <summary>How many fields the record has: the file's width, or 0 when it is refused.</summary>
    public int FieldCount => RejectReason is null ? Shape.Width : 0;

    /// <summary>
    /// The bytes of the record as they stand in the file, in its own encoding, line end included where the file has one.
    /// Valid until the next read.
    /// </summary>
    public ReadOnlySpan<byte> Raw => IsRawCut ? _cutRaw : _source.Raw(_start, _end);

    /// <summary>
    /// Whether <see cref="Raw"/> is only the first part, of a record that is too large: just more than the limit, so that it
    /// is refused again when a line end is put after it.
    /// </summary>
    public bool IsRawCut { get; private set; }

    /// <summary>
    /// The bytes of the file before the rows: byte order mark, <c>sep=</c> line, titles, header. Together with some records it
    /// is a file that means the same when it is read with <see cref="FileShape.Pinned"/>.
    /// </summary>
    public ReadOnlySpan<byte> HeaderRaw => _headerRaw;

    /// <summary>How many bytes were read from the stream, for showing progress.</summary>
    public long BytesRead => _source.BytesRead;

    /// <summary>Whether the end of the stream was met: what comes out now may have been cut there.</summary>
    public bool IsAtEnd => _source.IsFinalBlock;

    /// <summary>How many bytes of the stream stand before the end of the record.</summary>
    public long Position => _source.Position(_end);

    /// <summary>Reads the start of a file and finds out what the options do not say.</summary>
    /// <param name="bytes">Read forward only, to its end; disposed with the reader.</param>
    /// <param name="options">How to read it.</param>
    /// <exception cref="UsageException">The options are wrong.</exception>
    /// <exception cref="UnusableFileException">The file is empty, no text, or has no header.</exception>
    public static RecordReader Open(Stream bytes, ReadingOptions options)
    {
        if (options.Faults() is { Count: > 0 } faults)
        {
            throw new UsageException(string.Join(Environment.NewLine, faults));
        }

        var source = new SourceText(bytes, options);
        try
        {
            return new RecordReader(source, options, StartOfFile.Read(source, options));
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>Goes to the next record; false at the end of the file.</summary>
    public bool Read()
    {
        RejectReason = null;
        FaultField = -1;
        IsRawCut = false;
        while (true)
        {
            if (_fast is { IsRunning: true })
            {
                if (ReadFast(_fast))
                {
                    return true;
                }

                continue;
            }

            _source.Consume(_end);
            _start = _end = 0;
            if (_source.Text.IsEmpty)
            {
                if (_source.IsFinalBlock)
                {
                    return false;
                }

                Grow();
            }
            else if ((_isCareful || _fast?.TryStart(_source.Memory) != true) && !SkipBlank() && ReadCarefully())
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
        _fast is { IsRunning: true } ? _fast.Field(index) : _cutter.Fields.Get(_source.Text, index);

    /// <summary>
    /// The SHA-256 of the first <see cref="Position"/> bytes of the stream. Costs a pass over what was read since the last call.
    /// </summary>
    public byte[] PrefixHash() => _source.Hash(_end);

    public void Dispose()
    {
        _fast?.Dispose();
        _source.Dispose();
    }

    /// <summary>The next record by CsvHelper; false when it is a blank line, or has to be looked at more carefully.</summary>
    private bool ReadFast(FastCutter fast)
    {
        var text = _source.Text;
        if (!fast.Next(text, _source.IsFinalBlock))
        {
            fast.Stop();
            _isCareful = true;
            _start = _end;
            return false;
        }

        var (start, length) = fast.Record;
        if (start > _end)
        {
            _nextLine += Lines.CountEnds(text[_end..start]);
        }

        Take(start, start + length + Lines.EndLength(text[(start + length)..]));
        if (fast.FieldCount == 1 && SampleReading.IsBlank(text.Slice(start, length), _dialect))
        {
            return false;
        }

        Check(fast.FieldCount);
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
        switch (_skippedLines.Look(_source.Text, _source.IsFinalBlock, out var end))
        {
            case FirstLine.Comment:
                SkipLine();
                return true;
            case FirstLine.Blank:
                _source.Consume(end);
                _nextLine++;
                return true;
            case FirstLine.NeedMoreData:
                Grow();
                return true;
            default:
                return false;
        }
    }

    /// <summary>The next record by our own cutter; false when more text was needed, and it is to be tried again.</summary>
    private bool ReadCarefully()
    {
        var text = _source.Text;
        // Two more, so that a line end after the longest record is seen.
        var most = _options.MaxRecordBytes + 2;
        var isFinalBlock = _source.IsFinalBlock && text.Length <= most;
        var cut = _cutter.Next(text[..Math.Min(text.Length, most)], isFinalBlock);
        if (cut == Cut.NeedMoreData && text.Length < most)
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

        Lines.TryFindEnd(text, isFinalBlock: true, out var line, out _);
        return line > _options.MaxRecordBytes ? RejectTooLarge() : Judge();
    }

    private bool RejectTooLarge()
    {
        _cutRaw = _source.RawStart(_options.MaxRecordBytes + 2);
        IsRawCut = true;
        Line = _nextLine;
        RejectReason = RecordFaults.TooLarge(_options.MaxRecordBytes);
        SkipLine();
        return true;
    }

    private bool Judge()
    {
        switch (_malformed.Judge(_source.Text, _source.IsFinalBlock, _source.Consumed))
        {
            case Verdict.NeedMoreData:
                Grow();
                return false;
            case Verdict.StrayQuotes:
                Take(0, _malformed.End);
                Check(_cutter.Fields.Count);
                return true;
            default:
                Take(0, _malformed.End);
                RejectReason = RecordFaults.UnbalancedQuote(_nextLine - Line);
                return true;
        }
    }

    private void Check(int count)
    {
        RejectReason = _checks.Check(this, count, _source.IsWellFormed(_start, _end), out var field);
        FaultField = field;
    }

    private void SkipLine()
    {
        var wasUndecided = _source.IsUndecided;
        _source.ConsumeLine();
        Shape = wasUndecided && !_source.IsUndecided ? Shape.Decided(_source, _nextLine) : Shape;
        _isCareful = false;
        _nextLine++;
    }

    private void Grow()
    {
        var wasUndecided = _source.IsUndecided;
        _source.Grow();
        Shape = wasUndecided && !_source.IsUndecided ? Shape.Decided(_source, _nextLine) : Shape;
        _isCareful = false;
    }
}
