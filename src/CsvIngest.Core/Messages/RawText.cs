using System.Buffers;
using System.Globalization;
using System.Text;

namespace CsvIngest.Messages;

/// <summary>Shows bytes that may be anything as text that any database takes, losing nothing.</summary>
internal static class RawText
{
    /// <summary>The text; NUL, and each byte that is not part of valid UTF-8, as <c>\xHH</c>.</summary>
    public static string From(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        while (!bytes.IsEmpty)
        {
            var status = Rune.DecodeFromUtf8(bytes, out var rune, out var consumed);
            if (status == OperationStatus.Done && rune.Value != 0)
            {
                text.Append(rune.ToString());
            }
            else
            {
                foreach (var b in bytes[..consumed])
                {
                    text.Append(CultureInfo.InvariantCulture, $"\\x{b:X2}");
                }
            }

            bytes = bytes[consumed..];
        }

        return text.ToString();
    }

    /// <summary>A row that is known by its values only, as a CSV record.</summary>
    public static string FromValues(IEnumerable<string> values)
    {
        var record = string.Join(',', values.Select(Quoted));
        return From(Encoding.UTF8.GetBytes(record.Length <= SliceWriter.MaxRawBytes ? record : record[..SliceWriter.MaxRawBytes]));
    }

    private static string Quoted(string value) =>
        value.AsSpan().IndexOfAny(",\"\r\n") < 0 ? value : $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
