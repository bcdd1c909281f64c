using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CsvIngest.Datasets;
using CsvIngest.Values;

namespace CsvIngest.Messages;

/// <summary>Checks the values of one dataset's rows where they are, in the message, and brings them into the form that a store takes.</summary>
#pragma warning disable CA1001 // The JSON writer writes to memory only: there is nothing to release.
internal sealed class RowDecoder(Dataset dataset)
#pragma warning restore CA1001
{
    private static readonly JsonWriterOptions JsonOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly RowRules _rules = new(dataset.WithoutFormats());
    private readonly ArrayBufferWriter<byte> _canonical = new(256);
    private readonly ArrayBufferWriter<byte> _json = new(256);
    private readonly Utf8JsonWriter _writer = new(Stream.Null, JsonOptions);
    private string[] _extraColumns = [];
    private JsonEncodedText[] _extraNames = [];

    /// <summary>Sets the extra columns of the rows that follow.</summary>
    public void Begin(string[] extraColumns)
    {
        _extraColumns = extraColumns;
        _extraNames = [.. extraColumns.Select(name => JsonEncodedText.Encode(name, JavaScriptEncoder.UnsafeRelaxedJsonEscaping))];
    }

    /// <summary>Checks a row, which has a value for every column.</summary>
    /// <returns>Why it is rejected, or null and the row.</returns>
    public RejectReason? Decode(WireMessage message, WireRow row, out Store.Row? decoded)
    {
        decoded = null;
        var columnCount = dataset.Columns.Count;
        var values = new string?[columnCount];
        for (var i = 0; i < columnCount; i++)
        {
            _canonical.ResetWrittenCount();
            if (_rules.Canonicalize(i, message.Value(row, i), _canonical) is { } reason)
            {
                return reason;
            }

            values[i] = _canonical.WrittenCount == 0 ? null : Encoding.UTF8.GetString(_canonical.WrittenSpan);
        }

        for (var i = 0; i < _extraColumns.Length; i++)
        {
            if (_rules.CheckExtra(_extraColumns[i], message.Value(row, columnCount + i)) is { } reason)
            {
                return reason;
            }
        }

        decoded = new Store.Row(row.Line, values, dataset.ExtraColumns is null ? null : ExtraJson(message, row));
        return null;
    }

    private string? ExtraJson(WireMessage message, WireRow row)
    {
        if (_extraNames.Length == 0)
        {
            return null;
        }

        _json.ResetWrittenCount();
        _writer.Reset(_json);
        _writer.WriteStartObject();
        for (var i = 0; i < _extraNames.Length; i++)
        {
            _writer.WriteString(_extraNames[i], message.Value(row, dataset.Columns.Count + i));
        }

        _writer.WriteEndObject();
        _writer.Flush();
        return Encoding.UTF8.GetString(_json.WrittenSpan);
    }
}
