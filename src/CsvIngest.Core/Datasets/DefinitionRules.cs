using System.Text.RegularExpressions;
using CsvIngest.Values;

namespace CsvIngest.Datasets;

/// <summary>Checks how the parts of a dataset definition fit together, and the names that become SQL identifiers.</summary>
internal static partial class DefinitionRules
{
    /// <summary>Adds the errors of a definition. Missing names have already been reported.</summary>
    public static void Check(Dataset dataset, DefinitionErrors errors)
    {
        if (dataset.Name.Length > 0 && !NamePattern().IsMatch(dataset.Name))
        {
            errors.Add(
                "name", "must be at most 63 lower-case letters, digits, \"_\" and \"-\", starting with a letter or \"_\"");
        }

        if (dataset.Table.Length > 0)
        {
            CheckTable(dataset.Table, errors);
        }

        foreach (var column in dataset.Columns)
        {
            CheckColumnName($"columns.{column.Name}", column.Name, errors);
        }

        CheckKey(dataset, errors);
        CheckExtraColumns(dataset, errors);
        CheckHeaders(dataset, errors);
        CheckTotals(dataset, errors);
    }

    private static void CheckTable(string table, DefinitionErrors errors)
    {
        CheckIdentifier("table", table, errors);
        if (ReservedNames.IsReservedTable(table))
        {
            errors.Add("table", $"\"{table}\" is reserved by CsvIngest or by a database; choose another name");
        }
    }

    private static void CheckColumnName(string path, string name, DefinitionErrors errors)
    {
        CheckIdentifier(path, name, errors);
        if (ReservedNames.IsOwnColumn(name))
        {
            errors.Add(path, $"every table has a column \"{name}\" of its own; choose another name");
        }
        else if (ReservedNames.IsSystemColumn(name))
        {
            errors.Add(path, $"\"{name}\" is the name of a system column in some databases; choose another name");
        }
    }

    private static void CheckIdentifier(string path, string name, DefinitionErrors errors)
    {
        if (!IdentifierPattern().IsMatch(name))
        {
            errors.Add(
                path,
                "table and column names must be at most 63 lower-case letters, digits and \"_\", not starting with a digit");
        }
    }

    private static void CheckKey(Dataset dataset, DefinitionErrors errors)
    {
        if (dataset.Key is null || dataset.Columns.Count == 0)
        {
            return;
        }

        if (dataset.KeyIndex < 0)
        {
            var columns = string.Join(", ", dataset.Columns.Select(column => column.Name));
            errors.Add("key", $"\"{dataset.Key}\" is not one of the columns {columns}");
        }
        else if (dataset.Columns[dataset.KeyIndex].Type == ColumnType.Decimal)
        {
            errors.Add("key", "a decimal cannot be the key: 1.5 and 1.50 are different spellings of the same number");
        }
    }

    private static void CheckExtraColumns(Dataset dataset, DefinitionErrors errors)
    {
        if (dataset.ExtraColumns is not { } name)
        {
            return;
        }

        CheckColumnName("extraColumns", name, errors);
        if (dataset.Columns.Any(column => column.Name == name))
        {
            errors.Add("extraColumns", $"\"{name}\" is already the name of a column; choose another name");
        }
    }

    private static void CheckTotals(Dataset dataset, DefinitionErrors errors)
    {
        foreach (var total in dataset.Totals)
        {
            CheckTotalColumn(dataset, "by", total.By, [ColumnType.Text, ColumnType.Integer, ColumnType.Uuid], errors);
            CheckTotalColumn(dataset, "sum", total.Sum, [ColumnType.Integer, ColumnType.Decimal], errors);
        }

        foreach (var total in dataset.Totals.GroupBy(total => total).Where(group => group.Count() > 1).Select(group => group.Key))
        {
            errors.Add("totals", $"the total of \"{total.Sum}\" by \"{total.By}\" is defined more than once");
        }
    }

    private static void CheckTotalColumn(Dataset dataset, string property, string name, ColumnType[] types, DefinitionErrors errors)
    {
        // What is missing in the definition, or without columns, has been reported.
        if (name.Length == 0 || dataset.Columns.Count == 0)
        {
            return;
        }

        var available = string.Join(
            ", ", dataset.Columns.Where(column => types.Contains(column.Type)).Select(column => column.Name).DefaultIfEmpty("none"));
        if (dataset.Columns.FirstOrDefault(column => column.Name == name) is not { } found)
        {
            errors.Add($"totals.{property}", $"\"{name}\" is not one of the columns; available: {available}");
        }
        else if (!types.Contains(found.Type))
        {
            var expected = string.Join(" or ", types).ToLowerInvariant();
            errors.Add(
                $"totals.{property}", $"\"{name}\" is of type {found.Type.ToString().ToLowerInvariant()}, expected {expected}; available: {available}");
        }
    }

    private static void CheckHeaders(Dataset dataset, DefinitionErrors errors)
    {
        var owners = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var column in dataset.Columns)
        {
            var path = $"columns.{column.Name}";
            Claim([column.Name], path, path);
            Claim(column.Headers ?? [], path, $"{path}.headers");
            var whole = owners.Where(owner => owner.Value == path).Select(owner => owner.Key).ToHashSet(StringComparer.Ordinal);
            for (var part = 0; part < column.Combine?.Count; part++)
            {
                // A name such as Name can be the whole alone, and a part beside the other part.
                var names = column.Combine[part].Where(name => !whole.Contains(HeaderName.Normalize(name)));
                Claim([.. names], $"{path}.combine[{part}]", $"{path}.combine[{part}]");
            }

            foreach (var variant in (column.Variants ?? []).SelectMany(variants => variants).Where(text => !HeaderPattern.IsValid(text)))
            {
                errors.Add($"{path}.variants", $"\"{variant}\" must contain one \"*\", which stands for a header name, and other text");
            }
        }

        void Claim(IReadOnlyList<string> headers, string owner, string path)
        {
            foreach (var header in headers)
            {
                var form = HeaderName.Normalize(header);
                if (form.Length == 0)
                {
                    errors.Add(path, "a header name must not consist only of spaces and punctuation");
                }
                else if (!owners.TryAdd(form, owner) && owners[form] != owner)
                {
                    errors.Add(
                        path,
                        $"the header \"{header}\" already means {owners[form]} (case, accents, spaces and punctuation are ignored)");
                }
            }
        }
    }

    [GeneratedRegex(@"\A[a-z_][a-z0-9_]{0,62}\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex IdentifierPattern();

    [GeneratedRegex(@"\A[a-z_][a-z0-9_-]{0,62}\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex NamePattern();
}
