using System.Text.RegularExpressions;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Architecture;

/// <summary>The parts of reading know each other in one direction: Text ← Records ← Detection ← the types above them.</summary>
public sealed class ReadingRoomsTests
{
    private const string Root = "CsvIngest.Importing";

    [Theory]
    [InlineData("Text")]
    [InlineData("Records", "Text")]
    [InlineData("Detection", "Text", "Records")]
    public void A_part_of_reading_knows_only_the_parts_below_it(string room, params string[] allowed)
    {
        var files = Repository.FilesUnder($"src/{Root}/{room}", "*.cs").ToList();

        var found =
            from file in files
            from Match match in Regex.Matches(File.ReadAllText(Repository.PathOf(file)), $@"\b{Regex.Escape(Root)}\.(\w+)", RegexOptions.NonBacktracking)
            where match.Groups[1].Value != room && !allowed.Contains(match.Groups[1].Value)
            select $"{file}: {match.Value}";

        files.ShouldNotBeEmpty();
        found.ShouldBeEmpty();
    }

    /// <summary>Types of an enclosing namespace need no using directive, so their names are what must not occur.</summary>
    [Fact]
    public void No_part_of_reading_knows_the_types_above()
    {
        var above = Repository.FilesUnder($"src/{Root}", "*.cs").Where(file => Path.GetDirectoryName(file) == $"src/{Root}")
            .Select(file => Path.GetFileNameWithoutExtension(file)).ToList();

        var found =
            from room in (string[])["Text", "Records", "Detection"]
            from file in Repository.FilesUnder($"src/{Root}/{room}", "*.cs")
            let text = File.ReadAllText(Repository.PathOf(file))
            from name in above
            where Regex.IsMatch(text, $@"\b{name}\b", RegexOptions.NonBacktracking)
            select $"{file}: {name}";

        above.ShouldContain("RecordReader");
        found.ShouldBeEmpty();
    }
}
