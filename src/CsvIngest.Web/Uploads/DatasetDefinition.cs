using CsvIngest.Datasets;

namespace CsvIngest.Web.Uploads;

/// <summary>
/// The definition of a dataset as an upload keeps it, so that a file is imported as it was previewed, and to its end as it was begun. Totals are
/// not part of it, because they do not decide what is published.
/// </summary>
/// <param name="Text">The definition as <see cref="DefinitionWriter"/> writes it.</param>
internal sealed record DatasetDefinition(string Text)
{
    /// <summary>The definition of a dataset.</summary>
    public static DatasetDefinition Of(Dataset dataset) => new(DefinitionWriter.Write(dataset with { Totals = [] }));

    /// <summary>The dataset as it is kept here.</summary>
    /// <exception cref="DatasetException">The definition is one of a version of this program that knew others.</exception>
    public Dataset Dataset => DatasetFile.Parse(Text, "the definition of the dataset that is kept with the upload");

    /// <summary>
    /// What is different in a dataset so that its consumers do not take what is published for this one, such as <c>column "age" was added</c>:
    /// the values in a message are in the order of the columns. Null if nothing is. Headers and formats matter to reading alone.
    /// </summary>
    /// <exception cref="DatasetException">The definition is one of a version of this program that knew others.</exception>
    public string? DescribeChanges(Dataset dataset)
    {
        if (Of(dataset) == this)
        {
            return null;
        }

        var before = Dataset;
        var (old, now) = (before.Columns.ToDictionary(column => column.Name), dataset.Columns.ToDictionary(column => column.Name));
        List<string> changes =
        [
            .. now.Keys.Except(old.Keys).Select(name => $"column \"{name}\" was added"),
            .. old.Keys.Except(now.Keys).Select(name => $"column \"{name}\" was removed"),
            .. old.Keys.Where(name => now.TryGetValue(name, out var column) && TextOf(column) != TextOf(old[name])).Select(name => $"column \"{name}\" has changed"),
        ];
        AddIf(old.Keys.Where(now.ContainsKey).SequenceEqual(now.Keys.Where(old.ContainsKey)) is false, "the columns are in another order");
        AddIf(before.Name != dataset.Name, $"the name was \"{before.Name}\"");
        AddIf(before.Table != dataset.Table, $"the table was \"{before.Table}\" and is \"{dataset.Table}\"");
        AddIf(before.Key != dataset.Key, $"the key was {Named(before.Key)} and is {Named(dataset.Key)}");
        AddIf(before.ExtraColumns != dataset.ExtraColumns, $"the column of other values was {Named(before.ExtraColumns)} and is {Named(dataset.ExtraColumns)}");
        return changes.Count == 0 ? null : string.Join(", ", changes);

        void AddIf(bool condition, string change)
        {
            if (condition)
            {
                changes.Add(change);
            }
        }
    }

    private static string TextOf(Column column) => DefinitionWriter.Write(new Dataset(
        "", "", Key: null, [column with { Headers = null, Combine = null, Variants = null, Format = null }], ExtraColumns: null));

    private static string Named(string? column) => column is null ? "none" : $"\"{column}\"";
}
