using CsvIngest.Datasets;
using CsvIngest.Settings;

namespace CsvIngest.Hosting;

/// <summary>Reads dataset definitions from disk.</summary>
public static class DatasetFiles
{
    /// <summary>The built-in datasets and those of a folder's <c>*.json</c> files.</summary>
    /// <param name="folder">The folder; null for the built-in ones alone.</param>
    /// <exception cref="DatasetException">The folder cannot be read, or a definition is wrong; the message lists every fault of every file.</exception>
    public static DatasetCatalog Load(string? folder)
    {
        if (folder is null)
        {
            return DatasetCatalog.BuiltIn;
        }

        var datasets = new List<Dataset>();
        var faults = new List<string>();
        try
        {
            foreach (var file in Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal))
            {
                try
                {
                    datasets.Add(Read(file));
                }
                catch (DatasetException e)
                {
                    faults.Add(FailureReason.InFull(e));
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException($"The datasets folder {folder} cannot be read: {FailureReason.Of(e)}", e);
        }

        return faults.Count == 0 ? new DatasetCatalog(datasets) : throw new DatasetException(string.Join(Environment.NewLine, faults));
    }

    /// <summary>Finds a dataset: the definition in a file, one of the folder, or a built-in one.</summary>
    /// <param name="nameOrPath">A dataset's name, or the path of a <c>.json</c> file.</param>
    /// <param name="folder">See <see cref="Load"/>.</param>
    /// <exception cref="UsageException">There is none of this name.</exception>
    /// <exception cref="DatasetException">A definition is wrong.</exception>
    public static Dataset Find(string nameOrPath, string? folder)
    {
        if (nameOrPath.EndsWith(".json", StringComparison.OrdinalIgnoreCase) && File.Exists(nameOrPath))
        {
            return Read(nameOrPath);
        }

        // A name is looked up among the definitions: it never becomes part of a path.
        var catalog = Load(folder);
        return catalog.TryGet(nameOrPath, out var dataset)
            ? dataset
            : throw new UsageException(
                $"There is no dataset \"{nameOrPath}\".{NearMiss.Propose(nameOrPath, catalog.All.Select(each => each.Name))} "
                + $"Available: {string.Join(", ", catalog.All.Select(each => each.Name))}. "
                + $"Pass {Setting.Datasets.Flag} to add a folder of definitions, or the path of a .json file as the dataset.");
    }

    private static Dataset Read(string file) => DatasetFile.Parse(File.ReadAllText(file), file);
}
