using System.Buffers;
using System.Globalization;
using System.Text;

namespace CsvIngest.Store;

/// <summary>The text of rejected records. The bytes of a record may be anything; its text can be stored in any database.</summary>
internal static class RawText
{
    /// <summary>How much of a rejected record is kept. A guess: enough for a person to recognise it.</summary>
    public const int MaxBytes = 4096;

    /// <summary>Decodes UTF-8 without loss: NUL, and each byte that is not part of valid UTF-8, becomes <c>\xHH</c>.</summary>
    public static string From(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        Span<char> characters = stackalloc char[2];
        while (!bytes.IsEmpty)
        {
            var status = Rune.DecodeFromUtf8(bytes, out var rune, out var consumed);
            if (status == OperationStatus.Done && rune.Value != 0)
            {
                text.Append(characters[..rune.EncodeToUtf16(characters)]);
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

    /// <summary>Writes a row as a CSV record, where the record itself is no longer there.</summary>
    public static string FromValues(IEnumerable<string?> values)
    {
        var record = string.Join(',', values.Select(value => Quote(value ?? "")));
        return From(Encoding.UTF8.GetBytes(record.Length <= MaxBytes ? record : record[..MaxBytes]));
    }

    private static string Quote(string value) =>
        value.AsSpan().IndexOfAny(",\"\r\n") < 0 ? value : $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
