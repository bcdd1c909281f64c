using CsvIngest.Hosting;
using CsvIngest.Settings;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Settings;

public sealed class ExitTests
{
    public static TheoryData<Exception, int> Codes => new()
    {
        { new UsageException("x"), 64 },
        { new UnusableFileException("x"), 65 },
        { new FileNotFoundException("x"), 66 },
        { new DeniedException("x"), 69 },
        { new InvalidOperationException("x"), 70 },
        { new IOException("x"), 74 },
        { new BrokerUnavailableException("x"), 75 },
        { new FileInUseException("x"), 75 },
        { new FileChangedException("x"), 75 },
        { new StoreUnavailableException("x"), 75 },
        { new OperationCanceledException("x"), 130 },
    };

    [Theory]
    [MemberData(nameof(Codes))]
    public void Every_failure_has_its_code(Exception failure, int code) => Exit.CodeOf(failure).ShouldBe(code);

    [Fact]
    public void The_message_is_shown_and_a_stack_trace_with_verbose_only()
    {
        var quiet = new StringWriter();
        Exit.Report(new DeniedException("wrong password"), "consumer", verbose: false, quiet);
        quiet.ToString().ShouldBe("consumer: wrong password" + Environment.NewLine);

        var verbose = new StringWriter();
        Exit.Report(new DeniedException("wrong password"), "consumer", verbose: true, verbose);
        verbose.ToString().ShouldContain(nameof(DeniedException));
    }

    [Fact]
    public void An_internal_error_shows_its_type_and_not_its_message()
    {
        var error = new StringWriter();
        Exit.Report(new InvalidOperationException("a row's value"), "producer", verbose: false, error);
        error.ToString().ShouldStartWith("producer: internal error (InvalidOperationException). Re-run with --verbose");
        error.ToString().ShouldNotContain("a row's value");
    }
}
