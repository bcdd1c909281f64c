using System.CommandLine;
using CsvIngest.Settings;

namespace CsvIngest.Consumer.Commands;

/// <summary>The options that every command takes, before or after its name.</summary>
internal sealed class CommonOptions
{
    public Option<string?> Broker { get; } = Of(Setting.Broker);

    public Option<string?> Database { get; } = Of(Setting.Database);

    public Option<string?> Queue { get; } = Of(Setting.Queue);

    public Option<string?> Datasets { get; } = Of(Setting.Datasets);

    public Option<bool> Verbose { get; } = new("--verbose") { Description = "Say more, and show stack traces", Recursive = true };

    public void AddTo(RootCommand root)
    {
        root.Add(Broker);
        root.Add(Database);
        root.Add(Queue);
        root.Add(Datasets);
        root.Add(Verbose);
    }

    private static Option<string?> Of(Setting setting) => new(setting.Flag)
    {
        Description = $"{setting.Description} [{setting.Variable}; default: {setting.Default ?? "none"}]",
        HelpName = setting.Name,
        Recursive = true,
    };
}
