using CsvIngest.Consumer.Display;
using CsvIngest.Datasets;

namespace CsvIngest.Consumer.Datasets;

/// <summary>Writes datasets as text.</summary>
internal static class DatasetOutput
{
    /// <summary>How many characters of header names a list shows: what is left of 80 beside columns of common lengths.</summary>
    private const int HeadersLength = 28;

    /// <summary>Writes a table of the columns of each dataset.</summary>
    public static void WriteAll(IEnumerable<Dataset> datasets)
    {
        foreach (var dataset in datasets)
        {
            Write(dataset);
            Console.WriteLine();
        }

        Terminal.WriteLine("`consumer datasets NAME` shows all headers of a dataset.");
    }

    /// <summary>Writes a dataset with all its headers.</summary>
    public static void WriteInFull(Dataset dataset)
    {
        Write(dataset);
        foreach (var column in dataset.Columns)
        {
            WriteNames($"Headers of {column.Name}", column.Headers);
            WriteNames($"Headers that {column.Name} combines, first part", column.Combine?[0]);
            WriteNames($"Headers that {column.Name} combines, second part", column.Combine?[1]);
            WriteNames($"Variants of the headers of {column.Name}", column.Variants?.SelectMany(patterns => patterns));
        }
    }

    private static void Write(Dataset dataset)
    {
        var kind = DatasetCatalog.BuiltIn.All.Contains(dataset) ? "built in" : "defined";
        var key = dataset.Key is null ? "no key" : $"key {dataset.Key}";
        var extra = dataset.ExtraColumns is null ? "other columns are dropped" : $"other columns in {dataset.ExtraColumns}";
        Terminal.WriteLine($"{dataset.Name} ({kind})");
        Terminal.WriteLine($"Table {dataset.Table}, {key}, {extra}");
        var table = new TextTable(
            new("column"), new("type") { IsVariable = true }, new("required"), new("headers") { IsVariable = true, IsOptional = true });
        for (var i = 0; i < dataset.Columns.Count; i++)
        {
            var column = dataset.Columns[i];
            var type = column.Type.ToString().ToLowerInvariant();
            table.AddRow(
                column.Name,
                column.Format is null ? type : $"{type} ({column.Format})",
                dataset.IsRequired(i) ? "yes" : "no",
                Shorten([.. column.Headers ?? [], .. column.Combine?.SelectMany(names => names) ?? []]));
        }

        Terminal.Write(table);
    }

    private static string Shorten(IReadOnlyList<string> names)
    {
        var shown = 0;
        for (var length = 0; shown < names.Count && (shown == 0 || length + names[shown].Length <= HeadersLength); shown++)
        {
            length += names[shown].Length + 2;
        }

        return string.Join(", ", names.Take(shown)) + (shown < names.Count ? $" + {names.Count - shown}" : "");
    }

    private static void WriteNames(string title, IEnumerable<string>? names)
    {
        if (names?.Any() == true)
        {
            Console.WriteLine();
            Terminal.WriteLine($"{title}: {DisplayText.OneLine(string.Join(", ", names))}");
        }
    }
}
