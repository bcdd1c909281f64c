using CsvIngest.Hosting.Display;

namespace CsvIngest.Consumer.Display;

/// <summary>
/// A table that breaks no number, ID or word on a terminal, however narrow. If the table is too wide, its columns of variable length are
/// cut in their middle; if it is still too wide, some of its columns move to lines of their own above the others; if that is too wide, the
/// columns that are optional are left out; and if that is too wide as well, every value has a line of its own. Output to a file or a program is the whole table.
/// </summary>
/// <param name="columns">The columns.</param>
internal sealed class TextTable(params IReadOnlyList<TextColumn> columns)
{
    private const string Gap = "  ";

    /// <summary>How much of a text of variable length is left at least. A guess: the start and the end of a name can be recognized.</summary>
    private const int ShortestCut = 20;

    private readonly List<string[]> _rows = [];

    /// <summary>Adds a row with a value for each column.</summary>
    public void AddRow(params IReadOnlyList<string> values) => _rows.Add([.. values.Select(DisplayText.OneLine)]);

    /// <summary>The lines of the table.</summary>
    /// <param name="width">How many columns of characters each may have. Wide (CJK) characters count twice.</param>
    public IEnumerable<string> Lines(int width)
    {
        var all = Enumerable.Range(0, columns.Count).ToList();
        var widths = all.ConvertAll(column => _rows.Select(row => TerminalText.WidthOf(row[column])).Append(TerminalText.WidthOf(columns[column].Name)).Max());
        if (TryNarrow(all, widths, width))
        {
            return Table(all, widths);
        }

        var numbers = all.FindAll(column => !columns[column].IsHeading);
        while (TotalOf(numbers, widths) > width && numbers.FindLastIndex(column => columns[column].IsOptional) is >= 0 and var last)
        {
            numbers.RemoveAt(last);
        }

        return TotalOf(numbers, widths) <= width ? TableWithHeadings(numbers, widths, width) : List(all, width);
    }

    // Cuts the columns of variable length, as far as necessary.
    private bool TryNarrow(List<int> shown, List<int> widths, int width)
    {
        foreach (var column in shown.Where(column => columns[column].IsVariable))
        {
            var excess = TotalOf(shown, widths) - width;
            if (excess > 0 && widths[column] > ShortestCut)
            {
                widths[column] = Math.Max(widths[column] - excess, ShortestCut);
            }
        }

        return TotalOf(shown, widths) <= width;
    }

    private static int TotalOf(List<int> shown, List<int> widths) => shown.Sum(column => Gap.Length + widths[column]);

    private IEnumerable<string> Table(List<int> shown, List<int> widths) =>
        Header(shown, widths).Concat(_rows.Select(row => Line(shown, widths, column => row[column])));

    private IEnumerable<string> TableWithHeadings(List<int> shown, List<int> widths, int width)
    {
        foreach (var line in Header(shown, widths))
        {
            yield return line;
        }

        // The long ones last, so that the others are at the same place for every row.
        var headings = Enumerable.Range(0, columns.Count).Where(column => columns[column].IsHeading).OrderBy(column => columns[column].IsVariable).ToList();
        foreach (var row in _rows)
        {
            // Short values share a line.
            var text = string.Empty;
            foreach (var value in headings.Select(column => columns[column].IsVariable ? TerminalText.CutMiddle(row[column], width) : row[column]))
            {
                if (text.Length > 0 && TerminalText.WidthOf(text) + Gap.Length + TerminalText.WidthOf(value) > width)
                {
                    yield return text;
                    text = string.Empty;
                }

                text += text.Length > 0 ? Gap + value : value;
            }

            yield return text;
            yield return Line(shown, widths, column => row[column]);
        }
    }

    private IEnumerable<string> List(List<int> all, int width)
    {
        var names = all.Max(column => columns[column].Name.Length);
        foreach (var row in _rows)
        {
            foreach (var column in all)
            {
                var value = columns[column].IsVariable
                    ? TerminalText.CutMiddle(row[column], Math.Max(width - names - Gap.Length, ShortestCut))
                    : row[column];
                yield return columns[column].Name.PadRight(names) + Gap + value;
            }

            yield return string.Empty;
        }
    }

    private IEnumerable<string> Header(List<int> shown, List<int> widths) =>
        [Line(shown, widths, column => columns[column].Name), new string('─', TotalOf(shown, widths))];

    private string Line(List<int> shown, List<int> widths, Func<int, string> valueOf) => string.Concat(shown.Select(column =>
    {
        var value = TerminalText.CutMiddle(valueOf(column), widths[column]);
        var padding = new string(' ', widths[column] - TerminalText.WidthOf(value));
        return Gap + (columns[column].IsNumber ? padding + value : value + padding);
    })).TrimEnd();
}

/// <summary>A column of a <see cref="TextTable"/>.</summary>
/// <param name="Name">Its name.</param>
internal sealed record TextColumn(string Name)
{
    /// <summary>Whether its values are aligned on the right.</summary>
    public bool IsNumber { get; init; }

    /// <summary>Whether its values may be cut.</summary>
    public bool IsVariable { get; init; }

    /// <summary>Whether it is left out of a table that is too wide otherwise.</summary>
    public bool IsOptional { get; init; }

    /// <summary>Whether its values move to lines of their own above the others when the table is too wide.</summary>
    public bool IsHeading { get; init; }
}
