using System.Data.Common;
using System.Globalization;

namespace CsvIngest.Testing;

/// <summary>Everything that the tables hold, read without the programs.</summary>
internal sealed class StoredTables
{
    private StoredTables()
    {
    }

    public required IReadOnlyList<Contact> Contacts { get; init; }

    public required IReadOnlyList<Import> Imports { get; init; }

    /// <summary>The lines of the rejected rows of each import, as often as the table has them.</summary>
    public required ILookup<Guid, long> Rejected { get; init; }

    /// <summary>The lines of the duplicates of each import, as often as the ledger has them.</summary>
    public required ILookup<Guid, long> Duplicates { get; init; }

    /// <summary>The lines that the slices of each import cover.</summary>
    public required ILookup<Guid, Lines> Slices { get; init; }

    public static async Task<StoredTables> ReadAsync(PipelineEnvironment environment)
    {
        await using var connection = await environment.ConnectAsync();
        return new StoredTables
        {
            Contacts = await ContactsAsync(connection),
            Imports = await ReadAsync(
                connection,
                "SELECT import_id, source, closed_at IS NOT NULL FROM imports",
                row => new Import(row.GetGuid(0), row.GetString(1), Convert.ToBoolean(row.GetValue(2), CultureInfo.InvariantCulture))),
            Rejected = await LinesAsync(connection, "SELECT import_id, line FROM rejected_rows"),
            Duplicates = await LinesAsync(connection, environment.DuplicateLinesQuery),
            Slices = (await ReadAsync(
                connection,
                "SELECT import_id, first_line, last_line FROM import_slices",
                row => (Import: row.GetGuid(0), Lines: new Lines(row.GetInt64(1), row.GetInt64(2)))))
                .ToLookup(row => row.Import, row => row.Lines),
        };
    }

    public static Task<List<Contact>> ContactsAsync(DbConnection connection) => ReadAsync(
        connection,
        "SELECT email, full_name, import_id, line FROM contacts",
        row => new Contact(row.GetString(0), row.GetString(1), row.GetGuid(2), row.GetInt64(3)));

    /// <summary>The imports whose closing and slices are all in the ledger.</summary>
    public static Task<List<Guid>> CompleteImportsAsync(DbConnection connection) => ReadAsync(
        connection,
        """
        SELECT import_id FROM imports
        WHERE closed_at IS NOT NULL
          AND slices = (SELECT count(*) FROM import_slices WHERE import_slices.import_id = imports.import_id)
        """,
        row => row.GetGuid(0));

    private static async Task<ILookup<Guid, long>> LinesAsync(DbConnection connection, string sql) =>
        (await ReadAsync(connection, sql, row => (Import: row.GetGuid(0), Line: row.GetInt64(1))))
            .ToLookup(row => row.Import, row => row.Line);

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

    internal readonly record struct Lines(long First, long Last)
    {
        public IEnumerable<long> All
        {
            get
            {
                for (var line = First; line <= Last; line++)
                {
                    yield return line;
                }
            }
        }
    }
}
