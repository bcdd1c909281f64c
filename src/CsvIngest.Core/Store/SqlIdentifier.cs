namespace CsvIngest.Store;

/// <summary>Names of tables and columns in SQL.</summary>
public static class SqlIdentifier
{
    /// <summary>Quotes a name as the SQL standard has it, so that any name can be used.</summary>
    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
