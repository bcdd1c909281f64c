using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using CsvIngest.Importing.Sources;

namespace CsvIngest.Importing.Rows;

/// <summary>
/// What the producer wrote last to a pair of rejects files. Files that it does not match have been changed since, such as by somebody who
/// corrected the rows, and are never replaced.
/// </summary>
internal sealed record RejectsRecord
{
    /// <summary>Identifies the input whose rejects they are.</summary>
    public required string Owner { get; init; }

    /// <summary>Whether rows of that import were published. Otherwise the files are a mere report.</summary>
    public required bool IsSent { get; init; }

    /// <summary>The SHA-256 of the file of the records, in hex; null if there was none.</summary>
    public required string? Rejected { get; init; }

    /// <summary>The SHA-256 of the file of the reasons, in hex.</summary>
    public required string? Errors { get; init; }

    /// <summary>The record of the files in a place; null if there is none, or none that can be read.</summary>
    public static RejectsRecord? Read(RejectsPlace place)
    {
        try
        {
            return File.Exists(place.Record)
                ? JsonSerializer.Deserialize(File.ReadAllText(place.Record), RejectsRecordJson.Default.RejectsRecord)
                : null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            // Files of which nothing is known are kept.
            return null;
        }
    }

    /// <summary>Saves the record of the files in a place.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public void Write(RejectsPlace place) =>
        WholeFile.Write(place.Record, file => file.Write(JsonSerializer.SerializeToUtf8Bytes(this, WritingJson.Default.RejectsRecord)));

    /// <summary>The SHA-256 of a file, in hex; null if it does not exist.</summary>
    public static string? Digest(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        using var file = UnixFiles.OpenWithoutLock(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }
}

/// <summary>Reads a <see cref="RejectsRecord"/>; <see cref="WritingJson"/> writes it.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(RejectsRecord))]
internal sealed partial class RejectsRecordJson : JsonSerializerContext;
