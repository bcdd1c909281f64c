using CsvIngest.Datasets;
using CsvIngest.Importing.Rows;
using CsvIngest.Importing.Sources;
using CsvIngest.Values;

namespace CsvIngest.Importing;

/// <summary>An open file whose columns are bound to those of a dataset.</summary>
/// <param name="Name">The source's name.</param>
/// <param name="Source">The file.</param>
/// <param name="Reader">Its records.</param>
/// <param name="Dataset">The dataset.</param>
/// <param name="Binding">Which of the file's columns feed the dataset's.</param>
/// <param name="Nulls">What the file writes where there is no value; null if every text is a value.</param>
internal sealed record BoundFile(
    string Name, OpenSource Source, RecordReader Reader, Dataset Dataset, ColumnBinding Binding, NullMarkers? Nulls)
{
    /// <summary>The file's extra columns, by name.</summary>
    public IReadOnlyList<string> ExtraNames => [.. Binding.Extra.Select(extra => extra.Name)];

    /// <summary>Binds an open file.</summary>
    /// <param name="name">The source's name.</param>
    /// <param name="source">The file.</param>
    /// <param name="reader">Its records; none has been read yet.</param>
    /// <param name="dataset">The dataset.</param>
    /// <param name="options">The column mapping, the null markers, and whether domains are checked.</param>
    /// <param name="warn">Receives what the first rows suggest, and that there is no column whose domains could be checked.</param>
    /// <exception cref="UnusableFileException">The columns do not fit.</exception>
    public static BoundFile Bind(
        string name, OpenSource source, RecordReader reader, Dataset dataset, SliceOptions options, Action<ImportWarning> warn)
    {
        var shape = reader.Shape;
        var head = new FileHead(shape.Names, reader.FirstRows());
        if (NullMarkerDetection.Find(head, options.NullMarkers) is { } warning)
        {
            warn(warning);
        }

        try
        {
            var binding = shape.HeaderLine > 0
                ? ColumnBinding.Bind(dataset, head, options.Map)
                : ColumnBinding.ByPosition(dataset, head, options.Map);
            if (options.CheckDomains && !dataset.Columns.Any(column => column.Type == ColumnType.Email))
            {
                warn(new ImportWarning($"Dataset {dataset.Name} has no column of type email, so no domain is checked."));
            }

            var nulls = options.NullMarkers.Count == 0 ? null : new NullMarkers(options.NullMarkers);
            return new BoundFile(name, source, reader, dataset, binding, nulls);
        }
        catch (UnusableFileException e)
        {
            // The columns may be right, and what was detected wrong.
            throw new UnusableFileException($"{FailureReason.InFull(e)}\nDetected: {shape.Describe()}.", e, [.. e.Remedies, .. reader.DetectionRemedies()]);
        }
    }
}
