using System.Buffers;
using CsvIngest.Values;

namespace CsvIngest.Datasets;

/// <summary>What the header of a file must contain. Tells the header of a file from title lines above it, and from rows.</summary>
/// <param name="dataset">The dataset.</param>
/// <param name="map">Dataset column to header, as for <see cref="ColumnBinding.Bind"/>.</param>
public sealed class ExpectedHeader(Dataset dataset, IReadOnlyDictionary<string, string> map)
{
    // A column that is mapped by its number is there in any line that is long enough.
    private readonly bool _hasNames = dataset.Columns
        .Where((column, index) => dataset.IsRequired(index) && !(map.TryGetValue(column.Name, out var header) && header.StartsWith('#')))
        .Any();

    /// <summary>
    /// Whether a line is certainly the header: all required columns are among its names, and no name is an address. Always false if the
    /// dataset requires no column by its name.
    /// </summary>
    public bool IsHeader(IReadOnlyList<string> names)
    {
        if (!_hasNames || names.Any(name => name.Contains('@', StringComparison.Ordinal)))
        {
            return false;
        }

        var matching = Match(names);
        matching.FindSources();
        return !matching.IsIncomplete;
    }

    /// <summary>
    /// Whether a line looks like a row of a header rather than like a title: it has as many values, among them those that are required,
    /// and one that follows the rules of a column, apart from text, which anything does.
    /// </summary>
    /// <param name="names">The header.</param>
    /// <param name="values">The values of the line, as UTF-8.</param>
    public bool IsRow(IReadOnlyList<string> names, IReadOnlyList<byte[]> values)
    {
        if (values.Count != names.Count)
        {
            return false;
        }

        var sources = Match(names).FindSources();
        var typed = 0;
        var isTyped = false;
        for (var position = 0; position < sources.Count; position++)
        {
            var column = dataset.Columns[position];
            var present = sources[position].Columns.Where(index => !Utf8Text.Trim(values[index]).IsEmpty).ToList();
            if (present.Count == 0 && dataset.IsRequired(position))
            {
                return false;
            }

            if (column.Type != ColumnType.Text && present.Count > 0)
            {
                isTyped = true;
                typed += new ColumnRule(column, required: false).Apply(values[present[0]], new ArrayBufferWriter<byte>()) is null ? 1 : 0;
            }
        }

        return typed > 0 || !isTyped;
    }

    /// <summary>Whether what was taken for a header is a row, because one of its names is an email address.</summary>
    public static bool IsMissing(IReadOnlyList<string> names) => BindingReport.IsRow(names);

    private HeaderMatching Match(IReadOnlyList<string> names) => new(dataset, new FileHead(names, []), map);
}
