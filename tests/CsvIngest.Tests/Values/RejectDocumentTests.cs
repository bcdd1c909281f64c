using System.Reflection;
using CsvIngest.Testing;
using CsvIngest.Values;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Values;

public sealed class RejectDocumentTests
{
    public static IReadOnlyList<string> AllCodes { get; } =
    [
        .. typeof(RejectCodes).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (string)field.GetRawConstantValue()!),
    ];

    [Fact]
    public void The_document_lists_exactly_the_existing_codes()
    {
        var listed = File.ReadLines(Repository.PathOf("docs", "rejects.md"))
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Split('`')[1]);
        listed.Order().ShouldBe(AllCodes.Order());
    }
}
