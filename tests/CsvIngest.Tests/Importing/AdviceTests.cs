using System.Text;
using System.Text.RegularExpressions;
using CsvIngest.Hosting;
using CsvIngest.Importing.Sources;
using CsvIngest.Producer;
using CsvIngest.Producer.CommandLine;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Importing;

/// <summary>Advice that names an option with its value works when it is followed.</summary>
public sealed partial class AdviceTests
{
    [Theory]
    [InlineData("ann@moss.example,Ann\nbob@moss.example,Bob\n", 2)]
    [InlineData("Ann,ann@moss.example\nBob,bob@moss.example\n", 2)]
    [InlineData("1,Ann,ann@moss.example,x\n2,Bob,bob@moss.example,y\n", 2)]
    [InlineData("ann@moss.example\nbob@moss.example\n", 2)]
    [InlineData("ann@moss.example;Ann\nemail;name\nbob@moss.example;Bob\n", 1)]
    [InlineData("Exported by:,info@moss.example,\nName,Email,City\nAnn,ann@moss.example,Ulm\n", 1)]
    [InlineData("Email,name,E-mail address\nann@moss.example,Ann,x\n", 1)]
    public async Task The_advised_run_succeeds(string text, int rows)
    {
        var failure = await FailureAsync(text, []);
        string[] advised = [.. Flags(failure)];
        if (advised.Length == 0)
        {
            // Nothing is better than what would fail.
            RemedyWording.Describe(failure).ShouldNotContain("--");
            return;
        }

        var file = await ImportAsync(text, advised);

        file.Result.RowsSent.ShouldBe(rows, string.Join(' ', advised));
        file.Result.RowsRejected.ShouldBe(0);
    }

    [Fact]
    public async Task A_message_about_columns_shows_what_was_detected_and_the_options_for_it()
    {
        var failure = await FailureAsync("Kanal;Wer\nann@moss.example;Zo\u00EB\n", [], Encoding.Latin1);

        RemedyWording.Describe(failure).ReplaceLineEndings("\n").ShouldEndWith(
            """

            Detected: `;` separated, Windows-1252, header on line 1.
            Pass --map email="Kanal" to choose the column.
            Pass --map full_name="HEADER" to choose the column.
            If the fields are separated by something else, pass --delimiter.
            If the header is on another line, pass --skip-lines with the number of lines above it.
            If the file uses another encoding, pass --encoding.
            """.ReplaceLineEndings("\n"));
    }

    [Theory]
    // Half-width katakana in Shift_JIS, of which some pairs are valid UTF-8, and ISO-2022-JP, which is ASCII.
    [InlineData("shift_jis", "ﾅﾏｴ,ﾒｰﾙ\nﾔﾏﾀﾞ,y@moss.example\n")]
    [InlineData("iso-2022-jp", "氏名,メール\n山田,y@moss.example\n")]
    public async Task Another_encoding_is_advised_for_headers_that_nobody_can_read(string encoding, string text)
    {
        var failure = await FailureAsync(text, [], CodePagesEncodingProvider.Instance.GetEncoding(encoding));

        RemedyWording.Describe(failure).ShouldContain("If the file uses another encoding, pass --encoding.");
    }

    [Fact]
    public async Task What_was_specified_is_not_advised()
    {
        var failure = await FailureAsync("Kanal;Wer\nann@moss.example;Ann\n", ["--delimiter", ";", "--skip-lines", "0"]);

        RemedyWording.Describe(failure).ShouldNotContain("--delimiter");
        RemedyWording.Describe(failure).ShouldNotContain("--skip-lines");
    }

    private static async Task<UnusableFileException> FailureAsync(string text, string[] flags, Encoding? encoding = null) =>
        await Should.ThrowAsync<UnusableFileException>(() => ImportAsync(text, flags, encoding));

    /// <summary>The options with their values that a message names, as they are typed.</summary>
    private static IEnumerable<string> Flags(UnusableFileException failure) => Advice().Matches(RemedyWording.Describe(failure))
        .SelectMany(match => (string[])[match.Groups["flag"].Value, .. match.Groups["value"].Success ? [match.Groups["value"].Value.Replace("\"", "")] : Array.Empty<string>()]);

    private static Task<ImportedFile> ImportAsync(string text, string[] flags, Encoding? encoding = null)
    {
        var command = new ProducerCommand();
        var arguments = command.Root.Parse(["--file", "f.csv", .. flags]);
        arguments.Errors.ShouldBeEmpty();
        var options = command.Options(arguments, new ProgramSettings(new Dictionary<string, string?>(), new Dictionary<string, string>(), "")).Import;
        var bytes = (encoding ?? Encoding.UTF8).GetBytes(text);
        return ImportedFile.FromAsync(
            Source.FromStream("f.csv", () => new MemoryStream(bytes)), options, DatasetFiles.Find(options.Slices.Dataset, null));
    }

    [GeneratedRegex("(?:p|P)ass (?<flag>--no-header|--skip-lines(?= \\d)|--map(?= \\w+=\"#)|--dataset)(?: (?<value>[^ ]+?))?(?=[ .]*(?: to |$|\\n|\\.\\s|\\.$))", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Advice();
}
