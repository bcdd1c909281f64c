using System.Text.RegularExpressions;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Docs;

/// <summary>docs/operations.md names the tests that prove each of its entries, and docs/tls.md those of its sections.</summary>
public sealed partial class OperationsDocumentTests
{
    private static readonly string[] Entries = Document().Split("\n\n").Where(text => text.StartsWith("**", StringComparison.Ordinal)).ToArray();

    [Fact]
    public void Every_failure_names_a_test()
    {
        // The entries below this heading are not failures.
        var failures = Document().Split("\n## Is everything complete?")[0];

        foreach (var entry in Entries.Where(entry => failures.Contains(entry, StringComparison.Ordinal)))
        {
            TestName().Count(entry.Split("\nTest: ")[^1]).ShouldBePositive(entry);
            entry.ShouldContain("\nTest: ");
        }

        Entries.Length.ShouldBeGreaterThan(20);
    }

    [Theory]
    [InlineData("operations.md")]
    [InlineData("tls.md")]
    public void Every_named_test_exists(string document)
    {
        var sources = string.Concat(Repository.FilesUnder("tests", "*.cs").Select(file => File.ReadAllText(Repository.PathOf(file))));
        var known = Method().Matches(sources).Select(method => method.Groups["name"].Value).ToHashSet(StringComparer.Ordinal);

        var named = TestName().Matches(Document(document)).Select(name => name.Groups["name"].Value).ToList();

        named.ShouldNotBeEmpty();
        named.Except(known).ShouldBeEmpty();
    }

    [Fact]
    public void It_stays_short() => Document().Split('\n').Length.ShouldBeLessThanOrEqualTo(200);

    private static string Document(string name = "operations.md") => File.ReadAllText(Repository.PathOf("docs", name)).ReplaceLineEndings("\n");

    [GeneratedRegex(@"`(?<name>[A-Z][a-z0-9]*(_[A-Za-z0-9]+){3,})`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TestName();

    [GeneratedRegex(@"public async Task (?<name>\w+)\(", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Method();
}
