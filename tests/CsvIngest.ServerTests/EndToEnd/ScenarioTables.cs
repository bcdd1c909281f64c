using System.Data.Common;

namespace CsvIngest.ServerTests.EndToEnd;

/// <summary>All that the tables hold at the end of a scenario, read past the programs.</summary>
internal sealed class ScenarioTables
{
    private ScenarioTables()
    {
    }

    public required IReadOnlyList<Contact> Contacts { get; init; }

    public required IReadOnlyList<Import> Imports { get; init; }

    /// <summary>By import: the lines of its rejected rows, each as often as it stands there.</summary>
    public required ILookup<Guid, long> Rejected { get; init; }

    /// <summary>By import: the lines of its duplicates, each as often as it stands there.</summary>
    public required ILookup<Guid, long> Duplicates { get; init; }

    /// <summary>By import: what its slices cover.</summary>
    public required ILookup<Guid, Lines> Slices { get; init; }

    public static async Task<ScenarioTables> ReadAsync(DbConnection connection) => new()
    {
        Contacts = await ReadAsync(
            connection,
            "SELECT email, full_name, import_id, line FROM contacts",
            row => new Contact(row.GetString(0), row.GetString(1), row.GetGuid(2), row.GetInt64(3))),
        Imports = await ReadAsync(
            connection,
            "SELECT import_id, source, closed_at IS NOT NULL FROM imports",
            row => new Import(row.GetGuid(0), row.GetString(1), row.GetBoolean(2))),
        Rejected = (await ReadAsync(connection, "SELECT import_id, line FROM rejected_rows", Line)).ToLookup(row => row.Import, row => row.Line),
        Duplicates = (await ReadAsync(
            connection,
            "SELECT import_id, line FROM import_slices, unnest(duplicate_lines) AS line",
            Line)).ToLookup(row => row.Import, row => row.Line),
        Slices = (await ReadAsync(
            connection,
            "SELECT import_id, first_line, last_line FROM import_slices",
            row => (Import: row.GetGuid(0), Lines: new Lines(row.GetInt64(1), row.GetInt64(2)))))
            .ToLookup(row => row.Import, row => row.Lines),
    };

    private static (Guid Import, long Line) Line(DbDataReader row) => (row.GetGuid(0), row.GetInt64(1));

    private static async Task<List<T>> ReadAsync<T>(DbConnection connection, string sql, Func<DbDataReader, T> read)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<T>();
        while (await reader.ReadAsync())
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    internal sealed record Contact(string Email, string Name, Guid Import, long Line);

    internal sealed record Import(Guid Id, string Source, bool IsClosed);

    internal readonly record struct Lines(long First, long Last);
}
