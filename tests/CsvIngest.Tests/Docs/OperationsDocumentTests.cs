using System.Text.RegularExpressions;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Docs;

/// <summary>
/// docs/operations.md and docs/failover.md name the tests that prove each of their entries, and docs/tls.md those of its sections.
/// </summary>
public sealed partial class OperationsDocumentTests
{
    [Theory]
    [InlineData("operations.md", 20)]
    [InlineData("failover.md", 6)]
    public void Every_failure_names_a_test(string document, int atLeast)
    {
        // The entries below this heading are not failures.
        var failures = Document(document).Split("\n## Is everything complete?")[0];
        var entries = failures.Split("\n\n").Where(text => text.StartsWith("**", StringComparison.Ordinal)).ToArray();

        foreach (var entry in entries)
        {
            TestName().Count(entry.Split("\nTest: ")[^1]).ShouldBePositive(entry);
            entry.ShouldContain("\nTest: ");
        }

        entries.Length.ShouldBeGreaterThanOrEqualTo(atLeast);
    }

    [Theory]
    [InlineData("operations.md")]
    [InlineData("failover.md")]
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
    public void It_stays_short() => Document("operations.md").Split('\n').Length.ShouldBeLessThanOrEqualTo(200);

    private static string Document(string name) => File.ReadAllText(Repository.PathOf("docs", name)).ReplaceLineEndings("\n");

    [GeneratedRegex(@"`(?<name>[A-Z][a-z0-9]*(_[A-Za-z0-9]+){3,})`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TestName();

    [GeneratedRegex(@"public async Task (?<name>\w+)\(", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Method();
}
