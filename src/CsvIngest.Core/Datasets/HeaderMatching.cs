using System.Globalization;

namespace CsvIngest.Datasets;

/// <summary>Finds the columns of a file that feed those of a dataset, and collects what prevents it.</summary>
internal sealed class HeaderMatching
{
    private readonly Dataset _dataset;
    private readonly IReadOnlyList<string> _headers;
    private readonly IReadOnlyDictionary<string, string> _map;
    private readonly Dictionary<string, int> _mapped = new(StringComparer.Ordinal);
    private readonly ILookup<string, int> _byForm;

    public HeaderMatching(Dataset dataset, IReadOnlyList<string> headers, IReadOnlyDictionary<string, string> map)
    {
        _dataset = dataset;
        _headers = headers;
        _map = map;
        ResolveMap();

        // A mapped column of the file feeds what the map says and nothing else.
        _byForm = Enumerable.Range(0, headers.Count)
            .Where(index => !_mapped.ContainsValue(index))
            .ToLookup(index => HeaderName.Normalize(headers[index]), StringComparer.Ordinal);
    }

    /// <summary>One sentence each, without its period.</summary>
    public List<string> Faults { get; } = [];

    /// <summary>Whether a required or mapped column has no source, so that this is the header of something else.</summary>
    public bool IsIncomplete { get; private set; }

    /// <summary>The options that resolve the faults.</summary>
    public List<Remedy> Remedies { get; } = [];

    /// <summary>Maps a column of the dataset to one of the file.</summary>
    public static Remedy Choose(string column, int index) => new(ImportOption.Map, $"{column}=#{index + 1}");

    /// <summary>See <see cref="ColumnBinding.Sources"/>; valid only if there are no faults.</summary>
    public IReadOnlyList<int[]> FindSources()
    {
        for (var index = 0; index < _headers.Count; index++)
        {
            if (_headers[index].Contains('\0', StringComparison.Ordinal))
            {
                Faults.Add($"the header of column {index + 1} contains a NUL character");
            }
        }

        return [.. _dataset.Columns.Select(FindSource)];
    }

    /// <summary>
    /// The sources in a file without a header: the dataset's columns are the file's, in order, apart from those that are mapped.
    /// </summary>
    public IReadOnlyList<int[]> FindSourcesByPosition()
    {
        var others = new Queue<int>(Enumerable.Range(0, _headers.Count).Where(index => !_mapped.ContainsValue(index)));
        return [.. _dataset.Columns.Select(column =>
            _mapped.TryGetValue(column.Name, out var mapped) ? [mapped] : others.TryDequeue(out var next) ? new[] { next } : [])];
    }

    private int[] FindSource(Column column, int position)
    {
        if (_map.ContainsKey(column.Name))
        {
            return _mapped.TryGetValue(column.Name, out var mapped) ? [mapped] : [];
        }

        var found = Find([column.Name, .. column.Headers ?? []]);
        if (found.Length == 0 && column.Combine is [var firsts, var seconds])
        {
            return FindParts(column, position, Find(firsts), Find(seconds));
        }

        if (found.Length > 1)
        {
            AddAmbiguity(column, found, $"\"{column.Name}\"");
        }
        else if (found.Length == 0)
        {
            AddMissing(column, position, "");
        }

        return found;
    }

    private int[] FindParts(Column column, int position, int[] firsts, int[] seconds)
    {
        if (firsts.Length > 1)
        {
            AddAmbiguity(column, firsts, $"the first part of \"{column.Name}\"");
        }

        if (seconds.Length > 1)
        {
            AddAmbiguity(column, seconds, $"the second part of \"{column.Name}\"");
        }

        if (firsts.Length > 0 && seconds.Length > 0)
        {
            return [firsts[0], seconds[0]];
        }

        // One part alone would be half a value: whether that is wanted is for a person to decide.
        int[] part = [.. firsts, .. seconds];
        AddMissing(column, position, part.Length == 1 ? $"; {Name(part[0])} is only part of it" : "");
        return [];
    }

    private int[] Find(IReadOnlyList<string> names) =>
        [.. names.Select(HeaderName.Normalize).Distinct(StringComparer.Ordinal).SelectMany(form => _byForm[form]).Order()];

    private void AddMissing(Column column, int position, string detail)
    {
        if (_dataset.IsRequired(position))
        {
            IsIncomplete = true;
            Faults.Add($"no column matches \"{column.Name}\" (required){detail}");
            Remedies.Add(new Remedy(ImportOption.Map, $"{column.Name}="));
        }
    }

    private void AddAmbiguity(Column column, int[] found, string meaning)
    {
        var names = string.Join(" and ", found.Select(index => $"{Name(index)} (column {index + 1})"));
        Faults.Add($"{found.Length} columns match {meaning}: {names}");
        Remedies.Add(Choose(column.Name, found[0]));
    }

    private string Name(int index) => $"\"{BindingReport.Printable(_headers[index])}\"";

    private void ResolveMap()
    {
        foreach (var (column, header) in _map)
        {
            if (_dataset.Columns.All(known => known.Name != column))
            {
                var known = string.Join(", ", _dataset.Columns.Select(each => each.Name));
                Faults.Add($"the column mapping names \"{column}\", which is not a column of the dataset; available: {known}");
                continue;
            }

            var found = FindMapped(header);
            if (found.Length == 1)
            {
                _mapped[column] = found[0];
                continue;
            }

            if (found.Length == 0)
            {
                IsIncomplete = true;
                Faults.Add($"the file has no header \"{header}\", to which \"{column}\" is mapped");
                continue;
            }

            Faults.Add($"the file has {found.Length} headers \"{header}\", to which \"{column}\" is mapped");
            Remedies.Add(Choose(column, found[0]));
        }
    }

    private int[] FindMapped(string header)
    {
        var all = Enumerable.Range(0, _headers.Count);
        var trimmed = HeaderName.Trim(header);
        int[] exact = [.. all.Where(index => HeaderName.Trim(_headers[index]) == trimmed)];
        if (exact.Length > 0)
        {
            return exact;
        }

        var form = HeaderName.Normalize(header);
        int[] similar = [.. all.Where(index => HeaderName.Normalize(_headers[index]) == form)];
        if (similar.Length > 0)
        {
            return similar;
        }

        return trimmed.StartsWith('#')
            && int.TryParse(trimmed.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number >= 1
            && number <= _headers.Count ? [number - 1] : [];
    }
}
