using CsvIngest.Values;

namespace CsvIngest.Datasets.Drafting;

/// <summary>A dataset that is proposed for a file: valid as it is, and meant to be edited.</summary>
/// <param name="Dataset">The dataset.</param>
/// <param name="Comments">What a person should decide about a column, by its name.</param>
public sealed record DatasetDraft(Dataset Dataset, IReadOnlyDictionary<string, string> Comments)
{
    /// <summary>Proposes a dataset.</summary>
    /// <param name="name">The name of the file, without its extension. The dataset and its table get one that is similar and valid.</param>
    /// <param name="columns">
    /// The columns of the file. One that its header does not identify has none in the dataset: its values go to the extra columns.
    /// </param>
    /// <param name="unique">Those of the columns in which no two rows have the same value.</param>
    /// <exception cref="UnusableFileException">No header identifies a column.</exception>
    public static DatasetDraft Of(string name, IReadOnlyList<ColumnDraft> columns, IReadOnlyCollection<ColumnDraft> unique)
    {
        var forms = columns.Select(column => HeaderName.Normalize(column.Header)).ToList();
        var names = new DraftNames(forms);
        var comments = new Dictionary<string, string>(StringComparer.Ordinal);
        var proposed = new List<Column>();
        var keys = new List<(Column Column, bool IsWithoutSpace)>();
        for (var i = 0; i < columns.Count; i++)
        {
            var isAlone = forms.IndexOf(forms[i]) == forms.LastIndexOf(forms[i]);
            if (forms[i].Length == 0 || !isAlone || columns[i].Header.Contains('\0', StringComparison.Ordinal))
            {
                continue;
            }

            var column = columns[i].Propose(names.ForColumn(columns[i].Header, forms[i]), out var comment);
            column = HeaderName.Normalize(column.Name) == forms[i] ? column : column with { Headers = [columns[i].Header] };
            proposed.Add(column);
            if (comment is not null)
            {
                comments.Add(column.Name, comment);
            }

            if (columns[i].IsComplete && unique.Contains(columns[i]) && IsKeyType(column.Type))
            {
                keys.Add((column, columns[i].IsWithoutSpace));
            }
        }

        if (proposed.Count == 0)
        {
            throw new UnusableFileException("The header has no names that tell its columns apart. Expected a row of different names.");
        }

        // Names and descriptions can be different by chance.
        var key = keys.OrderByDescending(candidate => candidate.IsWithoutSpace).FirstOrDefault().Column;
        var table = DraftNames.ForTable(name);
        return new DatasetDraft(new Dataset(table, table, key?.Name, proposed, names.ForColumn("other columns", "othercolumns")), comments);
    }

    private static bool IsKeyType(ColumnType type) => type is ColumnType.Uuid or ColumnType.Email or ColumnType.Integer or ColumnType.Text;
}
