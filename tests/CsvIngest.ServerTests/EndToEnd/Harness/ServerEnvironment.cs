using System.Data.Common;
using CsvIngest.Postgres;
using CsvIngest.RabbitMq;
using CsvIngest.ServerTests.Servers;
using CsvIngest.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd.Harness;

/// <summary>A queue on a RabbitMQ server and a database on a PostgreSQL server, with or without a proxy before each.</summary>
public sealed class ServerEnvironment : PipelineEnvironment
{
    private readonly string _broker;
    private readonly string _database;
    private readonly TcpProxy? _brokerLink;
    private readonly TcpProxy? _databaseLink;
    private readonly DatabaseServer? _owner;

    /// <param name="broker">The address of the broker.</param>
    /// <param name="database">The address of an empty database.</param>
    /// <param name="owner">The server to drop the database from in the end; null for one that goes with its server.</param>
    public ServerEnvironment(string broker, string database, DatabaseServer? owner = null)
        : this(broker, database, null, null, owner)
    {
    }

    private ServerEnvironment(string broker, string database, TcpProxy? brokerLink, TcpProxy? databaseLink, DatabaseServer? owner)
        : base(
            new WorkFolder(),
            brokerLink is null ? broker : Endpoint.Replace(broker, brokerLink.Endpoint),
            databaseLink is null ? database : Endpoint.Replace(database, databaseLink.Endpoint))
    {
        _broker = broker;
        _database = database;
        _brokerLink = brokerLink;
        _databaseLink = databaseLink;
        _owner = owner;
    }

    public override string DuplicateLinesQuery => "SELECT import_id, line FROM import_slices, unnest(duplicate_lines) AS line";

    /// <summary>The proxy between the programs and the broker. Connections of the test do not use it.</summary>
    internal TcpProxy BrokerLink => _brokerLink ?? throw new InvalidOperationException("This environment has no links.");

    /// <summary>The proxy between the programs and the database. Connections of the test do not use it.</summary>
    internal TcpProxy DatabaseLink => _databaseLink ?? throw new InvalidOperationException("This environment has no links.");

    internal string DeadLetterQueue => Queue + ".dead-letter";

    /// <summary>An environment with a proxy before each server.</summary>
    /// <inheritdoc cref="ServerEnvironment(string, string, DatabaseServer?)"/>
    public static ServerEnvironment WithLinks(string broker, string database, DatabaseServer? owner = null) =>
        new(broker, database, new TcpProxy(Endpoint.Of(broker)), new TcpProxy(Endpoint.Of(database)), owner);

    public override async Task<DbConnection> ConnectAsync()
    {
        // Not pooled: a connection that a fault has broken would be used again later. And what a host was before a failover does not count.
        var connection = new NpgsqlConnection(
            PostgresAddress.ToConnectionString(_database) + ";Pooling=false;Application Name=test;Host Recheck Seconds=0");
        await connection.OpenAsync();
        return connection;
    }

    /// <summary>Opens a channel that does not use the link, and does something with it.</summary>
    public async Task<T> WithChannelAsync<T>(Func<IChannel, Task<T>> work)
    {
        var address = RabbitMqAddress.Parse(_broker);
        var factory = new ConnectionFactory
        {
            UserName = address.User,
            Password = address.Password,
            VirtualHost = address.VirtualHost,
            AutomaticRecoveryEnabled = false,
        };
        await using var connection = await factory.CreateConnectionAsync(
            address.Hosts.Select(host => new AmqpTcpEndpoint(host.Name, host.Port)).ToList());
        await using var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true));
        return await work(channel);
    }

    /// <summary>Publishes a message to the queue without the producer. On return the broker has it.</summary>
    public Task PublishAsync(byte[] body, string contentType) => WithChannelAsync(async channel =>
    {
        var properties = new BasicProperties { ContentType = contentType, Persistent = true };
        await channel.BasicPublishAsync("", Queue, mandatory: true, properties, body);
        return true;
    });

    /// <summary>Declares the queues and creates the tables.</summary>
    public async Task PrepareAsync()
    {
        await using var broker = new RabbitMqBroker(RabbitMqOptions.Parse(_broker, Queue), new RecordedLogs());
        await broker.PrepareAsync(TestContext.Current.CancellationToken);
        await CreateTablesAsync();
    }

    /// <summary>Creates the tables, as <c>consumer migrate</c> does.</summary>
    public async Task CreateTablesAsync()
    {
        await using var store = new PostgresStore(_database, NullLogger.Instance);
        await store.MigrateAsync([], TestContext.Current.CancellationToken);
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (var link in (TcpProxy?[])[_brokerLink, _databaseLink])
        {
            await (link?.DisposeAsync() ?? ValueTask.CompletedTask);
        }

        try
        {
            await WithChannelAsync(async channel =>
            {
                await channel.QueueDeleteAsync(Queue);
                return await channel.QueueDeleteAsync(DeadLetterQueue);
            });
        }
        catch (BrokerUnreachableException)
        {
            // A test that leaves the broker stopped has failed, and its failure is the one to show.
        }

        await (_owner?.DropDatabaseAsync(_database) ?? Task.CompletedTask);
        await base.DisposeAsync();
    }
}
