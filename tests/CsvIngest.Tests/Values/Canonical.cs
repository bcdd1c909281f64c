using System.Buffers;
using System.Text;
using CsvIngest.Datasets;
using CsvIngest.Values;

namespace CsvIngest.Tests.Values;

/// <summary>Applies the rules of a dataset with a single column.</summary>
internal static class Canonical
{
    public static readonly ColumnType[] AllTypes = Enum.GetValues<ColumnType>();

    private static readonly RowRules[] Plain = [.. AllTypes.Select(type => RulesOf(new Column("value", type)))];

    public static RowRules RulesOf(Column column) => new(new Dataset("test", "test", null, [column], null));

    public static (string? Form, RejectReason? RejectReason) Of(ColumnType type, string value) => Of(Plain[(int)type], Encoding.UTF8.GetBytes(value));

    public static (string? Form, RejectReason? RejectReason) Of(Column column, string value) => Of(RulesOf(column), Encoding.UTF8.GetBytes(value));

    public static (string? Form, RejectReason? RejectReason) Of(RowRules rules, byte[] value)
    {
        var output = new ArrayBufferWriter<byte>();
        var reason = rules.Canonicalize(0, value, output);
        if (reason is null)
        {
            return (Encoding.UTF8.GetString(output.WrittenSpan), null);
        }

        if (output.WrittenCount > 0)
        {
            throw new InvalidOperationException("A rejected value was appended.");
        }

        return (null, reason);
    }

    /// <summary>The canonical form, or the reason for the rejection.</summary>
    public static string FormOrReason(ColumnType type, string value)
    {
        var (form, reason) = Of(type, value);
        return form ?? reason!.Reason;
    }
}
