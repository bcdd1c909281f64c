using System.CommandLine;
using System.CommandLine.Completions;
using CsvIngest.Importing.Detection;

namespace CsvIngest.Producer.CommandLine;

/// <summary>The flags that specify how a file is written, as far as that is not to be detected.</summary>
internal sealed class ReadingFlags
{
    private readonly Option<string?> _delimiter = new("--delimiter")
    {
        Description = "Field delimiter: one or several characters, tab or \\t [default: auto-detect]", HelpName = "TEXT",
    };

    private readonly Option<string?> _quote = new("--quote")
    {
        Description = "Quote character, or none [default: auto-detect]", HelpName = "C|none",
    };

    private readonly Option<string?> _escape = new("--escape")
    {
        Description = "How a quote inside a quoted field is escaped: a character, doubled, or none [default: auto-detect]", HelpName = "C|doubled|none",
    };

    private readonly Option<string?> _encoding = new("--encoding")
    {
        Description = "Encoding: a name or code page number, such as iso-8859-15 or 949 [default: auto-detect]", HelpName = "NAME",
    };

    private readonly Option<bool> _noHeader = new("--no-header") { Description = "The file has no header: the first record is a row, and columns are matched by position" };
    private readonly Option<int?> _skipLines = new("--skip-lines")
    {
        Description = "Number of lines before the header [default: auto-detect]", HelpName = "N",
    };

    private readonly Option<int?> _headerLines = new("--header-lines")
    {
        Description = "Number of header records [default: 1]", HelpName = "N",
    };

    private readonly Option<string?> _comment = new("--comment")
    {
        Description = "Lines that begin with this character are ignored [default: # before the header only]", HelpName = "C",
    };

    private readonly Option<int> _maxRecordBytes = new("--max-record-bytes")
    {
        Description = "Largest record, in bytes, that is accepted; a larger one is rejected",
        HelpName = "N",
        DefaultValueFactory = _ => new ReadingOptions().MaxRecordBytes,
    };

    private readonly Option<int> _maxFields = new("--max-fields")
    {
        Description = "Largest number of columns that a file can have", HelpName = "N", DefaultValueFactory = _ => new ReadingOptions().MaxFields,
    };

    public void AddTo(RootCommand root)
    {
        _delimiter.CompletionSources.Add("tab");
        _quote.CompletionSources.Add("none");
        _escape.CompletionSources.Add("doubled", "none");
        _encoding.CompletionSources.Add(_ => ReadingOptions.EncodingNames.Select(name => new CompletionItem(name)));
        foreach (var option in (Option[])[
            _delimiter, _quote, _escape, _encoding, _noHeader, _skipLines, _headerLines, _comment, _maxRecordBytes, _maxFields])
        {
            root.Add(option);
        }
    }

    /// <summary>The options that the flags specify.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="faults">Receives what is wrong with a value.</param>
    public ReadingOptions Options(ParseResult arguments, ICollection<OptionFault> faults) => new()
    {
        Delimiter = arguments.GetValue(_delimiter) is { } delimiter ? ReadingOptions.ParseDelimiter(delimiter) : null,
        Quote = arguments.GetValue(_quote) is { } quote ? QuoteSetting.Parse(quote, faults) : QuoteSetting.Auto,
        Escape = arguments.GetValue(_escape) is { } escape ? EscapeSetting.Parse(escape, faults) : EscapeSetting.Auto,
        Encoding = arguments.GetValue(_encoding),
        NoHeader = arguments.GetValue(_noHeader) ? true : null,
        SkipLines = arguments.GetValue(_skipLines),
        HeaderLines = arguments.GetValue(_headerLines),
        Comment = arguments.GetValue(_comment) is { } comment ? ReadingOptions.ParseComment(comment, faults) : null,
        MaxRecordBytes = arguments.GetValue(_maxRecordBytes),
        MaxFields = arguments.GetValue(_maxFields),
    };
}
