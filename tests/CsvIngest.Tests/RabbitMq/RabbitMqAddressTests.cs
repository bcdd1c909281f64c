using CsvIngest.RabbitMq;
using CsvIngest.Settings;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.RabbitMq;

public sealed class RabbitMqAddressTests
{
    [Theory]
    [InlineData("amqp://localhost", "guest", "guest", "/", "localhost:5672")]
    [InlineData("amqp://localhost/", "guest", "guest", "/", "localhost:5672")]
    [InlineData("amqps://localhost", "guest", "guest", "/", "localhost:5671")]
    [InlineData("AMQP://u:p@h:5673/v", "u", "p", "v", "h:5673")]
    [InlineData("amqp://u@h", "u", "guest", "/", "h:5672")]
    [InlineData("amqp://u:p@h1:5672,h2:5673,h3/v", "u", "p", "v", "h1:5672,h2:5673,h3:5672")]
    [InlineData("amqp://u%40x:p%3A%2F%40@h/%2Fa%2Fb", "u@x", "p:/@", "/a/b", "h:5672")]
    [InlineData("amqp://u:p@x@h/%2F", "u", "p@x", "/", "h:5672")]
    [InlineData("amqp://u:p:q@[::1]:5673", "u", "p:q", "/", "[::1]:5673")]
    [InlineData("amqp://[::1]", "guest", "guest", "/", "[::1]:5672")]
    public void An_address_is_taken_apart(string address, string user, string password, string virtualHost, string hosts)
    {
        var read = RabbitMqAddress.Parse(address);

        read.User.ShouldBe(user);
        read.Password.ShouldBe(password);
        read.VirtualHost.ShouldBe(virtualHost);
        string.Join(',', read.Hosts).ShouldBe(hosts);
        (read.Tls is not null).ShouldBe(address.StartsWith("amqps", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("localhost:5672")]
    [InlineData("http://localhost")]
    [InlineData("amqp://")]
    [InlineData("amqp://u:hunter2@")]
    [InlineData("amqp://u:hunter2@h1,,h2")]
    [InlineData("amqp://u:hunter2@h:0")]
    [InlineData("amqp://u:hunter2@h:65536")]
    [InlineData("amqp://u:hunter2@h:x")]
    [InlineData("amqp://u:hunter2@h/v?heartbeat=5")]
    [InlineData("amqp://u:hunter2@h/a/b")]
    [InlineData("amqp://u:hunter2/x@h")]
    [InlineData("amqp://u:hunter2#x@h")]
    [InlineData("amqp://u:hunter2%@h")]
    public void An_invalid_address_is_an_error_that_does_not_contain_the_password(string address) =>
        Should.Throw<UsageException>(() => RabbitMqOptions.Parse(address, "q")).Message.ShouldNotContain("hunter2");

    [Fact]
    public void The_parameters_of_tls_are_those_of_rabbitmq()
    {
        var tls = RabbitMqAddress.Parse(
            "amqps://h/v?cacertfile=%2Fca.pem&certfile=/c.pem&keyfile=/c.key&verify=verify_none&server_name_indication=other").Tls!;

        (tls.IssuersFile, tls.CertificateFile, tls.KeyFile, tls.Verify, tls.ServerName).ShouldBe(("/ca.pem", "/c.pem", "/c.key", false, "other"));
        RabbitMqAddress.Parse("amqps://h").Tls.ShouldBe(new RabbitMqTls());
        new RabbitMqTls().Verify.ShouldBeTrue();
    }

    [Theory]
    [InlineData("amqps://one,two", "one", "two")]
    [InlineData("amqps://one,two?server_name_indication=cluster", "cluster", "cluster")]
    public void Each_host_is_verified_under_its_own_name_unless_one_is_specified(string address, params string[] names)
    {
        var read = RabbitMqAddress.Parse(address);
        var attempt = new TlsAttempt(read.Tls!, "the broker");

        read.Hosts.Select(host => attempt.OptionsFor(host).ServerName).ShouldBe(names);
    }

    [Theory]
    [InlineData("amqp://h?cacertfile=/ca.pem", "the parameter \"cacertfile\" needs amqps://")]
    [InlineData("amqps://h?cacert=/ca.pem", "the parameter \"cacert\" is unknown; available: cacertfile, certfile, keyfile, verify, server_name_indication")]
    [InlineData("amqps://h?verify=none", "the parameter \"verify\" is neither verify_peer nor verify_none")]
    [InlineData("amqps://h?cacertfile=", "the parameter \"cacertfile\" has no value")]
    [InlineData("amqps://h?cacertfile=a&cacertfile=b", "the parameter \"cacertfile\" is there twice")]
    [InlineData("amqps://h?keyfile=a", "the parameter \"keyfile\" needs \"certfile\"")]
    public void A_parameter_that_cannot_be_used_is_an_error(string address, string fault) =>
        Should.Throw<UsageException>(() => RabbitMqAddress.Parse(address)).Message.ShouldContain(fault);

    [Fact]
    public void A_file_that_cannot_be_used_is_an_error_before_anything_is_opened() =>
        Should.Throw<UsageException>(() => RabbitMqBroker.Kind.Open(new("amqps://h?cacertfile=/nowhere/ca.pem"), "q", NullLoggerFactory.Instance))
            .Message.ShouldStartWith("The file /nowhere/ca.pem, which cacertfile in --broker names, cannot be read");

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("amq.mine")]
    public void An_invalid_queue_name_is_an_error(string queue) =>
        Should.Throw<UsageException>(() => RabbitMqOptions.Parse("amqp://h", queue)).Message.ShouldContain("--queue");

    [Fact]
    public void A_queue_name_leaves_room_for_that_of_the_dead_letter_queue()
    {
        RabbitMqOptions.Parse("amqp://h", new string('q', 243)).DeadLetterQueue.Length.ShouldBe(255);
        Should.Throw<UsageException>(() => RabbitMqOptions.Parse("amqp://h", new string('q', 244)));
    }

    [Fact]
    public void No_text_form_shows_the_password()
    {
        var options = RabbitMqOptions.Parse("amqps://me:hunter2@h1,h2/v", "q");

        options.DisplayAddress.ShouldBe("amqps://me@h1:5671,h2:5671/v");
        options.ToString().ShouldBe("amqps://me@h1:5671,h2:5671/v, queue q");
    }

    [Fact]
    public void Defaults()
    {
        var options = RabbitMqOptions.Parse("amqp://h", "q");

        options.ConnectTimeout.ShouldBe(TimeSpan.FromSeconds(10));
        options.RequestTimeout.ShouldBe(TimeSpan.FromSeconds(15));
        options.Heartbeat.ShouldBe(TimeSpan.FromSeconds(15));
        options.StallTimeout.ShouldBe(TimeSpan.FromSeconds(15));
        options.LeaderTimeout.ShouldBe(TimeSpan.FromSeconds(5));
        options.WatchInterval.ShouldBe(TimeSpan.FromSeconds(10));
        options.CloseTimeout.ShouldBe(TimeSpan.FromSeconds(3));
        options.DeadLetterQueue.ShouldBe("q.dead-letter");
    }
}
