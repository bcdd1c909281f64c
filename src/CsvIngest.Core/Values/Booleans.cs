using System.Text;

namespace CsvIngest.Values;

/// <summary>Booleans in the spellings that databases and spreadsheets write.</summary>
internal static class Booleans
{
    private static readonly RejectReason NotBoolean =
        RejectReason.Not(ColumnType.Boolean, "expected true/false, t/f, yes/no, y/n or 1/0");

    /// <summary>Writes <c>true</c> or <c>false</c>. The case of the value does not matter.</summary>
    public static RejectReason? Canonicalize(ReadOnlySpan<byte> value, Span<byte> target, out int length)
    {
        var form = value.Length switch
        {
            1 => (value[0] | 0x20) switch
            {
                't' or 'y' => "true"u8,
                'f' or 'n' => "false"u8,
                _ => value[0] == '1' ? "true"u8 : value[0] == '0' ? "false"u8 : [],
            },
            2 => Ascii.EqualsIgnoreCase(value, "no"u8) ? "false"u8 : [],
            3 => Ascii.EqualsIgnoreCase(value, "yes"u8) ? "true"u8 : [],
            4 => Ascii.EqualsIgnoreCase(value, "true"u8) ? "true"u8 : [],
            5 => Ascii.EqualsIgnoreCase(value, "false"u8) ? "false"u8 : [],
            _ => [],
        };
        form.CopyTo(target);
        length = form.Length;
        return length == 0 ? NotBoolean : null;
    }
}
