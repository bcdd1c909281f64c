using System.Collections;
using CsvIngest.Settings;
using Microsoft.Extensions.Configuration;

namespace CsvIngest.Hosting;

/// <summary>
/// The values of settings. The first source that has one wins: the command line, the environment (<c>NAME</c>, or the file that
/// <c>NAME_FILE</c> names), appsettings.json, the default.
/// </summary>
public sealed class ProgramSettings
{
    private readonly IReadOnlyDictionary<string, string?> _commandLine;
    private readonly EnvironmentSource _environment;
    private readonly IConfigurationRoot _values;

    /// <param name="commandLine">The values of the command line, by <see cref="Setting.Name"/>.</param>
    /// <param name="environment">The environment variables.</param>
    /// <param name="appSettings">The path of appsettings.json. The file need not exist.</param>
    /// <exception cref="UsageException">appsettings.json is not valid; the message lists every fault.</exception>
    public ProgramSettings(IReadOnlyDictionary<string, string?> commandLine, IDictionary environment, string appSettings)
    {
        _commandLine = commandLine;
        _environment = new EnvironmentSource(environment);
        _values = new ConfigurationBuilder()
            .Add(new AppSettingsSource(appSettings))
            .Add(_environment)
            .AddInMemoryCollection(commandLine)
            .Build();
    }

    /// <summary>The settings of this process, with appsettings.json beside the program.</summary>
    /// <inheritdoc cref="ProgramSettings(IReadOnlyDictionary{string, string?}, IDictionary, string)"/>
    public static ProgramSettings Load(IReadOnlyDictionary<string, string?> commandLine) => new(
        commandLine, Environment.GetEnvironmentVariables(), Path.Combine(AppContext.BaseDirectory, "appsettings.json"));

    /// <summary>The value of a setting; null if it is specified nowhere and has no default.</summary>
    /// <exception cref="UsageException">Both <c>NAME</c> and <c>NAME_FILE</c> are set, the file cannot be read, or the value is empty.</exception>
    public string? Find(Setting setting) => (_values[setting.Name] ?? setting.Default) is not "" and var value
        ? value
        : throw new UsageException($"The {setting.Name} setting is empty ({setting.Flag}, {setting.Variable} or appsettings.json).");

    /// <summary>The value of a setting that a program cannot do without.</summary>
    /// <exception cref="UsageException">As <see cref="Find"/>, or the setting is specified nowhere.</exception>
    public string Get(Setting setting) => Find(setting)
        ?? throw new UsageException($"The {setting.Name} setting is missing. Pass {setting.Flag} or set {setting.Variable}.");

    /// <summary>The value of a setting that is the address of a server, and the file that it comes from.</summary>
    /// <exception cref="UsageException">As <see cref="Get"/>.</exception>
    public ConfiguredAddress GetAddress(Setting setting) => new(
        Get(setting),
        !_commandLine.ContainsKey(setting.Name) && _environment.FileOf(setting.Variable) is { } file
            ? new AddressFile(file, () => Get(setting))
            : null);

    /// <summary>The value of an environment variable, or of the file that <c>NAME_FILE</c> names; null if neither is set.</summary>
    /// <exception cref="UsageException">Both are set, or the file cannot be read.</exception>
    public string? FromEnvironment(string variable) => _environment.Find(variable);
}
