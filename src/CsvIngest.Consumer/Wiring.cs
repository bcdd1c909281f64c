using CsvIngest.Datasets;
using CsvIngest.Messages;
using CsvIngest.Postgres;

using CsvIngest.RabbitMq;
using CsvIngest.Settings;
using CsvIngest.Sqlite;
using CsvIngest.Store;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Consumer;

/// <summary>Makes the parts that the settings name: the one place that knows every adapter.</summary>
internal sealed class Wiring(SettingsReader settings, ILoggerFactory loggers)
{
    public IBroker OpenBroker(string? brokerFlag, string? queueFlag)
    {
        var address = settings.Get(Setting.Broker, brokerFlag);
        var queue = settings.Get(Setting.Queue, queueFlag);
        if (Address.SqliteFile(address) is { } file)
        {
            return new SqliteBroker(file, queue, loggers);
        }

        return Address.HasScheme(address, "amqp", "amqps")
            ? new RabbitMqBroker(RabbitMqOptions.Parse(address, queue), loggers)
            : throw Address.Unknown(Setting.Broker, "amqp://…, amqps://… or sqlite:FILE");
    }

    public IStore OpenStore(string? databaseFlag)
    {
        var address = settings.Get(Setting.Database, databaseFlag);
        return Address.SqliteFile(address) is { } file ? new SqliteStore(file, loggers.CreateLogger<SqliteStore>()) : new PostgresStore(address, loggers.CreateLogger<PostgresStore>());
    }

    /// <summary>The built-in datasets and those of the folder.</summary>
    public DatasetCatalog LoadDatasets(string? datasetsFlag)
    {
        var folder = settings.Find(Setting.Datasets, datasetsFlag);
        return folder is null ? DatasetCatalog.BuiltIn : DatasetCatalog.Load(folder, Directory.EnumerateFiles, File.ReadAllText);
    }
}
