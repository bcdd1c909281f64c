using System.Globalization;
using CsvIngest.Values;

namespace CsvIngest.Datasets;

/// <summary>The columns of a file that a person has mapped to those of a dataset.</summary>
internal sealed class HeaderMap
{
    /// <summary>Stands between headers whose values are joined.</summary>
    public const char Joint = '+';

    private readonly FileHead _head;
    private readonly Dictionary<string, ColumnSource> _sources = new(StringComparer.Ordinal);

    /// <param name="dataset">The dataset.</param>
    /// <param name="head">The file.</param>
    /// <param name="map">Dataset column to header; see <see cref="ColumnBinding.Bind"/>.</param>
    /// <param name="faults">Receives what does not exist.</param>
    public HeaderMap(Dataset dataset, FileHead head, IReadOnlyDictionary<string, string> map, BindingFaults faults)
    {
        _head = head;
        foreach (var (name, header) in map)
        {
            if (dataset.Columns.FirstOrDefault(column => column.Name == name) is { } column)
            {
                _sources.Add(name, Resolve(column, header, faults));
            }
            else
            {
                var known = string.Join(", ", dataset.Columns.Select(each => each.Name));
                faults.Add($"the column mapping names \"{name}\", which is not a column of the dataset; available: {known}");
            }
        }

        Used = _sources.Values.SelectMany(source => source.Columns).ToHashSet();
    }

    /// <summary>The columns of the file (0-based) that are mapped. They feed what the map says and nothing else.</summary>
    public IReadOnlySet<int> Used { get; }

    /// <summary>Whether the file lacks a column that is mapped.</summary>
    public bool IsIncomplete { get; private set; }

    /// <summary>What a column of the dataset is mapped to; null if it is not mapped.</summary>
    public ColumnSource? Find(Column column) => _sources.GetValueOrDefault(column.Name);

    private ColumnSource Resolve(Column column, string header, BindingFaults faults)
    {
        string[] headers = FindColumns(header).Length > 0 ? [header] : header.Split(Joint);
        if (headers.Length > 1 && column.Type != ColumnType.Text)
        {
            IsIncomplete = true;
            faults.Add($"the file has no header \"{header}\", to which \"{column.Name}\" is mapped; only text columns can be joined");
            return ColumnSource.None;
        }

        var found = headers.Select(FindColumns).ToList();
        for (var i = 0; i < found.Count; i++)
        {
            if (found[i].Length == 0)
            {
                IsIncomplete = true;
                faults.Add($"the file has no header \"{headers[i]}\", to which \"{column.Name}\" is mapped");
            }
            else if (found[i].Length > 1)
            {
                faults.Add(
                    $"the file has {found[i].Length} headers \"{headers[i]}\", to which \"{column.Name}\" is mapped",
                    BindingFaults.Map(column.Name, found.SelectMany(columns => columns.Take(1))));
            }
        }

        return found.TrueForAll(columns => columns.Length == 1) ? new([.. found.Select(columns => columns[0])]) : ColumnSource.None;
    }

    private int[] FindColumns(string header)
    {
        var trimmed = HeaderName.Trim(header);
        int[] exact = FindAll(other => HeaderName.Trim(other) == trimmed);
        if (exact.Length > 0)
        {
            return exact;
        }

        var form = HeaderName.Normalize(header);
        int[] similar = form.Length == 0 ? [] : FindAll(other => HeaderName.Normalize(other) == form);
        if (similar.Length > 0)
        {
            return similar;
        }

        return trimmed.StartsWith('#')
            && int.TryParse(trimmed.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number >= 1
            && number <= _head.Headers.Count ? [number - 1] : [];
    }

    private int[] FindAll(Func<string, bool> isMeant) =>
        [.. Enumerable.Range(0, _head.Headers.Count).Where(index => isMeant(_head.Headers[index]))];
}
