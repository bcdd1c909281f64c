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
        { new StoreUnavailableException("x"), 75 },
        { new OperationCanceledException("x"), 130 },
    };

    [Theory]
    [MemberData(nameof(Codes))]
    public void Every_failure_has_its_code(Exception failure, int code) => Exit.CodeOf(failure).ShouldBe(code);

    [Fact]
    public void People_see_the_message_and_a_stack_trace_only_when_they_ask()
    {
        var quiet = new StringWriter();
        Exit.Report(new DeniedException("wrong password"), "consumer", verbose: false, quiet);
        quiet.ToString().ShouldBe("consumer: wrong password" + Environment.NewLine);

        var verbose = new StringWriter();
        Exit.Report(new DeniedException("wrong password"), "consumer", verbose: true, verbose);
        verbose.ToString().ShouldContain(nameof(DeniedException));
    }

    [Fact]
    public void A_bug_shows_its_type_and_not_its_message()
    {
        var error = new StringWriter();
        Exit.Report(new InvalidOperationException("a row's value"), "producer", verbose: false, error);
        error.ToString().ShouldContain("InvalidOperationException");
        error.ToString().ShouldNotContain("a row's value");
    }
}
