using System.Text;
using CsvIngest.Values;

namespace CsvIngest.Datasets;

/// <summary>Describes why the columns of a file do not fit a dataset, and what was found instead.</summary>
internal static class BindingReport
{
    /// <summary>More would push the faults off the screen. A guess.</summary>
    private const int MaxHeaders = 40;

    private const int MaxHeaderLength = 60;

    public static UnusableFileException Describe(
        Dataset dataset, FileHead head, IReadOnlyDictionary<string, string> map, BindingFaults faults)
    {
        var report = new StringBuilder($"The file's columns do not fit dataset \"{dataset.Name}\":");
        report.AppendJoin("", faults.Texts.Select(fault => $"\n  {fault}."));
        var headers = head.Headers;
        var data = FindData(headers);
        if (data.Kind == ColumnType.Email)
        {
            // The other cells are then personal data too, which must not appear in a message.
            report.Append("\nThe first row looks like data, not like a header: ");
            report.Append($"column {data.Index + 1} of {headers.Count} is an email address.");
            return new UnusableFileException(report.ToString(), null, RemediesWithoutHeader(dataset, headers.Count, data.Index));
        }

        report.Append($"\nHeaders found: {List(headers, data.Index)}.");
        var remedies = faults.Remedies.Concat(OtherDataset(dataset, other => new HeaderMatching(other, head, map).Fits())).ToList();
        if (data.Index >= 0)
        {
            report.Append($"\nThe first row may be data: column {data.Index + 1} contains a value ({data.Kind}). ");
            report.Append("A file without a header must have the columns ");
            report.AppendJoin(", ", dataset.Columns.Select(column => column.Name)).Append(", in this order.");
            remedies.AddRange(ColumnBinding.IsWideEnough(dataset, headers.Count) ? [new Remedy(ImportOption.NoHeader)] : []);
        }

        return new UnusableFileException(report.ToString(), null, remedies);
    }

    /// <summary>The option that chooses another built-in dataset, if this one is built in and another fits.</summary>
    public static IReadOnlyList<Remedy> OtherDataset(Dataset dataset, Func<Dataset, bool> fits) =>
        DatasetCatalog.BuiltIn.All.Contains(dataset)
        && DatasetCatalog.BuiltIn.All.FirstOrDefault(other => other != dataset && fits(other)) is { } fitting
            ? [new Remedy(ImportOption.Dataset, fitting.Name)]
            : [];

    /// <summary>How to import a file whose first row is data.</summary>
    /// <param name="address">The column of the file (0-based) that contains an email address.</param>
    private static IReadOnlyList<Remedy> RemediesWithoutHeader(Dataset dataset, int width, int address)
    {
        var noHeader = new Remedy(ImportOption.NoHeader);
        if (Fits(dataset))
        {
            return [noHeader];
        }

        if (OtherDataset(dataset, Fits) is [var other])
        {
            return [noHeader, other];
        }

        // The other columns are taken in order.
        return ColumnBinding.IsWideEnough(dataset, width)
            ? [noHeader, .. dataset.Columns.Where(column => column.Type == ColumnType.Email).Take(1)
                .Select(column => BindingFaults.Map(column.Name, [address]))]
            : [];

        bool Fits(Dataset candidate) =>
            ColumnBinding.IsWideEnough(candidate, width)
            && address < candidate.Columns.Count
            && candidate.Columns[address].Type == ColumnType.Email;
    }

    /// <summary>Whether one of the cells is an email address, so that they are a row and not a header.</summary>
    public static bool IsRow(IReadOnlyList<string> headers) => FindData(headers).Kind == ColumnType.Email;

    /// <summary>A header as it can be shown on a terminal.</summary>
    public static string Printable(string header) =>
        DisplayText.OneLine(string.Concat(HeaderName.Trim(header).EnumerateRunes().Take(MaxHeaderLength)));

    private static string List(IReadOnlyList<string> headers, int dataIndex)
    {
        var shown = headers.Take(MaxHeaders)
            .Select((header, index) => index == dataIndex ? "(a value)" : $"\"{Printable(header)}\"");
        var more = headers.Count > MaxHeaders ? $" and {headers.Count - MaxHeaders} more" : "";
        return headers.Count == 0 ? "none" : string.Join(", ", shown) + more;
    }

    /// <summary>The first cell that cannot be a header: an email address before any other kind of value.</summary>
    public static (int Index, ColumnType Kind) FindData(IReadOnlyList<string> headers)
    {
        ColumnType[] kinds = [ColumnType.Email, ColumnType.Uuid, ColumnType.Timestamp, ColumnType.Decimal];
        foreach (var kind in kinds)
        {
            for (var index = 0; index < headers.Count; index++)
            {
                if (IsValue(headers[index], kind))
                {
                    return (index, kind);
                }
            }
        }

        return (-1, ColumnType.Text);
    }

    private static bool IsValue(string header, ColumnType kind)
    {
        // Longer cells are not addresses, numbers or dates. The size of the target below relies on it.
        var value = Utf8Text.Trim(Encoding.UTF8.GetBytes(HeaderName.Trim(header)));
        if (value.IsEmpty || value.Length > EmailLimits.Address)
        {
            return false;
        }

        Span<byte> target = stackalloc byte[512];
        var reason = kind switch
        {
            ColumnType.Email => EmailAddress.Canonicalize(value, target, out _),
            ColumnType.Uuid => Uuids.Canonicalize(value, target, out _),
            ColumnType.Timestamp => Timestamps.CanonicalizeTimestamp(value, target, out _),
            _ => Numbers.CanonicalizeDecimal(value, target, out _),
        };
        return reason is null;
    }
}
