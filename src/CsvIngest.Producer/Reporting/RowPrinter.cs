using System.Buffers;
using System.Text.Json;
using CsvIngest.Importing;

namespace CsvIngest.Producer.Reporting;

/// <summary>
/// Prints accepted rows as JSON lines, <c>{"source":…,"line":…,"values":{column: value}}</c>, in canonical form. An absent value is
/// null; extra columns follow the dataset's.
/// </summary>
internal sealed class RowPrinter : IDisposable
{
    private readonly Stream _output;
    private readonly ArrayBufferWriter<byte> _buffer = new(64 * 1024);
    private readonly JsonEncodedText _source;
    private readonly JsonEncodedText[] _names;
    private readonly int _datasetColumns;

    /// <param name="output">Where to print; the caller closes it.</param>
    /// <param name="source">The file's name.</param>
    /// <param name="import">The import.</param>
    public RowPrinter(Stream output, string source, ImportBeginning import)
    {
        _output = output;
        _source = Encoded(source);
        _names = [.. import.Columns.Select(Encoded)];
        _datasetColumns = import.Dataset.Columns.Count;
    }

    public void Write(in AcceptedRow row)
    {
        using (var writer = new Utf8JsonWriter(_buffer, new JsonWriterOptions { Encoder = DisplayJson.Encoder }))
        {
            writer.WriteStartObject();
            writer.WriteString("source"u8, _source);
            writer.WriteNumber("line"u8, row.Line);
            writer.WriteStartObject("values"u8);
            for (var i = 0; i < row.Count; i++)
            {
                if (row[i].IsEmpty && i < _datasetColumns)
                {
                    writer.WriteNull(_names[i]);
                }
                else
                {
                    writer.WriteString(_names[i], row[i]);
                }
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

    private static JsonEncodedText Encoded(string text) => JsonEncodedText.Encode(text, DisplayJson.Encoder);

    private void Flush()
    {
        _output.Write(_buffer.WrittenSpan);
        _output.Flush();
        _buffer.ResetWrittenCount();
    }
}
