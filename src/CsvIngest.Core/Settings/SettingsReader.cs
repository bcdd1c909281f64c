using System.Text.Json;

namespace CsvIngest.Settings;

/// <summary>
/// Finds the value of a setting: flag, environment (<c>NAME</c>, or the file that <c>NAME_FILE</c> names), appsettings.json,
/// default, in this order.
/// </summary>
public sealed class SettingsReader
{
    private readonly Func<string, string?> _environment;
    private readonly Func<string, string> _readFile;
    private readonly Dictionary<string, string> _fileValues;

    /// <param name="environment">The value of an environment variable, or null.</param>
    /// <param name="readFile">The text of a file.</param>
    /// <param name="appSettings">The text of appsettings.json, or null where there is none.</param>
    /// <exception cref="UsageException">appsettings.json is not valid; every fault is listed.</exception>
    public SettingsReader(Func<string, string?> environment, Func<string, string> readFile, string? appSettings)
    {
        _environment = environment;
        _readFile = readFile;
        _fileValues = appSettings is null ? [] : ParseAppSettings(appSettings);
    }

    /// <summary>The value of a setting; null where it is given nowhere and has no default.</summary>
    /// <param name="setting">Which.</param>
    /// <param name="flag">What the command line says, or null.</param>
    /// <exception cref="UsageException">The variable is given twice, the file it names cannot be read, or the value is empty.</exception>
    public string? Find(Setting setting, string? flag)
    {
        var value = flag ?? FromEnvironment(setting.Variable) ?? _fileValues.GetValueOrDefault(setting.Name) ?? setting.Default;
        return value is not ""
            ? value
            : throw new UsageException($"The {setting.Name} is empty ({setting.Flag}, {setting.Variable} or appsettings.json).");
    }

    /// <summary>The value of a setting that has a default.</summary>
    /// <inheritdoc cref="Find" path="/param"/>
    public string Get(Setting setting, string? flag) =>
        Find(setting, flag) ?? throw new InvalidOperationException($"{setting.Name} has no default");

    /// <summary>What the environment says under a name, or in the file that <c>NAME_FILE</c> names; null for nothing.</summary>
    /// <param name="variable">The name.</param>
    public string? FromEnvironment(string variable)
    {
        var value = NullIfEmpty(_environment(variable));
        var file = NullIfEmpty(_environment(variable + "_FILE"));
        if (value is not null && file is not null)
        {
            throw new UsageException($"Both {variable} and {variable}_FILE are set; set one of them.");
        }

        if (file is null)
        {
            return value;
        }

        try
        {
            return _readFile(file).TrimEnd('\r', '\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{variable}_FILE names {file}, which cannot be read: {e.Message}", e);
        }
    }

    private static string? NullIfEmpty(string? value) => string.IsNullOrEmpty(value) ? null : value;

    private static Dictionary<string, string> ParseAppSettings(string text)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var faults = new List<string>();
        try
        {
            using var document = JsonDocument.Parse(
                text, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            foreach (var property in document.RootElement.EnumerateObject())
            {
                if (!Setting.All.Any(setting => setting.Name == property.Name))
                {
                    faults.Add($"unknown key \"{property.Name}\"; known are {string.Join(", ", Setting.All.Select(s => s.Name))}");
                }
                else if (property.Value.ValueKind != JsonValueKind.String)
                {
                    faults.Add($"\"{property.Name}\" is not a string");
                }
                else
                {
                    values[property.Name] = property.Value.GetString()!;
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            faults.Add($"not a JSON object: {e.Message}");
        }

        return faults.Count == 0 ? values : throw new UsageException("appsettings.json: " + string.Join("; ", faults) + ".");
    }
}
