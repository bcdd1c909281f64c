using System.Text.RegularExpressions;

namespace CsvIngest.Datasets;

/// <summary>What must hold between the parts of a dataset definition, and of names that become SQL identifiers.</summary>
internal static partial class DefinitionRules
{
    private static readonly string[] OwnColumns = ["import_id", "line", "created_at"];

    /// <summary>PostgreSQL gives every table columns of these names.</summary>
    private static readonly string[] SystemColumns = ["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"];

    private static readonly string[] OwnTables = ["imports", "import_slices", "rejected_rows"];
    private static readonly string[] TakenTablePrefixes = ["broker_", "csvingest_", "pg_", "sqlite_"];

    /// <summary>Adds what is wrong. Empty names have been reported as missing before.</summary>
    public static void Check(Dataset dataset, DefinitionErrors faults)
    {
        if (dataset.Name.Length > 0 && !NamePattern().IsMatch(dataset.Name))
        {
            faults.Add(
                "name", "must be lower-case letters, digits, \"_\" and \"-\", at most 63, starting with a letter or \"_\"");
        }

        if (dataset.Table.Length > 0)
        {
            CheckTable(dataset.Table, faults);
        }

        foreach (var column in dataset.Columns)
        {
            CheckColumnName($"columns.{column.Name}", column.Name, faults);
        }

        CheckKey(dataset, faults);
        CheckExtraColumns(dataset, faults);
        CheckHeaders(dataset, faults);
    }

    private static void CheckTable(string table, DefinitionErrors faults)
    {
        CheckIdentifier("table", table, faults);
        if (OwnTables.Contains(table, StringComparer.Ordinal)
            || TakenTablePrefixes.Any(prefix => table.StartsWith(prefix, StringComparison.Ordinal)))
        {
            faults.Add("table", $"\"{table}\" is a name that CsvIngest or the database uses itself");
        }
    }

    private static void CheckColumnName(string path, string name, DefinitionErrors faults)
    {
        CheckIdentifier(path, name, faults);
        if (OwnColumns.Contains(name, StringComparer.Ordinal))
        {
            faults.Add(path, $"every table has a column \"{name}\" of its own; choose another name");
        }
        else if (SystemColumns.Contains(name, StringComparer.Ordinal))
        {
            faults.Add(path, $"\"{name}\" is a system column of PostgreSQL; choose another name");
        }
    }

    private static void CheckIdentifier(string path, string name, DefinitionErrors faults)
    {
        if (!IdentifierPattern().IsMatch(name))
        {
            faults.Add(
                path,
                "a name of a table or column must be lower-case letters, digits and \"_\", at most 63, not starting with a digit");
        }
    }

    private static void CheckKey(Dataset dataset, DefinitionErrors faults)
    {
        if (dataset.Key is null || dataset.Columns.Count == 0)
        {
            return;
        }

        if (dataset.KeyIndex < 0)
        {
            var columns = string.Join(", ", dataset.Columns.Select(column => column.Name));
            faults.Add("key", $"\"{dataset.Key}\" is none of the columns {columns}");
        }
        else if (dataset.Columns[dataset.KeyIndex].Type == ColumnType.Decimal)
        {
            faults.Add("key", "a decimal cannot be the key: 1.5 and 1.50 are one number in two spellings");
        }
    }

    private static void CheckExtraColumns(Dataset dataset, DefinitionErrors faults)
    {
        if (dataset.ExtraColumns is not { } name)
        {
            return;
        }

        CheckColumnName("extraColumns", name, faults);
        if (dataset.Columns.Any(column => column.Name == name))
        {
            faults.Add("extraColumns", $"\"{name}\" is one of the columns; it needs a name of its own");
        }
    }

    private static void CheckHeaders(Dataset dataset, DefinitionErrors faults)
    {
        var owners = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var column in dataset.Columns)
        {
            var path = $"columns.{column.Name}";
            Claim([column.Name], path, path);
            Claim(column.Headers ?? [], path, $"{path}.headers");
            for (var part = 0; part < column.Combine?.Count; part++)
            {
                Claim(column.Combine[part], $"{path}.combine[{part}]", $"{path}.combine[{part}]");
            }
        }

        void Claim(IReadOnlyList<string> headers, string owner, string path)
        {
            foreach (var header in headers)
            {
                var form = HeaderName.Normalize(header);
                if (form.Length == 0)
                {
                    faults.Add(path, "a header name must have more than spaces, \"_\" and \"-\"");
                }
                else if (!owners.TryAdd(form, owner) && owners[form] != owner)
                {
                    faults.Add(
                        path,
                        $"the header \"{header}\" already means {owners[form]} (case, spaces, \"_\" and \"-\" do not count)");
                }
            }
        }
    }

    [GeneratedRegex(@"\A[a-z_][a-z0-9_]{0,62}\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex IdentifierPattern();

    [GeneratedRegex(@"\A[a-z_][a-z0-9_-]{0,62}\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex NamePattern();
}
