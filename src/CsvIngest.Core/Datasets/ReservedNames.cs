namespace CsvIngest.Datasets;

/// <summary>
/// The names that no dataset may use. A dataset can be moved from one kind of database to another, so a name that one of them
/// reserves is reserved for all.
/// </summary>
internal static class ReservedNames
{
    private static readonly string[] LedgerTables = ["imports", "import_slices", "rejected_rows"];

    // The prefixes of CsvIngest's own tables and of the system catalogs of databases.
    private static readonly string[] TablePrefixes = ["broker_", "csvingest_", "pg_", "sqlite_"];

    private static readonly string[] OwnColumns = ["import_id", "line", "created_at"];
    private static readonly string[] SystemColumns = ["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"];

    /// <summary>Whether a table of this name belongs to CsvIngest or to the database.</summary>
    public static bool IsReservedTable(string name) =>
        LedgerTables.Contains(name, StringComparer.Ordinal)
        || TablePrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>Whether CsvIngest gives every table a column of this name.</summary>
    public static bool IsOwnColumn(string name) => OwnColumns.Contains(name, StringComparer.Ordinal);

    /// <summary>Whether a database gives every table a column of this name.</summary>
    public static bool IsSystemColumn(string name) => SystemColumns.Contains(name, StringComparer.Ordinal);
}
