using System.Text.RegularExpressions;
using CsvIngest.Testing;

namespace CsvIngest.Tests.Docs;

/// <summary>The parts of a document that the tests use: its fenced blocks and its tables.</summary>
/// <param name="File">Relative to the root.</param>
/// <param name="Blocks">In order.</param>
/// <param name="Tables">In order.</param>
internal sealed partial record Markdown(string File, IReadOnlyList<CodeBlock> Blocks, IReadOnlyList<Table> Tables)
{
    /// <summary>Reads a document of the repository.</summary>
    public static Markdown Read(string file) => Parse(file, System.IO.File.ReadAllText(Repository.PathOf(file)));

    /// <summary>Reads a text.</summary>
    public static Markdown Parse(string file, string text)
    {
        var blocks = new List<CodeBlock>();
        var tables = new List<Table>();
        var heading = "";
        var lines = text.ReplaceLineEndings("\n").Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].StartsWith("```", StringComparison.Ordinal))
            {
                var end = Array.FindIndex(lines, i + 1, line => line.TrimEnd() == "```");
                end = end < 0 ? lines.Length : end;
                blocks.Add(new CodeBlock(file, i + 1, heading, lines[i][3..].Trim(), lines[(i + 1)..end]));
                i = end;
            }
            else if (lines[i].StartsWith('#'))
            {
                heading = lines[i].TrimStart('#').Trim();
            }
            else if (lines[i].StartsWith('|'))
            {
                var end = Array.FindIndex(lines, i, line => !line.StartsWith('|'));
                end = end < 0 ? lines.Length : end;
                var rows = lines[i..end].Select(Cells).ToList();
                // The second row is the line below the heading row.
                tables.Add(new Table(file, i + 1, heading, rows[0], [.. rows.Skip(2)]));
                i = end - 1;
            }
        }

        return new Markdown(file, blocks, tables);
    }

    // A vertical bar inside a cell is written \|.
    private static string[] Cells(string row) =>
        [.. CellBorder().Split(row.Trim().Trim('|')).Select(cell => cell.Replace("\\|", "|", StringComparison.Ordinal).Trim())];

    [GeneratedRegex(@"(?<!\\)\|", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CellBorder();
}

/// <summary>A fenced block.</summary>
/// <param name="File">Relative to the root.</param>
/// <param name="Line">The line on which it starts.</param>
/// <param name="Heading">The heading above it.</param>
/// <param name="Language"><c>sh</c> for commands that a reader can copy, <c>console</c> for a transcript, <c>mermaid</c> for a diagram.</param>
/// <param name="Lines">Its contents.</param>
internal sealed record CodeBlock(string File, int Line, string Heading, string Language, IReadOnlyList<string> Lines)
{
    /// <summary>The commands: continued lines are joined, comments and blank lines are left out.</summary>
    public IReadOnlyList<string> Commands() =>
        [.. string.Join('\n', Lines).Replace("\\\n", " ", StringComparison.Ordinal).Split('\n')
            .Select(line => line.Trim())
            .Where(line => line.Length > 0 && line[0] != '#')];

    /// <inheritdoc/>
    public override string ToString() => $"{File} line {Line}";
}

/// <summary>A table.</summary>
/// <param name="File">Relative to the root.</param>
/// <param name="Line">The line on which it starts.</param>
/// <param name="Heading">The heading above it.</param>
/// <param name="Head">Its first row.</param>
/// <param name="Rows">Its other rows.</param>
internal sealed record Table(string File, int Line, string Heading, IReadOnlyList<string> Head, IReadOnlyList<string[]> Rows)
{
    /// <summary>Whether its first column has this name, in any case.</summary>
    public bool IsOf(string firstColumn) => Head[0].Equals(firstColumn, StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public override string ToString() => $"{File} line {Line}";
}
