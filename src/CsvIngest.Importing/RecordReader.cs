using System.Text;
using CsvIngest.Datasets;
using CsvIngest.Importing.Detection;
using CsvIngest.Importing.Records;
using CsvIngest.Importing.Text;
using CsvIngest.Values;

namespace CsvIngest.Importing;

/// <summary>
/// Reads a file of any dialect and encoding, record by record, in constant memory. Every record is either whole, with the file's number
/// of fields, or rejected with a <see cref="Values.RejectReason"/>. Blank lines and comments are skipped.
/// </summary>
/// <remarks>
/// It stands above the three parts of reading: Text (bytes to UTF-8 lines), Records (lines to fields), and Detection (what is not
/// specified about either).
/// </remarks>
internal sealed class RecordReader : IDisposable
{
    /// <summary>How much of the text <see cref="FirstRows"/> looks at. 64 KiB, a guess: hundreds of rows, in less than a millisecond.</summary>
    private const int FirstRowsBytes = 64 << 10;

    private readonly SourceText _source;
    private readonly ReadingOptions _options;
    private readonly Action<ImportWarning> _warn;
    private readonly Dialect _dialect;
    private readonly RecordCutter _cutter;
    private readonly MalformedRecords _malformed;
    private readonly RecordChecks _checks;
    private readonly byte[] _headerRaw;
    private byte[]? _keptRaw;
    private int _end;
    private bool _hasTextFormula;
    private long _nextLine;

    private RecordReader(SourceText source, ReadingOptions options, Action<ImportWarning> warn, StartOfFile start)
    {
        _source = source;
        _options = options;
        _warn = warn;
        Shape = start.Shape;
        _headerRaw = start.HeaderRaw;
        _nextLine = start.Line;
        _dialect = Shape.Dialect;
        _cutter = new RecordCutter(_dialect, options.MaxFields);
        _malformed = new MalformedRecords(_dialect, start.Width, options.MaxFields, _cutter.Fields);
        _checks = new RecordChecks(start.Headers, start.Width);
    }

    /// <summary>The shape of the file. The encoding can still be decided while reading.</summary>
    public FileShape Shape { get; private set; }

    /// <summary>The physical line, from 1, on which the record starts. CR LF, LF and CR each end a line.</summary>
    public long Line { get; private set; }

    /// <summary>Why the record is rejected; null if it is whole.</summary>
    public RejectReason? RejectReason { get; private set; }

    /// <summary>How many fields the record has: the width of the file, or 0 if it is rejected.</summary>
    public int FieldCount => RejectReason is null ? Shape.Width : 0;

    /// <summary>
    /// The bytes of the record in the file, in its own encoding, with its line end if it has one. Valid until the next read.
    /// </summary>
    public ReadOnlySpan<byte> Raw => _keptRaw is null ? _source.Raw(0, _end) : _keptRaw;

    /// <summary>
    /// Whether <see cref="Raw"/> is only the start of a record that is too large. It exceeds the limit by so much that it is rejected
    /// again if a line end is appended.
    /// </summary>
    public bool IsRawTruncated { get; private set; }

    /// <summary>
    /// The bytes of the file before the first row: byte order mark, <c>sep=</c> line, titles, header. Followed by some of the records,
    /// they form a file that has the same meaning if it is read with <see cref="FileShape.Pinned"/>.
    /// </summary>
    public ReadOnlySpan<byte> HeaderRaw => _headerRaw;

    /// <summary>Whether the end of the stream has been reached, so that a file that is still being written may truncate the record.</summary>
    public bool IsAtEnd => _source.IsFinalBlock;

    /// <summary>How many bytes of the stream precede the end of the record.</summary>
    public long Position => _source.Position(_end);

