using CsvIngest.Hosting;
using CsvIngest.Importing;
using CsvIngest.Producer;
using CsvIngest.Producer.CommandLine;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Producer;

public sealed class RemedyWordingTests
{
    [Fact]
    public void What_can_be_done_follows_the_message() =>
        RemedyWording.Describe(new UnusableFileException("The file is another one.", null, new Remedy(ImportOption.Restart)))
            .ShouldBe("The file is another one. Pass --restart to import the file from its start, as a new import.");

    [Fact]
    public void A_message_of_several_lines_has_a_line_for_each_remedy() =>
        RemedyWording.Describe(new UnusableFileException(
            "The columns do not fit:\n  no email.", null,
            new Remedy(ImportOption.Map, "email="), new Remedy(ImportOption.Map, "full_name=#2"), new Remedy(ImportOption.NoHeader)))
            .ShouldBe(
                """
                The columns do not fit:
                  no email.
                Pass --map email="HEADER" to choose the column.
                Pass --map full_name="#2" to choose the column.
                If the file has no header, pass --no-header.
                """);

    [Fact]
    public void A_warning_says_what_to_pass_if_it_is_wrong()
    {
        RemedyWording.Describe(new ImportWarning("Detected X.", new Remedy(ImportOption.Delimiter), new Remedy(ImportOption.Quote)))
            .ShouldBe("Detected X. If that is wrong, pass --delimiter or --quote.");
        RemedyWording.Describe(new ImportWarning("Line 2 contains invalid UTF-8.", new Remedy(ImportOption.Encoding)))
            .ShouldBe("Line 2 contains invalid UTF-8. If the file uses another encoding, pass --encoding.");
        RemedyWording.Describe(new ImportWarning("Something.")).ShouldBe("Something.");
    }

    [Fact]
    public void Null_markers_are_passed_together() =>
        RemedyWording.Describe(new ImportWarning("Some.", new Remedy(ImportOption.Null, "\\N"), new Remedy(ImportOption.Null, "--")))
            .ShouldBe("Some. To treat them as empty, pass --null '\\N' --null=\"--\".");

    [Theory]
    [InlineData("email=Correo electrónico", "--map email=\"Correo electrónico\"")]
    [InlineData("email=it's", "--map email=\"it's\"")]
    [InlineData("email=Pay$", "--map email='Pay$'")]
    [InlineData("email=\"it's\" `x`\\!", "--map email='\"it'\\''s\" `x`\\!'")]
    [InlineData("email=a=b", "--map email=\"a=b\"")]
    public void A_header_is_quoted_as_shells_take_it_unchanged(string value, string flag) =>
        RemedyWording.Describe(new UnusableFileException("X.", null, new Remedy(ImportOption.Map, value)))
            .ShouldBe($"X. Pass {flag} to choose the column.");

    [Fact]
    public void A_file_of_addresses_is_offered_its_dataset() =>
        RemedyWording.Describe(new UnusableFileException("X.", null, new Remedy(ImportOption.Dataset, "subscribers")))
            .ShouldBe("X. If the file has only addresses, pass --dataset subscribers.");

    [Fact]
    public void Other_failures_have_their_message_and_the_next_step()
    {
        RemedyWording.Describe(new IOException("The disk is full.")).ShouldBe("The disk is full.");
        RemedyWording.Describe(new FileChangedException("The file changed.")).ShouldContain("--settle 10s");
        RemedyWording.Describe(new UnwritableFileException("X cannot be written.", new IOException(), new Remedy(ImportOption.State)))
            .ShouldBe("X cannot be written. Pass --state DIR to keep it in another folder.");
    }

    [Theory]
    [InlineData(ImportOption.MaxRecordBytes, "--max-record-bytes: x")]
    [InlineData(ImportOption.Map, "--map: x")]
    public void A_fault_begins_with_the_flag(ImportOption option, string expected) =>
        RemedyWording.Describe(new OptionFault(option, "x")).ShouldBe(expected);

    [Fact]
    public void Every_option_is_a_flag_of_the_producer()
    {
        string[] flags = [.. new ProducerCommand().Root.Options.Select(option => option.Name), .. Setting.All.Select(setting => setting.Flag)];

        foreach (var option in Enum.GetValues<ImportOption>())
        {
            flags.ShouldContain(RemedyWording.Describe(new OptionFault(option, "")).TrimEnd(':', ' '));
        }
    }
}
