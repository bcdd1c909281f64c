using System.Text.RegularExpressions;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Docs;

/// <summary>
/// The commands in the documents work. The blocks marked <c>sh</c> of a document are run in order, in a new folder that contains
/// samples/ and bin/, which is on the PATH. Transcripts are marked <c>console</c> and are not run.
/// </summary>
public sealed partial class DocumentedCommandsTests : IDisposable
{
    /// <summary>Blocks that contain such a command are not run here.</summary>
    private static readonly (string Pattern, string Reason)[] NotRunHere =
    [
        (@"^(\w+=\S+ )*make\b", "would run the tests recursively; another test checks that the targets exist, and CI runs them"),
        (@"^(sudo |apt-get |git clone )", "changes the machine, or fetches this repository"),
        (@"^dotnet\b", "builds the programs that are running"),
        (@"^(\w+=\S+ )*docker\b", "needs a Docker engine"),
        (@"^kubectl\b", "needs a cluster"),
        (@"\b(amqps?|postgres(ql)?)://|\bHost=", "needs servers"),
        (@"^(psql|rabbitmqctl|rabbitmqadmin)\b", "needs servers"),
    ];

    private readonly WorkFolder _folder = new();

    public static TheoryData<string> AllDocuments => new(Documents.All);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(AllDocuments))]
    public async Task Commands_work(string document)
    {
        MakeFolderLikeTheRepository();
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PATH"] = $"{_folder["bin"]}{Path.PathSeparator}{Environment.GetEnvironmentVariable("PATH")}",
        };
        var ran = 0;
        foreach (var block in Markdown.Read(document).Blocks.Where(block => block.Language == "sh" && IsRunHere(block)))
        {
            var script = $"set -euo pipefail\n{string.Join('\n', block.Commands())}";
            var result = await Programs.RunAsync("bash", ["-c", script], _folder, environment: environment);
            result.ExitCode.ShouldBe(0, $"{block}\n{result}");
            ran++;
        }

        if (document == "README.md")
        {
            ran.ShouldBeGreaterThan(0, "The README contains no sh block that this test runs.");
        }
    }

    [Fact]
    public void Make_targets_exist()
    {
        var targets = File.ReadLines(Repository.PathOf("Makefile"))
            .Select(line => Target().Match(line))
            .Where(match => match.Success)
            .Select(match => match.Groups["target"].Value)
            .ToHashSet(StringComparer.Ordinal);

        var missing =
            from document in Documents.All
            from Match use in MakeUse().Matches(File.ReadAllText(Repository.PathOf(document)))
            where !targets.Contains(use.Groups["target"].Value)
            select $"{document}: make {use.Groups["target"].Value}";

        targets.ShouldContain("demo", "this test does not read the Makefile correctly");
        missing.ShouldBeEmpty();
    }

    [Fact]
    public void Variables_exist_in_the_programs_the_tests_or_the_scripts()
    {
        var known = Repository.FilesUnder("src", "*.cs")
            .Concat(Repository.FilesUnder("tests", "*.cs"))
            .Concat(Repository.FilesUnder("eng", "*.sh"))
            .SelectMany(VariablesIn)
            .ToHashSet(StringComparer.Ordinal);
        var used = Documents.All.Concat(["docker-compose.yml", "src/Dockerfile", .. Repository.FilesUnder("deploy", "*")]);

        var unknown = from file in used from variable in VariablesIn(file) where !known.Contains(variable) select $"{file}: {variable}";

        unknown.Distinct().ShouldBeEmpty();
    }

    private static bool IsRunHere(CodeBlock block) =>
        !block.Commands().Any(command =>
            NotRunHere.Any(rule => Regex.IsMatch(command, rule.Pattern, RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1))));

    private static IEnumerable<string> VariablesIn(string file) =>
        Variable().Matches(File.ReadAllText(Repository.PathOf(file)))
            .Select(match => match.Value.EndsWith("_FILE", StringComparison.Ordinal) ? match.Value[..^"_FILE".Length] : match.Value);

    private void MakeFolderLikeTheRepository()
    {
        Directory.CreateDirectory(_folder["samples"]);
        foreach (var sample in Repository.FilesUnder("samples", "*"))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_folder[sample])!);
            File.Copy(Repository.PathOf(sample), _folder[sample]);
        }

        Programs.LinkInto(_folder["bin"]);
    }

    [GeneratedRegex("^(?<target>[a-z][a-z-]*):", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Target();

    // In a block or in running text, always as code: `make test`, or make at the start of a line or after variables.
    [GeneratedRegex(@"(`|^|\n)(\w+=\S+ )*make (?<target>[a-z][a-z-]*)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex MakeUse();

    [GeneratedRegex("CSVINGEST_[A-Z_]*[A-Z]", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Variable();
}
