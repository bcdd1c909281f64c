using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using CsvIngest.Datasets;
using CsvIngest.Store;
using CsvIngest.Values;

namespace CsvIngest.Messages;

/// <summary>Checks the values of one dataset's rows where they are, in the message, and brings them into the form that a store takes.</summary>
#pragma warning disable CA1001 // The JSON writer writes to memory only: there is nothing to release.
internal sealed class RowDecoder(Dataset dataset)
#pragma warning restore CA1001
{
    private static readonly JsonWriterOptions JsonOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The quotes, the colon and the comma of an extra column in its object.</summary>
    private const int ExtraSyntaxBytes = 6;

    private readonly RowRules _rules = new(dataset.WithoutFormats());
    private readonly Utf8JsonWriter _writer = new(Stream.Null, JsonOptions);
    private string[] _extraColumns = [];
    private JsonEncodedText[] _extraNames = [];

    /// <summary>How much longer the extra columns of a row usually are than in the message: their object repeats the names.</summary>
    public int ExtraBytes { get; private set; }

    /// <summary>Sets the extra columns of the rows that follow.</summary>
    public void Begin(string[] extraColumns)
    {
        _extraColumns = extraColumns;
        _extraNames = [.. extraColumns.Select(name => JsonEncodedText.Encode(name, JavaScriptEncoder.UnsafeRelaxedJsonEscaping))];
        ExtraBytes = dataset.ExtraColumns is null ? 0 : _extraNames.Sum(name => name.EncodedUtf8Bytes.Length + ExtraSyntaxBytes);
    }

    /// <summary>Checks a row, which has a value for every column, and adds it to the buffer.</summary>
    /// <returns>Why it is rejected, or null and the row.</returns>
    public RejectReason? Decode(WireMessage message, WireRow row, RowBuffer buffer, out Store.Row decoded)
    {
        decoded = default;
        var reason = Canonicalize(message, row, buffer) ?? CheckExtra(message, row);
        if (reason is not null)
        {
            buffer.DiscardRow();
            return reason;
        }

        if (dataset.ExtraColumns is not null && _extraNames.Length > 0)
        {
            WriteExtraJson(message, row, buffer.Output);
        }

        buffer.EndValue();
        decoded = buffer.EndRow(row.Line);
        return null;
    }

    private RejectReason? Canonicalize(WireMessage message, WireRow row, RowBuffer buffer)
    {
        for (var i = 0; i < dataset.Columns.Count; i++)
        {
            if (_rules.Canonicalize(i, message.Value(row, i), buffer.Output) is { } reason)
            {
                return reason;
            }

            buffer.EndValue();
        }

        return null;
    }

    private RejectReason? CheckExtra(WireMessage message, WireRow row)
    {
        for (var i = 0; i < _extraColumns.Length; i++)
        {
            if (_rules.CheckExtra(_extraColumns[i], message.Value(row, dataset.Columns.Count + i)) is { } reason)
            {
                return reason;
            }
        }

        return null;
    }

    private void WriteExtraJson(WireMessage message, WireRow row, IBufferWriter<byte> output)
    {
        _writer.Reset(output);
        _writer.WriteStartObject();
        for (var i = 0; i < _extraNames.Length; i++)
        {
            _writer.WriteString(_extraNames[i], message.Value(row, dataset.Columns.Count + i));
        }

        _writer.WriteEndObject();
        _writer.Flush();
    }
}
