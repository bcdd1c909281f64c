using System.Diagnostics;
using System.Globalization;
using CsvIngest.Testing;
using DotNet.Testcontainers.Containers;
using Testcontainers.PostgreSql;

namespace CsvIngest.ServerTests.Servers;

/// <summary>PostgreSQL in a container, on a port of its own choice, so that it has the same address after a restart.</summary>
internal sealed class ContainerPostgres : PostgresInstance
{
    private readonly PostgreSqlContainer _container;
    private readonly int _port = ServerPorts.Take();

    public ContainerPostgres(string[] settings)
    {
        // The builder's own command switches fsync off. These tests are about what survives, so ours says nothing of it.
        _container = new PostgreSqlBuilder("postgres:17")
            .WithUsername("postgres")
            .WithPassword(Password)
            .WithPortBinding(_port, PostgreSqlBuilder.PostgreSqlPort)
            .WithCreateParameterModifier(parameters =>
                parameters.Cmd = ["postgres", .. settings.SelectMany(setting => (string[])["-c", setting])])
            .Build();
    }

    public override string Endpoint => $"{_container.Hostname}:{_port.ToString(CultureInfo.InvariantCulture)}";

    // The image asks Docker for SIGINT, which is the fast mode.
    public override Task StopAsync() => _container.StopAsync();

    public override async Task KillAsync()
    {
        // The server is the container's first process, which no signal from within can kill.
        using var kill = Process.Start("docker", ["kill", _container.Id]);
        await kill.WaitForExitAsync();
    }

    protected override Task LaunchAsync(CancellationToken cancellationToken) => _container.StartAsync(cancellationToken);

    protected override string? HasFailed() =>
        _container.State == TestcontainersStates.Exited ? "its container has ended" : null;

    protected override async Task RemoveAsync() => await _container.DisposeAsync();
}
