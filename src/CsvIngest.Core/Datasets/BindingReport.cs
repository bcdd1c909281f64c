using System.Text;
using CsvIngest.Values;

namespace CsvIngest.Datasets;

/// <summary>Describes why the columns of a file do not fit a dataset, and what was found instead.</summary>
internal static class BindingReport
{
    /// <summary>More would push the faults off the screen. A guess.</summary>
    private const int MaxHeaders = 40;

    private const int MaxHeaderLength = 60;

    public static UnusableFileException Describe(Dataset dataset, IReadOnlyList<string> headers, HeaderMatching matching)
    {
        var report = new StringBuilder($"The file's columns do not fit dataset \"{dataset.Name}\":");
        report.AppendJoin("", matching.Faults.Select(fault => $"\n  {fault}."));
        var data = FindData(headers);
        if (data.Kind == ColumnType.Email)
        {
            // The other cells are then personal data too, which must not appear in a message.
            report.Append("\nThe first row looks like data, not like a header: ");
            report.Append($"column {data.Index + 1} of {headers.Count} is an email address.");
        }
        else
        {
            report.Append($"\nHeaders found: {List(headers, data.Index)}.");
        }

        if (data.Index >= 0 && data.Kind != ColumnType.Email)
        {
            report.Append($"\nThe first row may be data: column {data.Index + 1} contains a value ({data.Kind}).");
        }

        if (data.Index < 0)
        {
            return new UnusableFileException(report.ToString(), null, matching.Remedies);
        }

        report.Append(" A file without a header must have the columns ");
        report.AppendJoin(", ", dataset.Columns.Select(column => column.Name)).Append(", in this order.");
        var withoutHeader = WithoutHeader(dataset, headers.Count, data);
        return data.Kind == ColumnType.Email
            // There are no headers that could be mapped.
            ? new UnusableFileException(report.ToString(), null, withoutHeader)
            : new UnusableFileException(report.ToString(), null, [.. matching.Remedies, .. withoutHeader]);
    }

    /// <summary>Whether one of the cells is an email address, so that they are a row and not a header.</summary>
    public static bool IsRow(IReadOnlyList<string> headers) => FindData(headers).Kind == ColumnType.Email;

    /// <summary>A header as it can be shown on a terminal.</summary>
    public static string Printable(string header) =>
        DisplayText.OneLine(string.Concat(HeaderName.Trim(header).EnumerateRunes().Take(MaxHeaderLength)));

    /// <summary>The options that read the file without a header; none if they would not help.</summary>
    private static IReadOnlyList<Remedy> WithoutHeader(Dataset dataset, int width, (int Index, ColumnType Kind) data)
    {
        var withoutHeader = new Remedy(ImportOption.NoHeader);
        if (IsWideEnough(dataset, width))
        {
            var column = dataset.Columns.FirstOrDefault(column => column.Type == data.Kind);
            var isInPlace = column is null || (data.Index < dataset.Columns.Count && dataset.Columns[data.Index].Type == data.Kind);
            return isInPlace ? [withoutHeader] : [withoutHeader, HeaderMatching.Choose(column!.Name, data.Index)];
        }

        // A list of addresses alone is too narrow for some datasets, and all that others need.
        var other = DatasetCatalog.BuiltIn.All.FirstOrDefault(
            other => data.Index == 0 && other.Columns[0].Type == data.Kind && IsWideEnough(other, width));
        return other is null ? [] : [new Remedy(ImportOption.Dataset, other.Name), withoutHeader];
    }

    private static bool IsWideEnough(Dataset dataset, int width) =>
        !Enumerable.Range(0, dataset.Columns.Count).Any(position => position >= width && dataset.IsRequired(position));

    private static string List(IReadOnlyList<string> headers, int dataIndex)
    {
        var shown = headers.Take(MaxHeaders)
            .Select((header, index) => index == dataIndex ? "(a value)" : $"\"{Printable(header)}\"");
        var more = headers.Count > MaxHeaders ? $" and {headers.Count - MaxHeaders} more" : "";
        return headers.Count == 0 ? "none" : string.Join(", ", shown) + more;
    }

    /// <summary>The first cell that cannot be a header: an email address before any other kind of value.</summary>
    private static (int Index, ColumnType Kind) FindData(IReadOnlyList<string> headers)
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
