using CsvIngest.Datasets;
using CsvIngest.Values;

namespace CsvIngest.Contracts;

/// <summary>The datasets of the store contract.</summary>
public static class StoreDatasets
{
    /// <summary>The built-in one, whose table a migration creates.</summary>
    public static Dataset Contacts { get; } = new(
        "contacts",
        "contacts",
        "email",
        [
            new Column("email", ColumnType.Email, Required: true),
            new Column("full_name", ColumnType.Text, Required: true, MaxLength: 200, Trim: true),
        ],
        "attributes");

    /// <summary>Every type once; the names of the table and its columns must be quoted.</summary>
    public static Dataset Measurements { get; } = new(
        "measurements",
        "Measurements Of All",
        "select",
        [
            new Column("note", ColumnType.Text),
            new Column("select", ColumnType.Integer, Required: true),
            new Column("Amount", ColumnType.Decimal),
            new Column("at", ColumnType.Timestamp),
            new Column("day", ColumnType.Date),
            new Column("valid", ColumnType.Boolean),
            new Column("device", ColumnType.Uuid),
            new Column("owner", ColumnType.Email),
        ],
        ExtraColumns: null);

    /// <summary>Without a key: every row is inserted.</summary>
    public static Dataset Visits { get; } = new(
        "visits", "visits", Key: null, [new Column("page", ColumnType.Text, Required: true)], "more");

    /// <summary>Its table exists before migrating, and rejects negative amounts.</summary>
    public static Dataset Guarded { get; } = new(
        "guarded",
        "guarded",
        "code",
        [new Column("code", ColumnType.Text, Required: true), new Column("amount", ColumnType.Integer)],
        ExtraColumns: null);

    /// <summary>Two totals of each payment.</summary>
    public static Dataset Payments { get; } = new(
        "payments",
        "payments",
        "id",
        [
            new Column("id", ColumnType.Text, Required: true),
            new Column("account", ColumnType.Text),
            new Column("amount", ColumnType.Decimal),
            new Column("pieces", ColumnType.Integer),
        ],
        ExtraColumns: null)
    {
        Totals = [new TotalDefinition("account", "amount"), new TotalDefinition("account", "pieces")],
    };

    /// <summary>The table of <see cref="Guarded"/>, in SQL that every database accepts.</summary>
    public static string GuardedTable =>
        """
        CREATE TABLE guarded (
            code text PRIMARY KEY,
            amount bigint CONSTRAINT no_negative_amount CHECK (amount >= 0),
            import_id uuid NOT NULL,
            line bigint NOT NULL)
        """;

    /// <summary>All of them.</summary>
    public static IReadOnlyCollection<Dataset> All { get; } = [Contacts, Measurements, Visits, Guarded, Payments];
}
