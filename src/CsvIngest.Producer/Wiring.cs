using CsvIngest.Datasets;
using CsvIngest.Messages;
using CsvIngest.RabbitMq;
using CsvIngest.Settings;
using CsvIngest.Sqlite;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Producer;

/// <summary>Makes the parts that the settings name: the one place that knows every adapter.</summary>
internal static class Wiring
{
    public static IBroker OpenBroker(string address, string queue, ILoggerFactory loggers)
    {
        if (Address.SqliteFile(address) is { } file)
        {
            return new SqliteBroker(file, queue, loggers);
        }

        return Address.HasScheme(address, "amqp", "amqps")
            ? new RabbitMqBroker(RabbitMqOptions.Parse(address, queue), loggers)
            : throw Address.Unknown(Setting.Broker, "amqp://…, amqps://… or sqlite:FILE");
    }

    /// <summary>The dataset that <c>--dataset</c> means: a file, one of the folder, or a built-in one.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    public static Dataset FindDataset(string name, string? folder)
    {
        if (name.EndsWith(".json", StringComparison.OrdinalIgnoreCase) && File.Exists(name))
        {
            return DatasetFile.Parse(File.ReadAllText(name), name);
        }

        // A name is looked up among the definitions: it never becomes part of a path.
        var known = folder is null ? DatasetCatalog.BuiltIn : DatasetCatalog.Load(folder, Directory.EnumerateFiles, File.ReadAllText);
        return known.TryGet(name, out var dataset)
            ? dataset
            : throw new UsageException(
                $"There is no dataset \"{name}\"; known are {string.Join(", ", known.All.Select(one => one.Name))}. "
                + "--datasets names a folder of more; --dataset also takes the path of a .json file.");
    }
}
