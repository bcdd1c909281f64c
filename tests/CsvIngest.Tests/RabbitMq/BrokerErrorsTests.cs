using CsvIngest.RabbitMq;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.RabbitMq;

public sealed class BrokerErrorsTests
{
    [Fact]
    public void What_a_kind_of_queue_does_not_support_is_denied()
    {
        var closed = new OperationInterruptedException(
            new ShutdownEventArgs(ShutdownInitiator.Peer, 540, "NOT_IMPLEMENTED - basic.get not supported by stream queues queue 'q' in vhost '/'"));

        var denial = BrokerErrors.Translate(closed, "amqp://broker/").ShouldBeOfType<DeniedException>();

        denial.Message.ShouldContain("basic.get not supported by stream queues");
        BrokerErrors.IsNotImplemented(denial).ShouldBeTrue();
    }

    [Fact]
    public void A_connection_that_the_broker_closes_is_called_that()
    {
        var failure = new InvalidOperationException("Pipe is completed.");

        BrokerErrors.Translate(failure, "amqp://broker/").Message.ShouldBe("Broker amqp://broker/ is not available: the server closed the connection");
        BrokerErrors.Reason(new ShutdownEventArgs(ShutdownInitiator.Library, 541, "unexpected", failure)).ShouldBe("the server closed the connection");
    }
}
