using System.Text;
using System.Text.Json;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Failures;

public sealed class DisplayJsonTests
{
    private static readonly JsonSerializerOptions Options = new() { Encoder = DisplayJson.Encoder };

    [Theory]
    [InlineData("Zoë <zoe@example.com> & 名簿 'x'", "Zoë <zoe@example.com> & 名簿 'x'")]
    [InlineData("a\"b\\c\n", @"a\""b\\c\n")]
    [InlineData("\u001b[2J\u0007\u007f\u009b", @"\u001B[2J\u0007\u007F\u009B")]
    [InlineData("\u202Egpj.exe\u2066\u2028", @"\u202Egpj.exe\u2066\u2028")]
    [InlineData("tag \U000E0041", @"tag \uDB40\uDC41")]
    public void What_a_terminal_would_obey_is_escaped_and_the_value_stays(string text, string expected)
    {
        var json = JsonSerializer.Serialize(text, Options);

        json.ShouldBe($"\"{expected}\"");
        JsonSerializer.Deserialize<string>(json).ShouldBe(text);
    }

    [Fact]
    public void Bytes_are_escaped_as_text_is()
    {
        using var output = new MemoryStream();
        using (var writer = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = DisplayJson.Encoder }))
        {
            writer.WriteStringValue("A\u001b\u202E名\U000E0041"u8);
        }

        Encoding.UTF8.GetString(output.ToArray()).ShouldBe("""
            "A\u001B\u202E名\uDB40\uDC41"
            """);
    }
}
