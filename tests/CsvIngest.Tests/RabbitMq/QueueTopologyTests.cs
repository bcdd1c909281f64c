using CsvIngest.RabbitMq;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.RabbitMq;

public sealed class QueueTopologyTests
{
    // As brokers of 3.10 and 4 put it.
    [Theory]
    [InlineData(
        "PRECONDITION_FAILED - inequivalent arg 'x-queue-type' for queue 'q' in vhost '/': "
        + "received the value 'quorum' of type 'longstr' but current is none",
        "Queue \"q\" exists as a classic queue; expected quorum. ")]
    [InlineData(
        "PRECONDITION_FAILED - inequivalent arg 'x-queue-type' for queue 'q' in vhost '/': "
        + "received 'quorum' but current is 'classic'",
        "Queue \"q\" exists as a classic queue; expected quorum. ")]
    [InlineData(
        "PRECONDITION_FAILED - inequivalent arg 'x-queue-type' for queue 'q' in vhost '/': "
        + "received the value 'quorum' of type 'longstr' but current is the value 'stream' of type 'longstr'",
        "Queue \"q\" exists as a stream queue; expected quorum. ")]
    [InlineData(
        "PRECONDITION_FAILED - inequivalent arg 'x-delivery-limit' for queue 'q' in vhost '/': "
        + "received the value '20' of type 'signedint' but current is the value '7' of type 'signedint'",
        "Queue \"q\" exists with other arguments: x-delivery-limit is 7; expected 20. ")]
    [InlineData(
        "PRECONDITION_FAILED - inequivalent arg 'x-expires' for queue 'q' in vhost '/': "
        + "received none but current is the value '1000' of type 'signedint'",
        "Queue \"q\" exists with other arguments: x-expires is 1000; expected nothing. ")]
    [InlineData(
        "PRECONDITION_FAILED - inequivalent arg 'durable' for queue 'q' in vhost '/': received 'true' but current is 'false'",
        "Queue \"q\" exists with other arguments: durable is false; expected true. ")]
    [InlineData("PRECONDITION_FAILED - something new", "Queue \"q\" cannot be used: PRECONDITION_FAILED - something new. ")]
    public void The_message_names_found_and_expected_and_the_next_step(string replyText, string expected) =>
        QueueTopology.Explain("q", replyText).ShouldBe(
            expected + "Delete it (its messages are lost) or choose another name with --queue.");

    [Fact]
    public void A_queue_that_does_not_exist_is_not_to_be_deleted() =>
        QueueTopology.Explain("q", "PRECONDITION_FAILED - cannot declare queue 'q': queue limit in vhost '/' (0) is reached").ShouldBe(
            "Queue \"q\" cannot be declared: PRECONDITION_FAILED - cannot declare queue 'q': queue limit in vhost '/' (0) is reached.");
}
