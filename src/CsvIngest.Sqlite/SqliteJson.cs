using System.Text.Json;
using System.Text.Json.Serialization;

namespace CsvIngest.Sqlite;

/// <summary>Writes the JSON arrays that the ledger keeps, and those that statements expand with <c>json_each</c>.</summary>
[JsonSerializable(typeof(IEnumerable<long>))]
[JsonSerializable(typeof(IEnumerable<string>))]
internal sealed partial class SqliteJson : JsonSerializerContext
{
    /// <summary>Writes numbers as an array.</summary>
    public static string Array(IEnumerable<long> numbers) => JsonSerializer.Serialize(numbers, Default.IEnumerableInt64);

    /// <summary>Writes texts as an array.</summary>
    public static string Array(IEnumerable<string> texts) => JsonSerializer.Serialize(texts, Default.IEnumerableString);
}
