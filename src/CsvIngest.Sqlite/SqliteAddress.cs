using CsvIngest.Settings;

namespace CsvIngest.Sqlite;

/// <summary>The address of a SQLite file: <c>sqlite:FILE</c>.</summary>
internal static class SqliteAddress
{
    private const string Prefix = "sqlite:";

    /// <summary>For the broker and the store alike. The default is one file for both, so that the programs work without any server.</summary>
    public static AddressForms Forms { get; } = new()
    {
        Schemes = ["sqlite"],
        Descriptions = ["sqlite:FILE"],
        Default = "sqlite:csvingest.db",
    };

    /// <summary>The file of an address that <see cref="Forms"/> accepts.</summary>
    /// <exception cref="UsageException">The address names no file.</exception>
    public static string FileOf(string address)
    {
        var file = address[Prefix.Length..];
        return file.Length > 0 ? file : throw new UsageException("The address \"sqlite:\" names no file; expected sqlite:FILE.");
    }
}
