using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using CsvIngest.Testing;
using CsvIngest.Tests.Docs;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Architecture;

/// <summary>References point one way, as drawn in docs/architecture.md: programs → libraries and adapters → Core.</summary>
public sealed partial class ProjectReferencesTests
{
    private const string Document = "docs/architecture.md";

    [Fact]
    public void The_projects_have_exactly_the_references_that_are_drawn()
    {
        var projects = Repository.FilesUnder("src", "*.csproj").ToDictionary(ProjectName, References, StringComparer.Ordinal);
        var existing = projects.SelectMany(project => project.Value.Select(other => (project.Key, other))).ToList();

        DrawnReferences().Order().ShouldBe(existing.Order());
        Markdown.Read(Document).Tables.Single(table => table.IsOf("project")).Rows.Select(row => row[0]).Order(StringComparer.Ordinal)
            .ShouldBe(projects.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_Dockerfile_copies_every_project_file()
    {
        var commands = File.ReadAllLines(Repository.PathOf("src", "Dockerfile"));

        Repository.FilesUnder("src", "*.csproj")
            .Where(file => !commands.Contains($"COPY {file} {Path.GetDirectoryName(file)}/", StringComparer.Ordinal))
            .ShouldBeEmpty();
    }

    [Fact]
    public void Every_type_that_the_document_names_exists()
    {
        var text = File.ReadAllText(Repository.PathOf(Document));
        var declared = Repository.FilesUnder("src", "*.cs")
            .SelectMany(file => Declaration().Matches(File.ReadAllText(Repository.PathOf(file))))
            .Select(declaration => declaration.Groups["name"].Value)
            .ToHashSet(StringComparer.Ordinal);
        var named = TypeInCode().Matches(text).Concat(TypeInDiagram().Matches(text)).Select(name => name.Groups["name"].Value).ToList();

        named.ShouldContain("IStore", "this test reads the document wrongly");
        named.ShouldContain("RowClassifier", "this test reads the document wrongly");
        named.Where(name => !declared.Contains(name)).ShouldBeEmpty();
    }

    [Fact]
    public void Each_package_is_referred_to_where_it_belongs()
    {
        string[] owned = ["CsvHelper", "Dapper", "Microsoft.Data.Sqlite", "Npgsql", "RabbitMQ.Client", "Serilog"];

        var found =
            from file in Repository.FilesUnder("src", "*.csproj")
            from package in Included(file, "PackageReference")
            where owned.Contains(package, StringComparer.Ordinal)
            orderby package, file
            select $"{package} in {Path.GetFileNameWithoutExtension(file)}";

        found.ShouldBe(
        [
            "CsvHelper in CsvIngest.Importing",
            "Dapper in CsvIngest.Postgres",
            "Dapper in CsvIngest.Sqlite",
            "Microsoft.Data.Sqlite in CsvIngest.Sqlite",
            "Npgsql in CsvIngest.Postgres",
            "RabbitMQ.Client in CsvIngest.RabbitMq",
            "Serilog in CsvIngest.Hosting",
        ]);
    }

    [Fact]
    public void The_producer_is_built_without_a_database_server_even_through_others()
    {
        using var built = JsonDocument.Parse(File.ReadAllText(Path.Combine(Programs.BuiltFolderOf("producer"), "producer.deps.json")));

        var libraries = built.RootElement.GetProperty("libraries").EnumerateObject().Select(library => library.Name).ToList();

        libraries.ShouldContain(name => name.StartsWith("RabbitMQ.Client/", StringComparison.Ordinal));
        libraries.ShouldNotContain(name => name.StartsWith("Npgsql", StringComparison.Ordinal));
        libraries.ShouldNotContain(name => name.StartsWith("CsvIngest.Postgres", StringComparison.Ordinal));
    }

    /// <summary>The arrows of the first diagram, such as <c>A --> B &amp; C</c>.</summary>
    private static IEnumerable<(string From, string To)> DrawnReferences() =>
        from line in Markdown.Read(Document).Blocks.First(block => block.Language == "mermaid").Lines
        let ends = line.Split("-->")
        where ends.Length == 2
        from source in ends[0].Split('&')
        from target in ends[1].Split('&')
        select (source.Trim(), target.Trim());

    private static IEnumerable<string> References(string file) => Included(file, "ProjectReference").Select(ProjectName);

    private static string ProjectName(string path) =>
        Path.GetFileNameWithoutExtension(path.Replace('\\', '/'))["CsvIngest.".Length..];

    private static IEnumerable<string> Included(string file, string item) =>
        XDocument.Load(Repository.PathOf(file)).Descendants(item).Select(reference => reference.Attribute("Include")!.Value);

    [GeneratedRegex(@"\b(class|record|struct|interface|enum) (?<name>[A-Z]\w*)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Declaration();

    [GeneratedRegex("`(?<name>[A-Z][A-Za-z]+)`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TypeInCode();

    // A node such as SliceWriter["SliceWriter: one message"], or a participant such as W as BatchWriter.
    [GeneratedRegex("(\\[\"|participant \\w as (?!queue))(?<name>[A-Z][A-Za-z]+)\\b", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TypeInDiagram();
}
