using System.Net.Sockets;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Failures;

public sealed class FailureReasonTests
{
    [Fact]
    public void The_reason_is_the_innermost_message()
    {
        var failure = new InvalidOperationException("outer", new IOException("middle", new SocketException((int)SocketError.ConnectionReset)));

        FailureReason.Of(failure).ShouldBe(new SocketException((int)SocketError.ConnectionReset).Message);
    }

    [Fact]
    public void A_message_that_is_worded_for_people_is_kept()
    {
        var worded = new StoreUnavailableException("Database postgres://db is away.", new IOException("reset"));

        FailureReason.Of(new InvalidOperationException("outer", worded)).ShouldBe("Database postgres://db is away.");
        FailureReason.InFull(new DeniedException("First line.\nSecond line.")).ShouldBe("First line.\nSecond line.");
        FailureReason.InFull(new IOException("First\nsecond", new IOException("inner"))).ShouldBe("First second");
    }

    [Fact]
    public void Several_causes_are_named_each_once()
    {
        var failure = new AggregateException(
            "One or more errors occurred.", new IOException("refused"), new AggregateException(new IOException("refused"), new IOException("reset")));

        FailureReason.Of(failure).ShouldBe("refused; reset");
        FailureReason.Of(new AggregateException("empty")).ShouldBe("empty");
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("two\r\n  lines\t and a tab ", "two lines and a tab")]
    [InlineData("clear\u001b[2Jed by \u202Eevil", "clear\\x1B[2Jed by \\u202Eevil")]
    [InlineData("mentions an IOException: once", "mentions an IOException: once")]
    [InlineData("frames alone\n   at Some.Type.Method() in /x/y.cs:line 3", "frames alone")]
    [InlineData(
        "Already closed: text='Unexpected Exception', code=541, exception=System.IO.IOException: Unable to read data."
        + "\n ---> System.Net.Sockets.SocketException (104): Connection reset by peer\n   at System.Net.A.B(Int32 c)\n"
        + "   --- End of inner exception stack trace ---\n   at RabbitMQ.C.D()",
        "Connection reset by peer")]
    [InlineData(
        "exception=System.AggregateException: One or more errors occurred. (gone (x))\n ---> A.B.EndOfFileException: gone (x)\r\n   at A.B()\r\n",
        "gone (x)")]
    public void A_message_becomes_one_line_without_stack_traces(string message, string expected) =>
        FailureReason.Of(new InvalidOperationException(message)).ShouldBe(expected);

    [Fact]
    public void A_cancelled_wait_is_no_answer_in_time()
    {
        FailureReason.Of(new IOException("Exception while reading", new TimeoutException())).ShouldBe("no answer in time");
        FailureReason.Of(new TaskCanceledException()).ShouldBe("no answer in time");
    }

    /// <summary>An assumption: the client puts the whole exception into its message, and keeps it as the inner exception.</summary>
    [Fact]
    public void The_reason_of_a_connection_that_was_reset_is_what_the_socket_reported()
    {
        var failure = new AlreadyClosedException(
            new ShutdownEventArgs(ShutdownInitiator.Library, 541, "Unexpected Exception: Unable to read data", Thrown()));

        failure.Message.ShouldContain("\n   at ");
        FailureReason.Of(failure).ShouldBe("Connection reset by peer");
        FailureReason.Of(new IOException(failure.Message)).ShouldBe("Connection reset by peer");
    }

    private static Exception Thrown()
    {
        try
        {
            throw new IOException("Unable to read data from the transport connection.", new InvalidOperationException("Connection reset by peer"));
        }
        catch (IOException thrown)
        {
            return thrown;
        }
    }
}
