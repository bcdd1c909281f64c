using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using CsvIngest.Datasets;
using CsvIngest.Values;

namespace CsvIngest.Messages;

/// <summary>Checks the values of one dataset's rows and brings them into the form that a store takes.</summary>
#pragma warning disable CA1001 // The JSON writer writes to memory only: there is nothing to release.
internal sealed class RowDecoder(Dataset dataset)
#pragma warning restore CA1001
{
    private static readonly JsonWriterOptions JsonOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly RowRules _rules = new(dataset);
    private readonly ArrayBufferWriter<byte> _canonical = new(256);
    private readonly ArrayBufferWriter<byte> _json = new(256);
    private readonly Utf8JsonWriter _writer = new(Stream.Null, JsonOptions);
    private byte[] _utf8 = new byte[256];
    private IReadOnlyList<string> _extraColumns = [];
    private JsonEncodedText[] _extraNames = [];

    /// <summary>Says which extra columns the rows that follow have.</summary>
    public void Begin(IReadOnlyList<string> extraColumns)
    {
        _extraColumns = extraColumns;
        _extraNames = [.. extraColumns.Select(name => JsonEncodedText.Encode(name, JavaScriptEncoder.UnsafeRelaxedJsonEscaping))];
    }

    /// <summary>Checks a row. Returns why it is refused, or null and the row.</summary>
    public RejectReason? Decode(Wire.Row row, out Store.Row? decoded)
    {
        decoded = null;
        var columns = dataset.Columns;
        var values = new string?[columns.Count];
        for (var i = 0; i < values.Length; i++)
        {
            var value = row.Values[i];
            if (!TryEncode(value, out var utf8))
            {
                return InvalidText(columns[i].Name);
            }

            _canonical.ResetWrittenCount();
            if (_rules.Canonicalize(i, utf8, _canonical) is { } reason)
            {
                return reason;
            }

            // Our own producer's values are canonical already: keep the string that is there.
            values[i] = _canonical.WrittenCount == 0 ? null
                : _canonical.WrittenSpan.SequenceEqual(utf8) ? value
                : Encoding.UTF8.GetString(_canonical.WrittenSpan);
        }

        for (var i = 0; i < _extraColumns.Count; i++)
        {
            if (!TryEncode(row.Values[columns.Count + i], out var utf8))
            {
                return InvalidText(_extraColumns[i]);
            }

            if (_rules.CheckExtra(_extraColumns[i], utf8) is { } reason)
            {
                return reason;
            }
        }

        decoded = new Store.Row(row.Line, values, dataset.ExtraColumns is null ? null : ExtraJson(row));
        return null;
    }

    private static RejectReason InvalidText(string column) => new(RejectCodes.InvalidEncoding, column, "not valid Unicode text");

    private bool TryEncode(string value, out ReadOnlySpan<byte> utf8)
    {
        if (_utf8.Length < value.Length * 3)
        {
            _utf8 = new byte[value.Length * 3];
        }

        var status = Utf8.FromUtf16(value, _utf8, out _, out var written, replaceInvalidSequences: false);
        utf8 = _utf8.AsSpan(0, written);
        return status == OperationStatus.Done;
    }

    private string? ExtraJson(Wire.Row row)
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
            _writer.WriteString(_extraNames[i], row.Values[dataset.Columns.Count + i]);
        }

        _writer.WriteEndObject();
        _writer.Flush();
        return Encoding.UTF8.GetString(_json.WrittenSpan);
    }
}
