using System.Text.Json;
using CsvIngest.Settings;
using Microsoft.Extensions.Configuration;

namespace CsvIngest.Hosting;

/// <summary>
/// Settings from appsettings.json, which holds one object of strings. Stricter than the JSON source of the framework: an unknown key
/// and a value of another type are errors.
/// </summary>
internal sealed class AppSettingsSource(string path) : ConfigurationProvider, IConfigurationSource
{
    private static readonly JsonDocumentOptions Options = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

    public override void Load()
    {
        if (!File.Exists(path))
        {
            return;
        }

        var faults = new List<string>();
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllText(path), Options);
            foreach (var property in document.RootElement.EnumerateObject())
            {
                Read(property, faults);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            faults.Add($"cannot be read: {FailureReason.Of(e)}");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            faults.Add($"not a JSON object: {FailureReason.Of(e)}");
        }

        if (faults.Count > 0)
        {
            throw new UsageException($"appsettings.json: {string.Join("; ", faults)}.");
        }
    }

    private void Read(JsonProperty property, List<string> faults)
    {
        if (!Setting.All.Any(setting => setting.Name == property.Name))
        {
            faults.Add($"unknown key \"{property.Name}\"; available: {string.Join(", ", Setting.All.Select(setting => setting.Name))}");
        }
        else if (property.Value.ValueKind != JsonValueKind.String)
        {
            faults.Add($"the value of \"{property.Name}\" is not a string");
        }
        else
        {
            Set(property.Name, property.Value.GetString());
        }
    }
}
