using System.Text;
using CsvIngest.Testing;
using Testcontainers.RabbitMq;

namespace CsvIngest.ServerTests.Servers;

/// <summary>RabbitMQ in a container, on a port of its own choice, so that it has the same address after a restart.</summary>
internal sealed class ContainerRabbitMq : RabbitMqInstance
{
    private const int TlsPort = 5671;

    private readonly RabbitMqContainer _container;
    private readonly int _port = ServerPorts.Take();
    private readonly int _tlsPort = ServerPorts.Take();

    public ContainerRabbitMq(string[] configuration)
    {
        var lines = Encoding.UTF8.GetBytes(string.Join('\n', configuration) + "\n");
        _container = new RabbitMqBuilder("rabbitmq:4-management")
            .WithUsername("csvingest")
            .WithPassword("csvingest")
            .WithPortBinding(_port, RabbitMqBuilder.RabbitMqPort)
            .WithPortBinding(_tlsPort, TlsPort)
            .WithResourceMapping(lines, "/etc/rabbitmq/conf.d/90-tests.conf")
            .Build();
    }

    public override string Address => $"amqp://csvingest:csvingest@{_container.Hostname}:{_port}/";

    public override string TlsEndpoint => $"{_container.Hostname}:{_tlsPort}";

    protected override string TlsListener => $"{{\"0.0.0.0\", {TlsPort}}}";

    public override Task StopAsync() => _container.StopAsync();

    public override async Task KillAsync()
    {
        // The server is the container's first process, which no signal from within can kill; this ends it as abruptly.
        await _container.ExecAsync(["rabbitmqctl", "eval", "erlang:halt(137, [{flush, false}])."]);
        await _container.StopAsync();
    }

    public override async Task<string> CtlAsync(params string[] arguments)
    {
        var result = await _container.ExecAsync(["rabbitmqctl", .. arguments]);
        return result.ExitCode == 0
            ? result.Stdout
            : throw new InvalidOperationException(
                $"rabbitmqctl {string.Join(' ', arguments)} ended with code {result.ExitCode}: {result.Stdout}{result.Stderr}");
    }

    protected override Task LaunchAsync(CancellationToken cancellationToken) => _container.StartAsync(cancellationToken);

    protected override string? HasFailed() =>
        _container.State == DotNet.Testcontainers.Containers.TestcontainersStates.Exited
            ? "its container has ended"
            : null;

    protected override async Task RemoveAsync() => await _container.DisposeAsync();
}
