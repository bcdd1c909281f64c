using System.Globalization;
using System.Text;
using CsvIngest.Datasets;
using CsvIngest.Importing.Records;
using CsvIngest.Importing.Text;

namespace CsvIngest.Importing.Detection;

/// <summary>
/// Reads the start of a file and detects what is not specified: encoding, dialect, header, width. Afterwards the text starts with the
/// first row.
/// </summary>
internal sealed class StartOfFile
{
    private readonly SourceText _source;
    private readonly ReadingOptions _options;
    private readonly HeaderSearch _search;
    private readonly Action<ImportWarning> _warn;
    private byte[] _byteOrderMark = [];

    private StartOfFile(SourceText source, ReadingOptions options, ExpectedHeader? expected, Action<ImportWarning> warn)
    {
        _source = source;
        _options = options;
        _search = new HeaderSearch(expected, options);
        _warn = warn;
    }

    /// <summary>The shape of the file. Only its encoding can still change.</summary>
    public FileShape Shape { get; private set; } = null!;

    /// <summary>How many fields a row has.</summary>
    public RecordWidth Width { get; private set; }

    /// <summary>The values of the header's records; empty without a header.</summary>
    public IReadOnlyList<byte[][]> Headers { get; private set; } = [];

    /// <summary>The bytes of the file before the first row.</summary>
    public byte[] HeaderRaw { get; private set; } = [];

    /// <summary>The physical line, from 1, of the first row.</summary>
    public long Line { get; private set; }

    /// <param name="source">The file.</param>
    /// <param name="options">What is specified.</param>
    /// <param name="expected">What the header must contain; null if that is not known.</param>
    /// <param name="warn">Receives what is not certain.</param>
    /// <exception cref="UnusableFileException">The file is empty, is not a CSV file, or has no header.</exception>
    public static StartOfFile Read(SourceText source, ReadingOptions options, ExpectedHeader? expected, Action<ImportWarning> warn)
    {
        var start = new StartOfFile(source, options, expected, warn);
        start.FindEncoding();
        start.FindShape();
        return start;
    }

    /// <summary>Warns of bytes that are not valid UTF-8 if growing the text has just decided the encoding and found some.</summary>
    /// <param name="source">The text.</param>
    /// <param name="line">The physical line on which the text starts.</param>
    /// <param name="warn">Receives the warning.</param>
    public static void WarnOfInvalidBytes(SourceText source, long line, Action<ImportWarning> warn)
    {
        if (source.LinesBeforeInvalid >= 0)
        {
            warn(InvalidBytes(source.Encoding, line + source.LinesBeforeInvalid));
        }
    }

    private static ImportWarning InvalidBytes(Encoding encoding, long line) => new(
        encoding.CodePage == TextEncodings.Utf8CodePage
            ? $"Line {line} contains invalid UTF-8; such rows are rejected."
            : $"The file is not valid UTF-8 (first at line {line}); reading it as {TextEncodings.Describe(encoding)}.",
        new Remedy(ImportOption.Encoding));

    private void FindEncoding()
    {
        _source.GrowTo(_options.WindowBytes);
        if (_source.Text.IsEmpty)
        {
            throw new UnusableFileException("The file is empty (0 bytes). Expected at least a header.");
        }

        Reject(FileFormat.OfBytes(StartOfText(_options.WindowBytes)));

        var specified = _options.Encoding is { } name ? TextEncodings.Find(name) : null;
        if (TextEncodings.ByteOrderMark(_source.Text) is var (marked, length))
        {
            if (specified is not null && specified.CodePage != marked.CodePage && !IsSameFamily(specified, marked))
            {
                _warn(new ImportWarning(
                    $"The byte order mark indicates {TextEncodings.Describe(marked)}; the specified encoding {_options.Encoding} is ignored."));
            }

            _byteOrderMark = _source.Raw(0, length).ToArray();
            _source.Consume(length);
            Use(marked);
            if (_source.Text.IsEmpty && _source.IsFinalBlock)
            {
                throw new UnusableFileException("The file contains only a byte order mark. Expected at least a header.");
            }
        }
        else if (specified is not null)
        {
            Use(specified);
        }
        else
        {
            DetectEncoding();
        }
    }

    private static bool IsSameFamily(Encoding specified, Encoding marked) =>
        (specified.CodePage is 1200 or 1201 && marked.CodePage is 1200 or 1201)
        || (specified.CodePage is 12000 or 12001 && marked.CodePage is 12000 or 12001);

    private void DetectEncoding()
    {
        var window = StartOfText(_options.WindowBytes);
        if (Utf16Detection.Detect(window) is { } utf16)
        {
            _warn(new ImportWarning(
                $"Detected {TextEncodings.Describe(utf16)}, although the file has no byte order mark.", new Remedy(ImportOption.Encoding)));
            Use(utf16);
        }
        else if (TextEncodings.FirstNonAscii(window) < 0)
        {
            _source.DecideLater();
        }
        else
        {
            var encoding = TextEncodings.Detect(window, out var firstInvalid);
            if (firstInvalid >= 0)
            {
                _warn(InvalidBytes(encoding, 1 + Lines.CountEnds(window[..firstInvalid])));
            }

            Use(encoding);
        }
    }

    private void Use(Encoding encoding)
    {
        if (encoding.CodePage != TextEncodings.Utf8CodePage)
        {
            _source.Transcode(encoding);
        }
    }

    /// <summary>At most so many bytes of the text, the same ones however much of it has been read.</summary>
    private ReadOnlySpan<byte> StartOfText(int most) => _source.Text[..Math.Min(most, _source.Text.Length)];

    private static void Reject(FileFormat? format)
    {
        if (format is not null)
        {
            throw format.ToException();
        }
    }