    /// <summary>Reads the start of a file and detects what the options do not specify.</summary>
    /// <param name="bytes">The file, read forward only to its end; the caller disposes it.</param>
    /// <param name="options">How to read it.</param>
    /// <param name="warn">
    /// Receives each warning as soon as the problem is found: most of them before this method returns, those about the encoding possibly
    /// during <see cref="Read"/>.
    /// </param>
    /// <param name="expected">
    /// What the header must contain: helps to tell it from titles, and to detect the delimiter. Defaults to null: not known.
    /// </param>
    /// <exception cref="ImportOptionsException">The options are invalid; lists all faults.</exception>
    /// <exception cref="UnusableFileException">The file is empty, is not a CSV file, or has no header.</exception>
    public static RecordReader Open(
        Stream bytes, ReadingOptions options, Action<ImportWarning> warn, ExpectedHeader? expected = null)
    {
        if (options.Faults() is { Count: > 0 } faults)
        {
            throw new ImportOptionsException(faults);
        }

        var source = new SourceText(bytes, options.BlockBytes, options.WindowBytes, options.HashPrefix);
        try
        {
            return new RecordReader(source, options, warn, StartOfFile.Read(source, options, expected, warn));
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>The options to pass if the header is not what was detected; none if what is there instead is a row.</summary>
    public IEnumerable<Remedy> DetectionRemedies()
    {
        if (Shape.HeaderLine == 0 || ExpectedHeader.IsMissing(Shape.Names))
        {
            yield break;
        }

        if (_options.Delimiter is null)
        {
            yield return new Remedy(ImportOption.Delimiter);
        }

        if (_options.SkipLines is null)
        {
            yield return new Remedy(ImportOption.SkipLines);
        }

        // UTF-8 is certain, unless a header has characters that could not be read, or the escapes of ISO 2022.
        if (_options.Encoding is null
            && (_source.Encoding.CodePage != TextEncodings.Utf8CodePage || Shape.Names.Any(name => name.AsSpan().ContainsAny('\uFFFD', '\e'))))
        {
            yield return new Remedy(ImportOption.Encoding);
        }
    }

    /// <summary>
    /// The values of the next rows that are whole, as far as they have been read from the stream already. It changes nothing; call it before
    /// the first <see cref="Read"/>.
    /// </summary>
    public IReadOnlyList<string[]> FirstRows()
    {
        var text = _source.Text[..Math.Min(FirstRowsBytes, _source.Text.Length)].ToArray();
        var cutter = new RecordCutter(_dialect, _options.MaxFields);
        var rows = new List<string[]>();
        foreach (var record in new Sample(text, _source.IsFinalBlock && text.Length == _source.Text.Length).Read(_dialect, cutter))
        {
            if (record.Width == Shape.Width)
            {
                var bytes = text.AsSpan(record.Start..record.End);
                cutter.Next(bytes, isFinalBlock: true);
                var values = new string[Shape.Width];
                for (var i = 0; i < values.Length; i++)
                {
                    values[i] = Encoding.UTF8.GetString(cutter.Fields.Get(bytes, i));
                }

                rows.Add(values);
            }
        }

        return rows;
    }

    /// <summary>Reads the next record; false at the end of the file.</summary>
    public bool Read()
    {
        RejectReason = null;
        _keptRaw = null;
        IsRawTruncated = false;
        while (true)
        {
            _source.Consume(_end);
            _end = 0;
            if (!_source.Text.IsEmpty)
            {
                if (!SkipLine() && TryReadRecord())
                {
                    return true;
                }
            }
            else if (_source.IsFinalBlock)
            {
                return false;
            }
            else
            {
                Grow();
            }
        }
    }

    /// <summary>
    /// The value of a field of a whole record as UTF-8, without quotes and escapes; of a formula such as <c>="00501"</c> its text. Valid
    /// until the next read.
    /// </summary>
    /// <param name="index">The index of the field, from 0, less than <see cref="FieldCount"/>.</param>
    public ReadOnlySpan<byte> Field(int index)
    {
        var value = _cutter.Fields.Get(_source.Text, index);
        return value is [(byte)'=', ..] ? TextOfFormula(value) : value;
    }

    /// <summary>
    /// The SHA-256 of the first <see cref="Position"/> bytes of the stream. Hashes what has been read since the last call.
    /// </summary>
    public byte[] PrefixHash() => _source.Hash(_end);

    /// <summary>
    /// The SHA-256 of the whole stream, once <see cref="Read"/> has returned false; null unless <see cref="ReadingOptions.HashPrefix"/> is set.
    /// </summary>
    public byte[]? ContentHash() => _options.HashPrefix ? _source.HashAll() : null;

    /// <summary>The size of the whole stream in bytes, once <see cref="Read"/> has returned false.</summary>
    public long ContentBytes => _source.BytesRead;

    public void Dispose() => _source.Dispose();

    private ReadOnlySpan<byte> TextOfFormula(ReadOnlySpan<byte> value)
    {
        if (!TextFormula.TryRead(value, out var text))
        {
            return value;
        }

        if (!_hasTextFormula)
        {
            _hasTextFormula = true;
            _warn(new ImportWarning(
                $"Line {Line} contains a value that is written as a formula, such as =\"00501\". Only the text in its quotes is imported, here and further down."));
        }

        return text;
    }

    /// <summary>Skips a blank line or a comment, or reads more to decide; false if the text starts with a record.</summary>
    private bool SkipLine()
    {
        var text = _source.Text;
        if (!_dialect.MayBeSkipped(text))
        {
            return false;
        }

        var mark = Lines.MarkLength(text);
        text = text[mark..];
        if (!text.IsEmpty && _dialect.IsComment(text[0]))
        {
            ConsumeLine();
            return true;
        }

        if (!_dialect.MayBeBlank(text))
        {
            return false;
        }

        var isWhole = Lines.TryFindEnd(text, _source.IsFinalBlock, out var length, out var end);
        if (length > _options.MaxRecordBytes || !_dialect.IsBlank(text[..length]))
        {
            return false;
        }

        if (isWhole)
        {
            _source.Consume(mark + end);
            _nextLine++;
        }
        else
        {
            Grow();
        }

        return true;
    }

    /// <summary>Reads the next record; false if more text had to be read first.</summary>
    private bool TryReadRecord()
    {
        var text = _source.Text;
        var limit = _options.MaxRecordBytes + Lines.MarkLength(text);
        // Two bytes more, so that a line end after the longest record is included.
        var most = limit + 2;
        var cut = text.Length <= most ? _cutter.Next(text, _source.IsFinalBlock) : _cutter.Next(text[..most], isFinalBlock: false);
        if (cut == Cut.NeedMoreData && text.Length < most)
        {
            Grow();
            return false;
        }

        if (cut == Cut.Record && _cutter.Length <= limit)
        {
            TakeRecord(_cutter.End);
            return true;
        }

        Lines.TryFindEnd(text, isFinalBlock: true, out var line, out _);
        return line > limit ? RejectTooLarge(limit) : TryReadMalformed();
    }

    private bool RejectTooLarge(int limit)
    {
        // Consuming the line discards its bytes.
        _keptRaw = _source.RawStart(limit + 2, out var isCut);
        IsRawTruncated = isCut;
        Line = _nextLine;
        RejectReason = RecordChecks.TooLarge(_options.MaxRecordBytes);
        ConsumeLine();
        return true;
    }

    private bool TryReadMalformed()
    {
        switch (_malformed.Examine(_source.Text, _source.IsFinalBlock, _source.Consumed))
        {
            case Verdict.NeedMoreData:
                Grow();
                return false;
            case Verdict.StrayQuotes:
                TakeRecord(_malformed.End);
                return true;
            default:
                TakeLines(_malformed.End);
                RejectReason = RecordChecks.UnbalancedQuote(_nextLine - Line);
                return true;
        }
    }

    private void TakeRecord(int end)
    {
        TakeLines(end);
        RejectReason = _source.IsWellFormed(0, end)
            ? _checks.Check(_cutter.Fields, _source.Text)
            : RecordChecks.InvalidEncoding(Shape.Encoding);
        if (_cutter.Fields.Count < FieldCount)
        {
            _cutter.Fields.PadTo(FieldCount);
        }
    }

    private void TakeLines(int end)
    {
        _end = end;
        Line = _nextLine;
        _nextLine += Lines.CountEnds(_source.Text[..end]);
    }

    private void ConsumeLine()
    {
        var wasUndecided = _source.IsUndecided;
        _source.ConsumeLine();
        NoteEncoding(wasUndecided);
        _nextLine++;
    }

    private void Grow()
    {
        var wasUndecided = _source.IsUndecided;
        _source.Grow();
        NoteEncoding(wasUndecided);
    }

    private void NoteEncoding(bool wasUndecided)
    {
        if (wasUndecided && !_source.IsUndecided)
        {
            Shape = Shape.With(_source.Encoding);
            StartOfFile.WarnOfInvalidBytes(_source, _nextLine, _warn);
        }
    }
}
