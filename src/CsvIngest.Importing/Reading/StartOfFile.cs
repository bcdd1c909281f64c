using System.Text;

namespace CsvIngest.Importing.Reading;

/// <summary>
/// Reads the start of a file and finds out what was not said: encoding, dialect, header, width. Afterwards the source stands
/// where the rows start.
/// </summary>
internal sealed class StartOfFile
{
    private readonly SourceText _source;
    private readonly ReadingOptions _options;
    private readonly List<string> _warnings = [];
    private byte[] _mark = [];
    private Encoding _encoding = Encoding.UTF8;

    private StartOfFile(SourceText source, ReadingOptions options)
    {
        _source = source;
        _options = options;
    }

    /// <summary>What the file turned out to be.</summary>
    public FileShape Shape { get; private set; } = null!;

    /// <summary>The values of the header's records; empty without a header.</summary>
    public IReadOnlyList<byte[][]> Headers { get; private set; } = [];

    /// <summary>The bytes of the file before the rows.</summary>
    public byte[] HeaderRaw { get; private set; } = [];

    /// <summary>The physical line on which the rows start.</summary>
    public long Line { get; private set; }

    /// <exception cref="UnusableFileException">The file is empty, no text, or has no header.</exception>
    public static StartOfFile Read(SourceText source, ReadingOptions options)
    {
        var start = new StartOfFile(source, options);
        start.FindEncoding();
        start.FindShape();
        return start;
    }

    private void FindEncoding()
    {
        _source.GrowTo(_options.WindowBytes);
        if (_source.Text.IsEmpty)
        {
            throw new UnusableFileException("The file is empty (0 bytes). Expected at least a header.");
        }

        var named = _options.Encoding is { } name ? TextEncodings.Find(name) : null;
        if (EncodingDetection.ByteOrderMark(_source.Text) is var (marked, length))
        {
            if (named is not null && named.CodePage != marked.CodePage && !IsSameFamily(named, marked))
            {
                _warnings.Add($"The byte order mark says {TextEncodings.Describe(marked)}: --encoding {_options.Encoding} is not used.");
            }

            _mark = _source.Raw(0, length).ToArray();
            _source.Consume(length);
            Use(marked);
            if (_source.Text.IsEmpty && _source.IsFinalBlock)
            {
                throw new UnusableFileException("The file is empty but for a byte order mark. Expected at least a header.");
            }
        }
        else if (named is not null)
        {
            Use(named);
        }
        else
        {
            Guess();
        }
    }

    private static bool IsSameFamily(Encoding named, Encoding marked) =>
        (named.CodePage is 1200 or 1201 && marked.CodePage is 1200 or 1201)
        || (named.CodePage is 12000 or 12001 && marked.CodePage is 12000 or 12001);

    private void Guess()
    {
        var window = _source.Text[..Math.Min(_options.WindowBytes, _source.Text.Length)];
        if (EncodingDetection.NotText(window) is { } kind)
        {
            throw new UnusableFileException($"This is {kind}, not a CSV file. Export or unpack it first.");
        }

        if (EncodingDetection.Utf16(window) is { } utf16)
        {
            _warnings.Add(
                $"The file is taken for {TextEncodings.Describe(utf16)}, though it has no byte order mark. If it is not, say --encoding.");
            Use(utf16);
        }
        else if (EncodingDetection.FirstNonAscii(window) < 0)
        {
            _source.DecideLater();
        }
        else
        {
            var isUtf8 = EncodingDetection.IsUtf8(window, out var firstBad);
            if (firstBad >= 0)
            {
                _warnings.Add(Decision(isUtf8, 1 + Lines.CountEnds(window[..firstBad])));
            }

            Use(isUtf8 ? Encoding.UTF8 : TextEncodings.Windows1252);
        }
    }

    /// <summary>
    /// What people should know when the source has decided about its encoding while it grew; null when there is nothing to say.
    /// </summary>
    /// <param name="source">Has just grown.</param>
    /// <param name="line">The physical line on which its text starts.</param>
    public static string? Decision(SourceText source, long line) =>
        source.LinesBeforeBad < 0 ? null : Decision(!source.IsSwitched, line + source.LinesBeforeBad);

    private static string Decision(bool isUtf8, long line) => isUtf8
        ? $"Line {line} is not UTF-8, though the file is: such rows are rejected. If the file is of another encoding, say --encoding."
        : $"The file is not UTF-8 (first on line {line}) and read as Windows-1252. If it is of another encoding, say --encoding.";

    private void Use(Encoding encoding)
    {
        _encoding = encoding;
        if (encoding.CodePage != TextEncodings.Utf8CodePage)
        {
            _source.Transcode(encoding);
        }
    }

