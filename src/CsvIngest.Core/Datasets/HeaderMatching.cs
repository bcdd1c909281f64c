using CsvIngest.Values;

namespace CsvIngest.Datasets;

/// <summary>Finds the columns of a file that feed those of a dataset, and collects what prevents it.</summary>
internal sealed class HeaderMatching
{
    /// <summary>
    /// Columns that match patterns of this level (see <see cref="ColumnNames.Levels"/>) or an earlier one are about the same person. Those of
    /// later levels may be about somebody else, so they do not supply a value where another column is empty.
    /// </summary>
    private const int LastSamePersonLevel = 1;

    private readonly Dataset _dataset;
    private readonly FileHead _head;
    private readonly HeaderMap _map;
    private readonly IReadOnlyList<ColumnNames> _names;
    private readonly HeaderCell[] _cells;
    private readonly HashSet<int> _missing = [];
    private HeaderPattern? _keyPattern;

    public HeaderMatching(Dataset dataset, FileHead head, IReadOnlyDictionary<string, string> map)
    {
        _dataset = dataset;
        _head = head;
        _map = new HeaderMap(dataset, head, map, Faults);
        _names = ColumnNames.Of(dataset);
        _cells = [.. head.Headers.Select(Cell)];

        HeaderCell Cell(string header, int index)
        {
            var form = HeaderName.Normalize(header);
            return new HeaderCell(index, form, _map.Used.Contains(index), _names.Any(names => names.Contains(form)));
        }
    }

    /// <summary>What prevents the binding.</summary>
    public BindingFaults Faults { get; } = new();

    /// <summary>Whether a required or mapped column has no source, so that this is the header of something else.</summary>
    public bool IsIncomplete => _missing.Count > 0 || _map.IsIncomplete;

    /// <summary>What feeds each of the dataset's columns; valid only if there are no faults.</summary>
    public IReadOnlyList<ColumnSource> FindSources()
    {
        for (var index = 0; index < _cells.Length; index++)
        {
            if (_head.Headers[index].Contains('\0', StringComparison.Ordinal))
            {
                Faults.Add($"the header of column {index + 1} contains a NUL character");
            }
        }

        var sources = new ColumnSource[_names.Count];
        // The key first: of several billing, contact or buyer columns, those that match as its own column does are preferred.
        if (_dataset.KeyIndex >= 0)
        {
            sources[_dataset.KeyIndex] = FindSource(_dataset.KeyIndex);
        }

        for (var column = 0; column < sources.Length; column++)
        {
            sources[column] ??= FindSource(column);
        }

        // Only when it is known which columns of the file are left.
        foreach (var column in _missing.Order())
        {
            AddMissing(column, [.. Enumerable.Range(0, _cells.Length).Except(sources.SelectMany(source => source.Columns))]);
        }

        if (Faults.Texts.Count == 0 && sources.All(source => source.Alternatives.Count == 0))
        {
            Faults.Add("the file has none of its columns");
        }

        return sources;
    }

    /// <summary>
    /// The sources in a file without a header: the dataset's columns are the file's, in order, apart from those that are mapped.
    /// </summary>
    public IReadOnlyList<ColumnSource> FindSourcesByPosition()
    {
        var others = new Queue<int>(Enumerable.Range(0, _cells.Length).Except(_map.Used));
        return
        [
            .. _dataset.Columns.Select(column =>
                _map.Find(column) ?? (others.TryDequeue(out var next) ? new ColumnSource([next]) : ColumnSource.None)),
        ];
    }

    /// <summary>Whether nothing prevents the binding.</summary>
    public bool Fits()
    {
        FindSources();
        return Faults.Texts.Count == 0;
    }

    private ColumnSource FindSource(int column) => _map.Find(_dataset.Columns[column]) ?? FindSourceByName(column);

    private ColumnSource FindSourceByName(int column)
    {
        int[]? whole = null;
        int[]? parts = null;
        var arePartsFirst = false;
        var faults = Faults.Texts.Count;
        for (var level = 0; level < _names[column].Levels.Count && Faults.Texts.Count == faults; level++)
        {
            var hasSource = (whole ?? parts) is not null;
            if (hasSource && level > LastSamePersonLevel)
            {
                break;
            }

            var pairs = FindParts(column, level);
            whole ??= Choose(column, FindWholes(column, level, except: pairs), hasSource);
            parts ??= Choose(column, pairs, hasSource || whole is not null);
            arePartsFirst |= whole is null && parts is not null;
        }

        int[][] alternatives = [.. (arePartsFirst ? [parts, whole] : new[] { whole, parts }).OfType<int[]>()];
        if (alternatives.Length == 0 && Faults.Texts.Count == faults && _dataset.IsRequired(column))
        {
            _missing.Add(column);
        }

        return new ColumnSource(alternatives);
    }

    private List<Match> FindWholes(int column, int level, List<Match> except) =>
    [
        .. from pattern in _names[column].Levels[level]
           from cell in Find(pattern, level, _names[column].Whole)
           where !except.Exists(pair => pair.Columns.Contains(cell.Index))
           select new Match(pattern, [cell.Index]),
    ];

