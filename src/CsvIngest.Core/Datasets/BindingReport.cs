using System.Text;
using CsvIngest.Values;

namespace CsvIngest.Datasets;

/// <summary>Tells a person why a file's columns do not fit, what was found instead, and how to go on.</summary>
internal static class BindingReport
{
    /// <summary>More would push the faults off a terminal. A guess.</summary>
    private const int MaxHeaders = 40;

    private const int MaxHeaderLength = 60;

    public static string Describe(Dataset dataset, IReadOnlyList<string> headers, IReadOnlyList<string> faults)
    {
        var report = new StringBuilder($"The file's columns do not fit dataset \"{dataset.Name}\":");
        report.AppendJoin("", faults.Select(fault => $"\n  {fault}."));
        var data = FindData(headers);
        if (data.Kind == ColumnType.Email)
        {
            // Then the other cells are somebody's data as well, which has no place in a message.
            report.Append("\nThe first row looks like data, not like a header: ");
            report.Append($"column {data.Index + 1} of {headers.Count} is an email address.");
        }
        else
        {
            report.Append($"\nHeaders found: {List(headers, data.Index)}.");
        }

        if (data.Index >= 0 && data.Kind != ColumnType.Email)
        {
            report.Append($"\nThe first row may be data: column {data.Index + 1} holds a value ({data.Kind}).");
        }

        if (data.Index >= 0)
        {
            report.Append(" If the file has no header, use --no-header: its columns are then ");
            report.AppendJoin(", ", dataset.Columns.Select(column => column.Name)).Append(", in this order.");
        }

        return report.ToString();
    }

    /// <summary>A header as it may be shown on a terminal.</summary>
    public static string Printable(string header)
    {
        var shown = new StringBuilder();
        foreach (var rune in HeaderName.Trim(header).EnumerateRunes().Take(MaxHeaderLength))
        {
            shown.Append(Rune.IsControl(rune) ? "?" : rune.ToString());
        }

        return shown.ToString();
    }

    private static string List(IReadOnlyList<string> headers, int dataIndex)
    {
        var shown = headers.Take(MaxHeaders)
            .Select((header, index) => index == dataIndex ? "(a value)" : $"\"{Printable(header)}\"");
        var more = headers.Count > MaxHeaders ? $" and {headers.Count - MaxHeaders} more" : "";
        return headers.Count == 0 ? "none" : string.Join(", ", shown) + more;
    }

    /// <summary>The first cell that no header would be: an email address before any other kind of value.</summary>
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
        // Longer cells are no addresses, numbers or dates; target sizes below rely on it.
        var value = Utf8Text.Trim(Encoding.UTF8.GetBytes(HeaderName.Trim(header)));
        if (value.IsEmpty || value.Length > EmailAddress.MaxLength)
        {
            return false;
        }

        Span<byte> target = stackalloc byte[512];
        var refusal = kind switch
        {
            ColumnType.Email => EmailAddress.Canonicalize(value, target, out _),
            ColumnType.Uuid => Choices.CanonicalizeUuid(value, target, out _),
            ColumnType.Timestamp => Timestamps.CanonicalizeTimestamp(value, target, out _),
            _ => Numbers.CanonicalizeDecimal(value, target, out _),
        };
        return refusal is null;
    }
}
