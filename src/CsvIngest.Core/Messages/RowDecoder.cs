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

    /// <summary>Canonicalizing asks for up to 256 bytes more than it writes. With twice as many, a buffer rarely has to grow.</summary>
    private const int SpareBytes = 512;

    /// <summary>128 KiB, more than the rows of a message from the producer: a message of others must not keep its memory for ever.</summary>
    private const int LargestKept = 128 * 1024;

    private readonly RowRules _rules = new(dataset.WithoutFormats());
    private readonly Utf8JsonWriter _writer = new(Stream.Null, JsonOptions);
    private readonly Stack<RowBuffer> _buffers = [];
    private string[] _extraColumns = [];
    private JsonEncodedText[] _extraNames = [];

    /// <summary>Sets the extra columns of the rows that follow, and returns a buffer for these rows.</summary>
    public RowBuffer Begin(WireMessage message, string[] extraColumns)
    {
        _extraColumns = extraColumns;
        _extraNames = [.. extraColumns.Select(name => JsonEncodedText.Encode(name, JavaScriptEncoder.UnsafeRelaxedJsonEscaping))];
        // The values of most rows are in canonical form already, and then they take no more room than in the message, but for the names of
        // extra columns, which are in every row.
        var extraBytes = dataset.ExtraColumns is null ? 0 : _extraNames.Sum(name => (long)name.EncodedUtf8Bytes.Length + ExtraSyntaxBytes);
        // No more than the size of the message: what a stranger writes must not reserve gigabytes.
        var room = message.ByteCount + (int)Math.Min(message.Rows.Count * extraBytes, message.ByteCount) + SpareBytes;
        return _buffers.TryPop(out var buffer) && buffer.Output.Capacity >= room
            ? buffer
            : new RowBuffer(dataset.Columns.Count, message.Rows.Count, room);
    }

    /// <summary>Takes back a buffer whose rows are no longer used.</summary>
    public void Return(RowBuffer buffer)
    {
        if (buffer.Output.Capacity <= LargestKept)
        {
            buffer.Clear();
            _buffers.Push(buffer);
        }
    }

    /// <summary>Checks a row, which has a value for every column, and adds it to the buffer.</summary>
    /// <returns>Why it is rejected, or null.</returns>
    public RejectReason? Decode(WireMessage message, WireRow row, RowBuffer buffer)
    {
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
        buffer.EndRow(row.Line);
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