    /// <summary>
    /// Finds pairs of parts. A name such as Name or Nom that is a part beside the other part, and the whole alone, is taken for the part if
    /// only the other part has a name of its own and the rows do not show that the column contains it.
    /// </summary>
    private List<Match> FindParts(int column, int level)
    {
        var pairs = new List<Match>();
        if (_names[column] is not { Parts: [var firstNames, var secondNames] } names)
        {
            return pairs;
        }

        foreach (var pattern in names.Levels[level])
        {
            var firsts = Find(pattern, level, firstNames);
            var seconds = Find(pattern, level, secondNames);
            pairs.AddRange(
                from first in Candidates(firsts, besides: seconds)
                from second in Candidates(seconds, besides: firsts)
                where !(IsWhole(first) && _head.Contains(first.Index, second.Index))
                    && !(IsWhole(second) && _head.Contains(second.Index, first.Index))
                select new Match(pattern, [first.Index, second.Index]));

            IEnumerable<HeaderCell> Candidates(List<HeaderCell> parts, List<HeaderCell> besides)
            {
                var areWholes = parts.TrueForAll(IsWhole) && !besides.TrueForAll(IsWhole);
                return parts.Where(part => IsWhole(part) == areWholes);
            }

            bool IsWhole(HeaderCell cell) => pattern.Matches(cell.Form, names.Whole);
        }

        return pairs;
    }

    /// <summary>The free columns of the file that match a pattern with one of the names.</summary>
    private List<HeaderCell> Find(HeaderPattern pattern, int level, HashSet<string> names) =>
        [.. _cells.Where(cell => !cell.IsMapped && (level == 0 || !cell.IsExact) && pattern.Matches(cell.Form, names))];

    /// <summary>The only match; null if there is none, or if there are several, which is a fault unless the column has a source.</summary>
    private int[]? Choose(int column, List<Match> matches, bool hasSource)
    {
        if (matches.Count > 1)
        {
            matches = [.. matches.DistinctBy(match => (match.Columns[0], match.Columns[^1]))];
        }

        if (matches.Count > 1 && matches.Exists(match => match.Pattern == _keyPattern))
        {
            matches.RemoveAll(match => match.Pattern != _keyPattern);
        }

        if (matches is [var only])
        {
            _keyPattern = column == _dataset.KeyIndex ? only.Pattern : _keyPattern;
            return only.Columns;
        }

        if (matches.Count > 1 && !hasSource)
        {
            AddAmbiguity(_dataset.Columns[column], matches);
        }

        return null;
    }

    private void AddAmbiguity(Column column, List<Match> matches)
    {
        var remedy = BindingFaults.Map(column.Name, matches.MinBy(match => match.Columns[0])!.Columns);
        string[] meanings = matches[0].Columns.Length == 1
            ? [$"\"{column.Name}\""]
            : [$"the first part of \"{column.Name}\"", $"the second part of \"{column.Name}\""];
        for (var part = 0; part < meanings.Length; part++)
        {
            int[] found = [.. matches.Select(match => match.Columns[part]).Distinct().Order()];
            if (found.Length > 1)
            {
                var names = string.Join(" and ", found.Select(index => $"{Name(index)} (column {index + 1})"));
                Faults.Add($"{found.Length} columns match {meanings[part]}: {names}", remedy);
            }
        }
    }

    /// <param name="free">The columns of the file that feed nothing.</param>
    private void AddMissing(int column, int[] free)
    {
        var name = _dataset.Columns[column].Name;
        var missing = $"no column matches \"{name}\" (required)";
        int[] halves = [.. free.Where(index => _names[column].Parts.Any(part => part.Contains(_cells[index].Form)))];
        int[] addresses = _dataset.Columns[column].Type == ColumnType.Email ? FindAddresses(free) : [];
        if (halves is [var half])
        {
            // One part alone would be half a value: whether that is wanted is for a person to decide.
            Faults.Add($"{missing}; {Name(half)} is only part of it", BindingFaults.Map(name, _head.Reference(half)));
        }
        else if (addresses is [var only])
        {
            Faults.Add($"{missing}; column {only + 1}, {Name(only)}, contains email addresses", BindingFaults.Map(name, _head.Reference(only)));
        }
        else if (free.Length > 0)
        {
            Faults.Add(missing, BindingFaults.Map(name, ""));
        }
        else
        {
            Faults.Add(missing);
        }
    }

    /// <summary>The columns that contain email addresses; none if the header does too, for then it is a row of data.</summary>
    private int[] FindAddresses(int[] free) =>
        BindingReport.FindData(_head.Headers).Kind == ColumnType.Email ? [] : [.. free.Where(_head.HasAddresses)];

    private string Name(int index) => $"\"{BindingReport.Printable(_head.Headers[index])}\"";

    /// <summary>A column of the file.</summary>
    /// <param name="Index">Its position.</param>
    /// <param name="Form">The normalized header.</param>
    /// <param name="IsMapped">Whether it feeds what the map says and nothing else.</param>
    /// <param name="IsExact">Whether the header is a name of a column of the dataset, without any pattern.</param>
    private sealed record HeaderCell(int Index, string Form, bool IsMapped, bool IsExact);

    /// <summary>Columns of the file that may feed a column of the dataset.</summary>
    /// <param name="Pattern">How their headers match.</param>
    /// <param name="Columns">One column, or the parts of a combined one.</param>
    private sealed record Match(HeaderPattern Pattern, int[] Columns);
}
