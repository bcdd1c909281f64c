namespace CsvIngest.Settings;

/// <summary>A setting that both programs know, wherever it is given.</summary>
/// <param name="Name">In appsettings.json, in camel case.</param>
/// <param name="Flag">On the command line.</param>
/// <param name="Variable">In the environment; with <c>_FILE</c> behind it, the file that holds the value.</param>
/// <param name="Default">When it is given nowhere; null for nothing.</param>
/// <param name="Description">For people.</param>
public sealed record Setting(string Name, string Flag, string Variable, string? Default, string Description)
{
    /// <summary>Where messages go through.</summary>
    public static Setting Broker { get; } = new(
        "broker", "--broker", "CSVINGEST_BROKER", "sqlite:csvingest.db",
        "The broker: amqp://…, amqps://… or sqlite:FILE");

    /// <summary>Where rows end.</summary>
    public static Setting Database { get; } = new(
        "database", "--database", "CSVINGEST_DATABASE", "sqlite:csvingest.db",
        "The database: postgres://…, an Npgsql keyword string or sqlite:FILE");

    /// <summary>The queue's name; its dead-letter queue has <c>.dead-letter</c> behind it.</summary>
    public static Setting Queue { get; } = new(
        "queue", "--queue", "CSVINGEST_QUEUE", "csv-ingest", "The queue's name");

    /// <summary>The folder of dataset files.</summary>
    public static Setting Datasets { get; } = new(
        "datasets", "--datasets", "CSVINGEST_DATASETS", null, "A folder of dataset files (*.json), beside the built-in ones");

    /// <summary>All of them: whatever else stands in appsettings.json is an error.</summary>
    public static IReadOnlyList<Setting> All { get; } = [Broker, Database, Queue, Datasets];
}
