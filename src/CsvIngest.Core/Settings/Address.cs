namespace CsvIngest.Settings;

/// <summary>The address of a broker or database: its scheme decides which implementation is used.</summary>
public static class Address
{
    private const string SqlitePrefix = "sqlite:";

    /// <summary>The file of a <c>sqlite:FILE</c> address; null when it is another kind of address.</summary>
    /// <exception cref="UsageException">No file is named.</exception>
    public static string? SqliteFile(string address)
    {
        if (!address.StartsWith(SqlitePrefix, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var file = address[SqlitePrefix.Length..];
        return file.Length > 0 ? file : throw new UsageException("The address \"sqlite:\" names no file; write sqlite:FILE.");
    }

    /// <summary>Whether the address has one of the schemes.</summary>
    public static bool HasScheme(string address, params ReadOnlySpan<string> schemes)
    {
        foreach (var scheme in schemes)
        {
            if (address.StartsWith(scheme + "://", StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The error for an address that no implementation takes. It does not repeat the address: it may hold a password.</summary>
    /// <param name="setting">Where it came from.</param>
    /// <param name="expected">What is known.</param>
    public static UsageException Unknown(Setting setting, string expected) => new(
        $"The address in {setting.Flag} or {setting.Variable} has no scheme known here; expected {expected}.");
}
