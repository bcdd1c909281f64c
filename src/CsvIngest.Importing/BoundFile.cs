using CsvIngest.Datasets;
using CsvIngest.Importing.Sources;

namespace CsvIngest.Importing;

/// <summary>An open file whose columns are bound to those of a dataset.</summary>
/// <param name="Name">The source's name.</param>
/// <param name="Source">The file.</param>
/// <param name="Reader">Its records.</param>
/// <param name="Dataset">The dataset.</param>
/// <param name="Binding">Which of the file's columns feed the dataset's.</param>
internal sealed record BoundFile(string Name, OpenSource Source, RecordReader Reader, Dataset Dataset, ColumnBinding Binding)
{
    /// <summary>The file's extra columns, by name.</summary>
    public IReadOnlyList<string> ExtraNames => [.. Binding.Extra.Select(extra => extra.Name)];

    /// <summary>Binds an open file.</summary>
    /// <exception cref="UnusableFileException">The columns do not fit.</exception>
    public static BoundFile Bind(
        string name, OpenSource source, RecordReader reader, Dataset dataset, IReadOnlyDictionary<string, string> map)
    {
        var shape = reader.Shape;
        try
        {
            var binding = shape.HeaderLine > 0
                ? ColumnBinding.Bind(dataset, shape.Names, map)
                : ColumnBinding.ByPosition(dataset, shape.Names, map);
            return new BoundFile(name, source, reader, dataset, binding);
        }
        catch (UnusableFileException e)
        {
            // The columns may be right, and what was detected wrong.
            throw new UnusableFileException($"{e.Message}\nDetected: {shape.Describe()}.", e, [.. e.Remedies, .. reader.DetectionRemedies()]);
        }
    }
}
