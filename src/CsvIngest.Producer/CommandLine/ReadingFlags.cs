using System.CommandLine;
using CsvIngest.Importing.Reading;
using CsvIngest.Settings;

namespace CsvIngest.Producer.CommandLine;

/// <summary>The flags that say how a file is to be read, where that is not to be found out.</summary>
internal sealed class ReadingFlags
{
    private readonly Option<string?> _delimiter = new("--delimiter")
    {
        Description = "What stands between fields: one or several characters, tab or \\t [default: found out]", HelpName = "TEXT",
    };

    private readonly Option<string?> _quote = new("--quote")
    {
        Description = "What fields may be enclosed in: a character, or none [default: found out]", HelpName = "C|none",
    };

    private readonly Option<string?> _escape = new("--escape")
    {
        Description = "What makes a quote inside quotes text: a character, doubled, or none [default: found out]", HelpName = "C|doubled|none",
    };

    private readonly Option<string?> _encoding = new("--encoding")
    {
        Description = "Any encoding's name or code page number, such as iso-8859-15 or 949 [default: found out]", HelpName = "NAME",
    };

    private readonly Option<bool> _noHeader = new("--no-header") { Description = "The first record is a row; columns are taken by position" };
    private readonly Option<int?> _skipLines = new("--skip-lines")
    {
        Description = "Lines before the header [default: found out]", HelpName = "N",
    };

    private readonly Option<int?> _headerLines = new("--header-lines")
    {
        Description = "Records that the header consists of [default: 1]", HelpName = "N",
    };

    private readonly Option<string?> _comment = new("--comment")
    {
        Description = "Lines that begin with this character are passed over [default: only before the header]", HelpName = "C",
    };

    private readonly Option<int> _maxRecordBytes = new("--max-record-bytes")
    {
        Description = "The largest record that is taken; a larger one is rejected",
        HelpName = "N",
        DefaultValueFactory = _ => new ReadingOptions().MaxRecordBytes,
    };

    private readonly Option<int> _maxFields = new("--max-fields")
    {
        Description = "The most columns that a file may have", HelpName = "N", DefaultValueFactory = _ => new ReadingOptions().MaxFields,
    };

    public void AddTo(RootCommand root)
    {
        foreach (var option in (Option[])[
            _delimiter, _quote, _escape, _encoding, _noHeader, _skipLines, _headerLines, _comment, _maxRecordBytes, _maxFields])
        {
            root.Add(option);
        }
    }

    /// <summary>What the flags say.</summary>
    /// <exception cref="UsageException">A value is not valid; all faults are listed.</exception>
    public ReadingOptions Options(ParseResult arguments)
    {
        var options = new ReadingOptions
        {
            Delimiter = arguments.GetValue(_delimiter) is { } delimiter ? ReadingOptions.ParseDelimiter(delimiter) : null,
            Quote = arguments.GetValue(_quote) is { } quote ? QuoteSetting.Parse(quote) : QuoteSetting.Auto,
            Escape = arguments.GetValue(_escape) is { } escape ? EscapeSetting.Parse(escape) : EscapeSetting.Auto,
            Encoding = arguments.GetValue(_encoding),
            NoHeader = arguments.GetValue(_noHeader) ? true : null,
            SkipLines = arguments.GetValue(_skipLines),
            HeaderLines = arguments.GetValue(_headerLines),
            Comment = arguments.GetValue(_comment) is { } comment ? ReadingOptions.ParseComment(comment) : null,
            MaxRecordBytes = arguments.GetValue(_maxRecordBytes),
            MaxFields = arguments.GetValue(_maxFields),
        };
        return options.Faults() is { Count: > 0 } faults ? throw new UsageException(string.Join(" ", faults)) : options;
    }
}