    private void FindShape()
    {
        var (at, line, hint, separatorLines) = SkipLines();
        var (sample, isFinalBlock) = Sample(at);
        if (Decision(_source, 1) is { } decision)
        {
            _encoding = _source.IsSwitched ? TextEncodings.Windows1252 : _encoding;
            _warnings.Add(decision);
        }

        var dialect = DialectDetection.Find(sample, isFinalBlock, _options, hint, out var doubt);
        if (doubt is not null)
        {
            _warnings.Add(doubt);
        }

        var cutter = new RecordCutter(dialect, _options.MaxFields + 1);
        var found = new HeaderDetection(_options, cutter, _warnings).Find(sample, isFinalBlock);
        if (Math.Max(found.Width, found.Headers.Select(header => header.Length).DefaultIfEmpty().Max()) > _options.MaxFields)
        {
            throw new UnusableFileException($"The file has more than {_options.MaxFields} columns.");
        }

        var headerLine = line + Lines.CountEnds(sample.AsSpan(0, found.Start));
        if (found.Titles > 0)
        {
            _warnings.Add($"The lines before line {headerLine} are taken for a title or comments. If they are not, say --skip-lines.");
        }

        Headers = found.Headers;
        Line = line + Lines.CountEnds(sample.AsSpan(0, found.End));
        HeaderRaw = [.. _mark, .. _source.Raw(0, at + found.End)];
        Shape = new FileShape
        {
            Dialect = dialect,
            Encoding = TextEncodings.Describe(_encoding),
            Names = found.Names(),
            HeaderLine = found.Headers.Count == 0 ? 0 : headerLine,
            Width = found.Width,
            HeaderLooksLikeData = found.Headers.Count > 0 && found.Headers[0].Any(value => value.AsSpan().Contains((byte)'@')),
            LineEnd = LineEnd(_source.Text),
            Warnings = _warnings,
            Pinned = Pin(dialect, found.Width, (int)(found.Headers.Count == 0 ? line - 1 : headerLine - 1), separatorLines),
        };
        _source.Consume(at + found.End);
    }

    /// <summary>The lines that are passed over unseen: <c>sep=;</c> and what <c>--skip-lines</c> says.</summary>
    private (int At, long Line, string? Hint, int SeparatorLines) SkipLines()
    {
        var (at, line) = (0, 1L);
        var end = LineAt(0, out var length);
        var first = _source.Text[..length];
        string? hint = null;
        if (length is > 4 and < 64 && Ascii.EqualsIgnoreCase(first[..4], "sep="u8))
        {
            hint = Encoding.UTF8.GetString(first[4..]);
            (at, line) = (end, 2);
        }

        for (var skip = (_options.SkipLines ?? 0) - (hint is null ? 0 : 1); skip > 0; skip--)
        {
            at += LineAt(at, out _);
            line++;
        }

        return (at, line, hint, hint is null ? 0 : 1);
    }

    /// <summary>The length of the line at a place, with its line end.</summary>
    private int LineAt(int at, out int length)
    {
        var most = Math.Max(_options.MaxRecordBytes, SampleReading.SampleBytes);
        while (true)
        {
            var isWhole = Lines.TryFindEnd(_source.Text[at..], _source.IsFinalBlock, out length, out var end);
            if (length > most)
            {
                throw new UnusableFileException($"A line at the start is longer than {most} bytes. Is this a CSV file?");
            }

            if (isWhole)
            {
                return end;
            }

            _source.Grow();
        }
    }

    /// <summary>The text that is looked at to find out the shape: it ends at a line end.</summary>
    private (byte[] Sample, bool IsFinalBlock) Sample(int at)
    {
        var bytes = Math.Min(SampleReading.SampleBytes, _options.WindowBytes);
        _source.GrowTo(at + bytes + 1);
        var text = _source.Text[at..];
        if (text.Length <= bytes && _source.IsFinalBlock)
        {
            return (text.ToArray(), true);
        }

        var last = text[..Math.Min(bytes, text.Length)].LastIndexOfAny((byte)'\r', (byte)'\n');
        var end = last < 0 ? LineAt(at, out _) : last + 1;
        // A CR that is cut off from its LF would look like a line of its own.
        text = _source.Text[at..];
        end += end > 0 && end < text.Length && text[end - 1] == '\r' && text[end] == '\n' ? 1 : 0;
        return (text[..end].ToArray(), end == text.Length && _source.IsFinalBlock);
    }

    private byte[] LineEnd(ReadOnlySpan<byte> text)
    {
        var at = text.IndexOfAny((byte)'\r', (byte)'\n');
        var end = at < 0 ? "\n" : Encoding.UTF8.GetString(text.Slice(at, Lines.EndLength(text[at..])));
        return _encoding.GetBytes(end);
    }

    private ReadingOptions Pin(Dialect dialect, int width, int skipLines, int separatorLines) => _options with
    {
        Delimiter = dialect.SeparatorText,
        Quote = dialect.QuoteText is { } quote ? QuoteSetting.Of(quote) : QuoteSetting.None,
        Escape = dialect.Style switch
        {
            EscapeStyle.Doubled => EscapeSetting.Doubled,
            EscapeStyle.Character => EscapeSetting.Of(dialect.EscapeText!),
            _ => EscapeSetting.None,
        },
        Encoding = _source.IsUndecided ? null : _encoding.WebName,
        SkipLines = Math.Max(skipLines, separatorLines),
        Width = width,
    };
}
