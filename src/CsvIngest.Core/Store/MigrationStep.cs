namespace CsvIngest.Store;

/// <summary>One thing that migrating a database did.</summary>
/// <param name="Kind">What it did.</param>
/// <param name="Name">The file name of the migration, or the name of the table.</param>
/// <param name="Dataset">The dataset that the table belongs to; null for a migration.</param>
/// <param name="Column">The column that was added to the table; null for anything else.</param>
public sealed record MigrationStep(MigrationStepKind Kind, string Name, string? Dataset = null, string? Column = null);

/// <summary>The kinds of <see cref="MigrationStep"/>.</summary>
public enum MigrationStepKind
{
    /// <summary>A migration was applied.</summary>
    MigrationApplied,

    /// <summary>The table of a dataset was created.</summary>
    TableCreated,

    /// <summary>A column was added to the table of a dataset.</summary>
    ColumnAdded,
}
