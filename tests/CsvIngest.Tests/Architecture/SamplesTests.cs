using CsvIngest.Testing;
using CsvIngest.Tests.Docs;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Architecture;

/// <summary>Every sample is used by a test and named in a document, itself or by its folder.</summary>
public sealed class SamplesTests
{
    private static readonly IReadOnlyList<string> Samples = Repository.FilesUnder("samples", "*");

    [Fact]
    public void Every_sample_is_used_by_a_test() =>
        Unused([.. Repository.FilesUnder("tests/CsvIngest.Tests", "*.cs"), .. Repository.FilesUnder("tests/CsvIngest.ServerTests", "*.cs")])
            .ShouldBeEmpty();

    [Fact]
    public void Every_sample_is_named_in_a_document() => Unused(Documents.All).ShouldBeEmpty();

    private static IEnumerable<string> Unused(IReadOnlyList<string> users)
    {
        var texts = users.Select(file => File.ReadAllText(Repository.PathOf(file))).ToList();
        return Samples.Where(sample => !Names(sample).Any(name => texts.Any(text => text.Contains(name, StringComparison.Ordinal))));
    }

    /// <summary>
    /// What a user may call it: its file name, or a folder of it below samples/ with that word before it. The errors to expect of
    /// a file belong to the file.
    /// </summary>
    private static IEnumerable<string> Names(string sample)
    {
        yield return Path.GetFileName(sample).Replace(".errors.csv", ".csv", StringComparison.Ordinal);
        for (var folder = Path.GetDirectoryName(sample); folder is not (null or "samples"); folder = Path.GetDirectoryName(folder))
        {
            yield return folder;
        }
    }
}
