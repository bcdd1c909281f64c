using CsvIngest.Testing;
using CsvIngest.Tests.Docs;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Architecture;

/// <summary>Every sample, or its folder, is used by a test and named in a document.</summary>
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
    /// The names by which tests and documents may refer to a sample: its file name, or one of its folders below samples/. A file of
    /// expected errors belongs to its data file.
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
