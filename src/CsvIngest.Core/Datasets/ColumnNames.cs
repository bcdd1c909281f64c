using System.Runtime.CompilerServices;

namespace CsvIngest.Datasets;

/// <summary>The header names of a column, in the form in which they are compared.</summary>
internal sealed class ColumnNames
{
    /// <summary>
    /// Each line that may be a header is compared with the names of every dataset, several times. To normalize the names each time would take
    /// longer than to read a small file.
    /// </summary>
    private static readonly ConditionalWeakTable<Dataset, ColumnNames[]> Known = [];

    private ColumnNames(Column column)
    {
        Whole = FormsOf([column.Name, .. column.Headers ?? []]);
        Parts = [.. (column.Combine ?? []).Select(FormsOf)];
        Levels = [[HeaderPattern.Exact], .. (column.Variants ?? []).Select(level => level.Select(HeaderPattern.Parse).ToArray())];
    }

    /// <summary>The names of the whole value.</summary>
    public HashSet<string> Whole { get; }

    /// <summary>The names of each part of the value; empty if the column is not combined. A name may also be one of the whole.</summary>
    public IReadOnlyList<HashSet<string>> Parts { get; }

    /// <summary>The patterns in which the names occur, in order of preference.</summary>
    public IReadOnlyList<HeaderPattern[]> Levels { get; }

    /// <summary>The names of each of the dataset's columns.</summary>
    public static IReadOnlyList<ColumnNames> Of(Dataset dataset) =>
        Known.GetValue(dataset, static dataset => [.. dataset.Columns.Select(column => new ColumnNames(column))]);

    /// <summary>Whether a header is one of the names, without any pattern.</summary>
    public bool Contains(string form) => Whole.Contains(form) || Parts.Any(part => part.Contains(form));

    private static HashSet<string> FormsOf(IReadOnlyList<string> names) => new(names.Select(HeaderName.Normalize), StringComparer.Ordinal);
}
