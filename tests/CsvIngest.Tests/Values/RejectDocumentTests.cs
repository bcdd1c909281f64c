using System.Reflection;
using CsvIngest.Values;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Values;

public sealed class RejectDocumentTests
{
    /// <summary>The repository, found from where the tests were built to.</summary>
    public static string Root { get; } = FindRoot();

    public static IReadOnlyList<string> AllCodes { get; } =
    [
        .. typeof(RejectCodes).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (string)field.GetRawConstantValue()!),
    ];

    [Fact]
    public void The_document_lists_every_code_and_no_other()
    {
        var listed = File.ReadLines(Path.Combine(Root, "docs", "rejects.md"))
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Split('`')[1]);
        listed.Order().ShouldBe(AllCodes.Order());
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "CsvIngest.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests do not run inside the repository.");
        }

        return folder.FullName;
    }
}
