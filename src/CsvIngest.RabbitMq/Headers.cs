using System.Text;

namespace CsvIngest.RabbitMq;

/// <summary>Reads the headers of messages. Other publishers may send anything.</summary>
internal static class Headers
{
    /// <summary>The text of a header; null if there is none.</summary>
    public static string? Text(IDictionary<string, object?>? table, string key) =>
        table is not null && table.TryGetValue(key, out var value) ? value switch
        {
            byte[] bytes => Encoding.UTF8.GetString(bytes),
            string text => text,
            _ => null,
        }
        : null;

    /// <summary>The span that has sent the message; null if it was sent without one.</summary>
    public static string? TraceParent(IDictionary<string, object?>? headers) =>
        Telemetry.TraceParent.Accept(Text(headers, Telemetry.TraceParent.Header));
}
