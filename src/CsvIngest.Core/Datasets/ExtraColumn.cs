namespace CsvIngest.Datasets;

/// <summary>A column of the file that feeds no column of the dataset.</summary>
/// <param name="Index">Its position in the file, 0-based.</param>
/// <param name="Name">A name that is unique within the file and is not the name of a dataset column.</param>
public readonly record struct ExtraColumn(int Index, string Name)
{
    /// <summary>
    /// Names columns after their headers: an empty header becomes <c>column_N</c>, and one whose name is in use gets <c>_2</c>,
    /// <c>_3</c>. A header that occurs once keeps its name, whatever names are generated for others.
    /// </summary>
    /// <param name="indexes">The columns to name, in file order.</param>
    /// <param name="headers">All headers of the file.</param>
    /// <param name="taken">The names of the dataset's columns.</param>
    internal static IReadOnlyList<ExtraColumn> NameAll(
        IEnumerable<int> indexes, IReadOnlyList<string> headers, IEnumerable<string> taken)
    {
        var used = new HashSet<string>(taken, StringComparer.Ordinal);
        var named = new List<(int Index, string Name, bool Kept)>();
        foreach (var index in indexes)
        {
            var header = HeaderName.Trim(headers[index]);
            named.Add(header.Length == 0 ? (index, $"column_{index + 1}", false) : (index, header, used.Add(header)));
        }

        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        return [.. named.Select(column =>
            new ExtraColumn(column.Index, column.Kept ? column.Name : FirstFree(column.Name, used, numbers)))];
    }

    /// <param name="numbers">The last number given to a name, so that a thousand headers of one name do not cost a million attempts.</param>
    private static string FirstFree(string name, HashSet<string> used, Dictionary<string, int> numbers)
    {
        var free = name;
        while (!used.Add(free))
        {
            numbers[name] = numbers.GetValueOrDefault(name, 1) + 1;
            free = $"{name}_{numbers[name]}";
        }

        return free;
    }
}
