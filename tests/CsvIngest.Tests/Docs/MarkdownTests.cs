using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Docs;

public sealed class MarkdownTests
{
    private const string Text = """
        # Title

        ```sh
        # a comment
        producer --file a.csv \
          --dry-run

        consumer status
        ```

        ## Options of `producer`

        | Option | What |
        |---|---|
        | `--max-rejects N\|P%` | a limit |
        | `--no-dedupe` | |

        ```console
        $ consumer
        ```
        """;

    [Fact]
    public void Blocks_have_a_location_and_commands()
    {
        var document = Markdown.Parse("a.md", Text);

        document.Blocks.Select(block => (block.Line, block.Heading, block.Language)).ShouldBe(
            [(3, "Title", "sh"), (18, "Options of `producer`", "console")]);
        document.Blocks[0].Commands().ShouldBe(["producer --file a.csv    --dry-run", "consumer status"]);
    }

    [Fact]
    public void Tables_have_a_heading_and_cells()
    {
        var table = Markdown.Parse("a.md", Text).Tables.ShouldHaveSingleItem();

        table.IsOf("option").ShouldBeTrue();
        table.Heading.ShouldBe("Options of `producer`");
        table.Rows.Select(row => row[0]).ShouldBe(["`--max-rejects N|P%`", "`--no-dedupe`"]);
    }
}
