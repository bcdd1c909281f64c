using System.CommandLine;
using CsvIngest.Settings;

namespace CsvIngest.Hosting;

/// <summary>A setting that several programs have, wherever its value comes from.</summary>
/// <param name="Name">Its key in appsettings.json.</param>
/// <param name="Flag">Its option on the command line.</param>
/// <param name="Variable">Its environment variable. The same with <c>_FILE</c> appended names a file that contains the value.</param>
/// <param name="Description">One line of help.</param>
/// <param name="Default">The value if it is specified nowhere; null for none.</param>
public sealed record Setting(string Name, string Flag, string Variable, string Description, string? Default = null)
{
    /// <summary>The broker's address. Its forms and its default are those of the adapters: see <see cref="Accepting"/>.</summary>
    public static Setting Broker { get; } = new("broker", "--broker", "CSVINGEST_BROKER", "Broker address");

    /// <summary>The database's address. Its forms and its default are those of the adapters: see <see cref="Accepting"/>.</summary>
    public static Setting Database { get; } = new("database", "--database", "CSVINGEST_DATABASE", "Database address");

    /// <summary>The queue's name. Its dead-letter queue has the same name with <c>.dead-letter</c> appended.</summary>
    public static Setting Queue { get; } = new("queue", "--queue", "CSVINGEST_QUEUE", "Queue name", "csv-ingest");

    /// <summary>The folder of dataset definitions.</summary>
    public static Setting Datasets { get; } = new(
        "datasets", "--datasets", "CSVINGEST_DATASETS", "Folder of dataset definitions (*.json), in addition to the built-in ones");

    /// <summary>All of them. Programs may share one appsettings.json, so each accepts the keys of all, and no others.</summary>
    public static IReadOnlyList<Setting> All { get; } = [Broker, Database, Queue, Datasets];

    /// <summary>The setting with the address forms of the adapters that a program is built with.</summary>
    public Setting Accepting(IEnumerable<AddressForms> adapters)
    {
        var forms = adapters.ToList();
        return this with
        {
            Description = $"{Description}: {Choice([.. forms.SelectMany(each => each.Descriptions)])}",
            Default = forms.Select(each => each.Default).FirstOrDefault(address => address is not null),
        };
    }

    /// <summary>The option of the command line. Every command of a program takes it, before or after the command's name.</summary>
    internal Option<string?> ToOption() => new(Flag)
    {
        Description = $"{Description} [{Variable}; default: {Default ?? "none"}]",
        HelpName = Name,
        Recursive = true,
    };

    /// <summary>"a, b or c".</summary>
    internal static string Choice(IReadOnlyList<string> items) =>
        items.Count < 2 ? string.Concat(items) : $"{string.Join(", ", items.SkipLast(1))} or {items[^1]}";
}
