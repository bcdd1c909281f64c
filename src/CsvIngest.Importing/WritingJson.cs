using System.Text.Json;
using System.Text.Json.Serialization;
using CsvIngest.Importing.Rows;

namespace CsvIngest.Importing;

/// <summary>
/// Writes the files that an importer keeps for its next run. Apart from the contexts that read them, because every import writes and few
/// read: the metadata for reading makes the runtime compile several hundred generic methods. It writes to memory, not to streams, for which
/// the serializer needs metadata.
/// </summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web, WriteIndented = true, GenerationMode = JsonSourceGenerationMode.Serialization)]
[JsonSerializable(typeof(ImportState))]
[JsonSerializable(typeof(ImportedContent))]
[JsonSerializable(typeof(RejectsRecord))]
internal sealed partial class WritingJson : JsonSerializerContext;