    private void FindShape()
    {
        var most = Math.Min(Sample.MaxBytes, _options.WindowBytes);
        _source.GrowTo(most);
        Reject(FileFormat.OfText(StartOfText(most)));
        var (at, line, hint) = SkipLines();
        var sample = ReadSample(at);
        WarnOfInvalidBytes(_source, 1, _warn);

        var dialect = new DialectDetection(sample, _options, _search, _warn).Detect(hint);
        var header = new HeaderDetection(sample, dialect, _options, _search, _warn).Detect();
        if (Math.Max(header.Width.Columns, header.Headers.Select(values => values.Length).DefaultIfEmpty().Max()) > _options.MaxFields)
        {
            throw new UnusableFileException(
                $"The file has more than {_options.MaxFields} columns.", remedies: new Remedy(ImportOption.MaxFields));
        }

        var headerLine = line + Lines.CountEnds(sample.Bytes[..header.Start]);
        if (header.HasRowAbove)
        {
            throw new UnusableFileException(
                $"Line {headerLine} is the header, but a line before it looks like a row, which would be lost.",
                remedies: new Remedy(ImportOption.SkipLines, (headerLine - 1).ToString(CultureInfo.InvariantCulture)));
        }

        if (header.Titles > 0)
        {
            _warn(new ImportWarning(
                $"Treating the lines before line {headerLine} as a title or comments.", new Remedy(ImportOption.SkipLines)));
        }

        var hasHeader = header.Headers.Count > 0;
        Headers = header.Headers;
        Width = header.Width;
        Line = line + Lines.CountEnds(sample.Bytes[..header.End]);
        HeaderRaw = [.. _byteOrderMark, .. _source.Raw(0, at + header.End)];
        Shape = new FileShape
        {
            Dialect = dialect,
            Encoding = TextEncodings.Describe(_source.Encoding),
            Names = header.Names(),
            HeaderLine = hasHeader ? headerLine : 0,
            Width = header.Width.Columns,
            LineEnd = FirstLineEnd(),
            Pinned = Pin(dialect, header.Width, Math.Max((int)(hasHeader ? headerLine : line) - 1, hint is null ? 0 : 1)),
        };
        _source.Consume(at + header.End);
    }

    /// <summary>Skips a <c>sep=</c> line, whose separator is the hint, and as many lines as are specified.</summary>
    private (int At, long Line, string? Hint) SkipLines()
    {
        var (at, line) = (0, 1L);
        var end = LineEndAt(0, out var length);
        var first = _source.Text[Lines.MarkLength(_source.Text)..length];
        string? hint = null;
        if (first.Length is > 4 and < 64 && Ascii.EqualsIgnoreCase(first[..4], "sep="u8))
        {
            hint = Encoding.UTF8.GetString(first[4..]);
            (at, line) = (end, 2);
        }

        for (var skip = (_options.SkipLines ?? 0) - (hint is null ? 0 : 1); skip > 0; skip--)
        {
            at += LineEndAt(at, out _);
            line++;
        }

        return (at, line, hint);
    }

    /// <summary>The length of the line at a position, with its line end.</summary>
    private int LineEndAt(int at, out int length)
    {
        var most = Math.Max(_options.MaxRecordBytes, Sample.MaxBytes);
        while (true)
        {
            var isWhole = Lines.TryFindEnd(_source.Text[at..], _source.IsFinalBlock, out length, out var end);
            if (length > most)
            {
                throw new UnusableFileException(
                    $"A line at the start of the file is longer than {most} bytes. Check that this is a CSV file.",
                    remedies: new Remedy(ImportOption.MaxRecordBytes));
            }

            if (isWhole)
            {
                return end;
            }

            _source.Grow();
        }
    }

    private Sample ReadSample(int at)
    {
        var bytes = Math.Min(Sample.MaxBytes, _options.WindowBytes);
        _source.GrowTo(at + bytes + 1);
        var text = _source.Text[at..];
        if (text.Length <= bytes && _source.IsFinalBlock)
        {
            return new Sample(text.ToArray(), isFinalBlock: true);
        }

        var last = text[..Math.Min(bytes, text.Length)].LastIndexOfAny((byte)'\r', (byte)'\n');
        var end = last < 0 ? LineEndAt(at, out _) : last + 1;
        // Do not split CR LF: the LF would count as another line.
        text = _source.Text[at..];
        end += end > 0 && end < text.Length && text[end - 1] == '\r' && text[end] == '\n' ? 1 : 0;
        return new Sample(text[..end].ToArray(), isFinalBlock: end == text.Length && _source.IsFinalBlock);
    }

    private byte[] FirstLineEnd()
    {
        var text = _source.Text;
        var at = text.IndexOfAny((byte)'\r', (byte)'\n');
        var end = at < 0 ? "\n" : Encoding.UTF8.GetString(text.Slice(at, Lines.EndLength(text[at..])));
        return _source.Encoding.GetBytes(end);
    }

    private ReadingOptions Pin(Dialect dialect, RecordWidth width, int skipLines) => _options with
    {
        Delimiter = dialect.SeparatorText,
        Quote = dialect.QuoteText is { } quote ? QuoteSetting.Of(quote) : QuoteSetting.None,
        Escape = dialect.Style switch
        {
            EscapeStyle.Doubled => EscapeSetting.Doubled,
            EscapeStyle.Character => EscapeSetting.Of(dialect.EscapeText!),
            _ => EscapeSetting.None,
        },
        Encoding = _source.IsUndecided ? null : _source.Encoding.WebName,
        SkipLines = skipLines,
        Width = width.Columns,
        FewestFields = width.Fewest,
    };
}
