using System.Text.Json;
using System.Xml.Linq;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Architecture;

/// <summary>References point one way: programs → adapters → Core.</summary>
public sealed class ProjectReferencesTests
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["CsvIngest.Core"] = [],
        ["CsvIngest.Hosting"] = [],
        ["CsvIngest.Importing"] = ["CsvIngest.Core"],
        ["CsvIngest.RabbitMq"] = ["CsvIngest.Core"],
        ["CsvIngest.Postgres"] = ["CsvIngest.Core"],
        ["CsvIngest.Sqlite"] = ["CsvIngest.Core"],
        ["CsvIngest.Producer"] = ["CsvIngest.Core", "CsvIngest.Hosting", "CsvIngest.Importing", "CsvIngest.RabbitMq", "CsvIngest.Sqlite"],
        ["CsvIngest.Consumer"] = ["CsvIngest.Core", "CsvIngest.Hosting", "CsvIngest.Postgres", "CsvIngest.RabbitMq", "CsvIngest.Sqlite"],
    };

    [Fact]
    public void Every_project_of_src_refers_to_exactly_what_it_may()
    {
        var found = Repository.FilesUnder("src", "*.csproj")
            .ToDictionary(file => Path.GetFileNameWithoutExtension(file), ProjectsReferredTo);

        found.Keys.Order(StringComparer.Ordinal).ShouldBe(Allowed.Keys.Order(StringComparer.Ordinal));
        foreach (var (project, references) in found)
        {
            references.ShouldBe(Allowed[project], ignoreOrder: false, project);
        }
    }

    [Fact]
    public void Only_the_adapters_refer_to_the_packages_of_their_servers()
    {
        string[] owned = ["CsvHelper", "Dapper", "Microsoft.Data.Sqlite.Core", "Npgsql", "RabbitMQ.Client"];

        var found =
            from file in Repository.FilesUnder("src", "*.csproj")
            from package in Included(file, "PackageReference")
            where owned.Contains(package, StringComparer.Ordinal)
            orderby package, file
            select $"{package} in {Path.GetFileNameWithoutExtension(file)}";

        found.ShouldBe(
        [
            "CsvHelper in CsvIngest.Importing",
            "CsvHelper in CsvIngest.Producer",
            "Dapper in CsvIngest.Postgres",
            "Dapper in CsvIngest.Sqlite",
            "Microsoft.Data.Sqlite.Core in CsvIngest.Sqlite",
            "Npgsql in CsvIngest.Postgres",
            "RabbitMQ.Client in CsvIngest.RabbitMq",
        ]);
    }

    [Fact]
    public void The_producer_is_built_without_a_database_server_even_through_others()
    {
        using var built = JsonDocument.Parse(File.ReadAllText(Path.Combine(Programs.FolderOf("producer"), "producer.deps.json")));

        var libraries = built.RootElement.GetProperty("libraries").EnumerateObject().Select(library => library.Name).ToList();

        libraries.ShouldContain(name => name.StartsWith("RabbitMQ.Client/", StringComparison.Ordinal));
        libraries.ShouldNotContain(name => name.StartsWith("Npgsql", StringComparison.Ordinal));
        libraries.ShouldNotContain(name => name.StartsWith("CsvIngest.Postgres", StringComparison.Ordinal));
    }

    private static List<string> ProjectsReferredTo(string file) =>
        [.. Included(file, "ProjectReference")
            .Select(path => Path.GetFileNameWithoutExtension(path.Replace('\\', '/')))
            .Order(StringComparer.Ordinal)];

    private static IEnumerable<string> Included(string file, string item) =>
        XDocument.Load(Repository.PathOf(file)).Descendants(item).Select(reference => reference.Attribute("Include")!.Value);
}
