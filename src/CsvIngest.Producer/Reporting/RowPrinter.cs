using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using CsvIngest.Datasets;

namespace CsvIngest.Producer.Reporting;

/// <summary>
/// Shows accepted rows as JSON lines, <c>{"source":…,"line":…,"values":{column: value}}</c>: what the producer understood.
/// An absent value is null; extra columns stand beside the others.
/// </summary>
internal sealed class RowPrinter : IDisposable
{
    private readonly Stream _output;
    private readonly ArrayBufferWriter<byte> _buffer = new(64 * 1024);
    private readonly JsonEncodedText _source;
    private readonly JsonEncodedText[] _names;
    private readonly int _ownColumns;

    public RowPrinter(Stream output, string source, Dataset dataset, ColumnBinding binding)
    {
        _output = output;
        _source = Encoded(source);
        _names = [.. dataset.Columns.Select(column => column.Name).Concat(binding.Extra.Select(extra => extra.Name)).Select(Encoded)];
        _ownColumns = dataset.Columns.Count;
    }

    public void Write(long line, ReadOnlySpan<byte> values, ReadOnlySpan<int> ends)
    {
        using (var writer = new Utf8JsonWriter(_buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WriteString("source"u8, _source);
            writer.WriteNumber("line"u8, line);
            writer.WriteStartObject("values"u8);
            var start = 0;
            for (var i = 0; i < ends.Length; i++)
            {
                if (ends[i] == start && i < _ownColumns)
                {
                    writer.WriteNull(_names[i]);
                }
                else
                {
                    writer.WriteString(_names[i], values[start..ends[i]]);
                }

                start = ends[i];
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        _buffer.Write("\n"u8);
        if (_buffer.WrittenCount > 32 * 1024)
        {
            Flush();
        }
    }

    public void Dispose() => Flush();

    private static JsonEncodedText Encoded(string text) => JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping);

    private void Flush()
    {
        _output.Write(_buffer.WrittenSpan);
        _output.Flush();
        _buffer.ResetWrittenCount();
    }
}
