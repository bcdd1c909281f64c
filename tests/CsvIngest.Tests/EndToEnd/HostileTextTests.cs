using System.Globalization;
using System.Text;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.EndToEnd;

/// <summary>Names, headers and values with characters that a terminal obeys are never written as they are.</summary>
public sealed class HostileTextTests : IDisposable
{
    private const string Hostile = "\u001b[31m\u202E\u2028\u0007\u009b\u2066";

    private readonly WorkFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task No_output_of_an_import_contains_what_a_terminal_obeys()
    {
        var name = $"x{Hostile}.csv";
        _folder.Write(name, $"E-Mail,Name,note{Hostile}\na@example.com,A{Hostile},v{Hostile}\nbad{Hostile},B,c\n");
        string[] queue = ["--queue", $"q{Hostile}", "--verbose"];
        await RunAsync(0, "consumer", "migrate");

        await RunAsync(0, "producer", name, "--dry-run", "--print");
        (await RunAsync(0, "producer", [name, "--json", .. queue])).Json().GetProperty("source").GetString().ShouldBe(name);
        await RunAsync(0, "consumer", ["--drain", .. queue]);
        var import = (await RunAsync(0, "consumer", ["status", "--json", .. queue])).Json()[0].GetProperty("import").GetString()!;
        await RunAsync(0, "consumer", ["status", import, .. queue]);
    }

    [Fact]
    public async Task No_message_about_a_failure_contains_what_a_terminal_obeys()
    {
        _folder.Write($"x{Hostile}\n.csv", $"Na{Hostile},foo{Hostile}\nx,y\n");

        await RunAsync(65, "producer", $"x{Hostile}\n.csv", "--verbose");
        await RunAsync(69, "consumer", "status", "--database", $"sqlite:none{Hostile}/x.db", "--verbose");
        await RunAsync(64, "consumer", $"migrat{Hostile}");
    }

    [Fact]
    public async Task The_name_of_a_column_is_no_formula_in_the_errors_file()
    {
        _folder.Write("f.csv", "email,name,=1+1\na@example.com,A,x\0\n");

        await RunAsync(0, "producer", "f.csv", "--dry-run");

        _folder.Read("f.errors.csv").ShouldContain(",\"'=1+1\",");
    }

    private async Task<ProgramResult> RunAsync(int exitCode, string program, params string[] arguments)
    {
        var result = (await Programs.RunAsync(program, arguments, _folder)).ShouldExitWith(exitCode);
        foreach (var text in (string[])[result.Output, result.Error])
        {
            text.EnumerateRunes().Where(IsObeyed).Select(rune => $"U+{rune.Value:X4}").Distinct().ShouldBeEmpty(result.ToString());
        }

        return result;
    }

    private static bool IsObeyed(Rune rune) => rune.Value != '\n' && Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.Format;
}
