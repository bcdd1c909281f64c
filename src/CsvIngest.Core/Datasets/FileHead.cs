using System.Text;
using CsvIngest.Values;

namespace CsvIngest.Datasets;

/// <summary>The start of a file: what its columns are called, and what they contain.</summary>
/// <param name="Headers">The header cells, in file order.</param>
/// <param name="Rows">The first rows that are whole; empty if nothing is known of them. Each has a value for every header.</param>
public sealed record FileHead(IReadOnlyList<string> Headers, IReadOnlyList<string[]> Rows)
{
    /// <summary>How a person refers to a column in a column mapping: by its header, or by its number if the header is not enough.</summary>
    internal string Reference(int column)
    {
        var header = HeaderName.Trim(Headers[column]);
        var isEnough = header.Length > 0
            && header == BindingReport.Printable(header)
            && Headers.Count(other => HeaderName.Trim(other) == header) == 1;
        return isEnough ? header : $"#{column + 1}";
    }

    /// <summary>Whether most values of a column are email addresses.</summary>
    internal bool HasAddresses(int column)
    {
        Span<byte> form = stackalloc byte[EmailLimits.Address];
        var (addresses, others) = (0, 0);
        foreach (var row in Rows)
        {
            var value = Utf8Text.Trim(Encoding.UTF8.GetBytes(row[column]));
            if (!value.IsEmpty)
            {
                _ = EmailAddress.Canonicalize(value, form, out _) is null ? addresses++ : others++;
            }
        }

        return addresses > others;
    }

    /// <summary>Whether most values of a column contain those of another one, as a full name contains a first name.</summary>
    internal bool Contains(int column, int part)
    {
        var (contained, others) = (0, 0);
        foreach (var row in Rows)
        {
            var (whole, value) = (row[column].Trim(), row[part].Trim());
            if (whole.Length > 0 && value.Length > 0)
            {
                _ = whole.Length > value.Length && whole.Contains(value, StringComparison.OrdinalIgnoreCase) ? contained++ : others++;
            }
        }

        return contained > others;
    }
}
