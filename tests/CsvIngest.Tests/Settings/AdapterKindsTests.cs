using CsvIngest.Hosting;
using CsvIngest.Postgres;
using CsvIngest.RabbitMq;
using CsvIngest.Settings;
using CsvIngest.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Settings;

public sealed class AdapterKindsTests
{
    /// <summary>The settings of a program that is built with all adapters.</summary>
    internal static IReadOnlyList<Setting> AllSettings { get; } =
        new Application("all", [RabbitMqBroker.Kind, SqliteBroker.Kind], [PostgresStore.Kind, SqliteStore.Kind]).Settings;

    [Theory]
    [InlineData("amqp://h", "rabbitmq")]
    [InlineData("AMQPS://h", "rabbitmq")]
    [InlineData("sqlite:a.db", "sqlite")]
    [InlineData("SQLite:/x/a b=c.db", "sqlite")]
    [InlineData("postgres://h", "postgres")]
    [InlineData("PostgreSQL://h", "postgres")]
    [InlineData("Host=h;Port=5432", "postgres")]
    [InlineData("Application Name=a:b;Host=h", "postgres")]
    [InlineData("mysql://h/d?a=b", "")]
    [InlineData("http://u:p=q@h", "")]
    [InlineData("file.db", "")]
    [InlineData("", "")]
    public void The_form_of_an_address_decides_which_adapter_serves_it(string address, string adapters)
    {
        var all = new Dictionary<string, AddressForms>(StringComparer.Ordinal)
        {
            ["postgres"] = PostgresStore.Kind.Addresses,
            ["rabbitmq"] = RabbitMqBroker.Kind.Addresses,
            ["sqlite"] = SqliteStore.Kind.Addresses,
        };

        string.Concat(all.Where(each => each.Value.Accept(address)).Select(each => each.Key)).ShouldBe(adapters);
    }

    [Fact]
    public void Help_and_default_of_an_address_are_those_of_the_adapters()
    {
        AllSettings.Select(setting => setting.Description).Take(2).ShouldBe(
        [
            "Broker address: amqp://…, amqps://…[?cacertfile=FILE] or sqlite:FILE",
            "Database address: postgres://…[?sslmode=verify-full], an Npgsql connection string or sqlite:FILE",
        ]);
        new Application("one", [RabbitMqBroker.Kind]).Settings.Select(setting => (setting.Name, setting.Default)).ShouldBe(
            [("broker", null), ("queue", "csv-ingest"), ("datasets", null)]);
    }

    [Theory]
    [InlineData("sqlite:a.db", "a.db")]
    [InlineData("SQLite:/x/a b.db", "/x/a b.db")]
    public void The_file_of_an_address_is_what_follows_the_scheme(string address, string file) =>
        SqliteAddress.FileOf(address).ShouldBe(file);

    [Fact]
    public void An_address_without_a_file_is_an_error()
    {
        Should.Throw<UsageException>(() => SqliteBroker.Kind.Open(new ConfiguredAddress("sqlite:"), "q", NullLoggerFactory.Instance));
        Should.Throw<UsageException>(() => SqliteStore.Kind.Open(new ConfiguredAddress("sqlite:"), NullLoggerFactory.Instance));
    }
}
