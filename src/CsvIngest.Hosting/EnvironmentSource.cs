using System.Collections;
using CsvIngest.Settings;
using Microsoft.Extensions.Configuration;

namespace CsvIngest.Hosting;

/// <summary>
/// Settings from the environment. <c>NAME_FILE</c> in place of <c>NAME</c> names a file that contains the value, as container
/// secrets do. A value is read when it is asked for: a command does not fail over the secret of a server that it does not use.
/// </summary>
internal sealed class EnvironmentSource(IDictionary variables) : ConfigurationProvider, IConfigurationSource
{
    public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

    public override bool TryGet(string key, out string? value)
    {
        var setting = Setting.All.FirstOrDefault(setting => setting.Name == key);
        value = setting is null ? null : Find(setting.Variable);
        return value is not null;
    }

    /// <summary>The file that <c>NAME_FILE</c> names; null if it is not set.</summary>
    public string? FileOf(string variable) => Read(variable + "_FILE");

    public string? Find(string variable)
    {
        var value = Read(variable);
        var file = FileOf(variable);
        if (file is null)
        {
            return value;
        }

        if (value is not null)
        {
            throw new UsageException($"Both {variable} and {variable}_FILE are set; set only one of them.");
        }

        try
        {
            return File.ReadAllText(file).TrimEnd('\r', '\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{variable}_FILE names {file}, which cannot be read: {FailureReason.Of(e)}", e);
        }
    }

    // An empty variable counts as one that is not set: container files cannot leave one out.
    private string? Read(string variable) => variables[variable] is string { Length: > 0 } value ? value : null;
}
