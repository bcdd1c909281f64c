using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using CsvIngest.Datasets;
using CsvIngest.Importing.Sources;

namespace CsvIngest.Importing;

/// <summary>
/// Remembers which contents were published completely. It knows what producers with the same state folder did, and no more: not what
/// became of the messages. One file for each content and way of importing it: producers write at the same time, and a look-up opens only
/// what it needs.
/// </summary>
internal sealed class ImportHistory
{
    private const string Ending = ".imported.json";

    private readonly string _folder;
    private readonly string _way;

    /// <param name="folder">The state folder.</param>
    /// <param name="slices">How a file is imported.</param>
    /// <param name="dataset">The dataset that the options name.</param>
    /// <param name="destination">Where the rows go.</param>
    public ImportHistory(string folder, SliceOptions slices, Dataset dataset, ImportDestination destination)
    {
        _folder = Path.Combine(folder, FileNames.MemoryFolder);
        // How the rows are cut into messages makes no difference in the table. These are the values that earlier versions remember.
        var shape = ImportShape.Of(slices, dataset, slices.Reading) with { RowsPerMessage = 200, BytesPerMessage = null };
        _way = FileNames.Hash($"{destination.DisplayAddress}|{destination.Queue}|{shape.ToJson()}");
    }

    /// <summary>Whether a file may contain something that was imported before: whether hashing it is worth the time.</summary>
    public bool MayKnow(OpenSource open) =>
        // The size of the content is that of the file, unless it is compressed.
        Directory.Exists(_folder) && Directory.EnumerateFiles(_folder, $"{(open.IsCompressed ? "*" : open.Size)}-*{Ending}").Any();

    /// <summary>The last import of a content in the same way, or else in another; null if none is known.</summary>
    /// <param name="content">The content, which is read to its end.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public ImportedContent? Find(Stream content, CancellationToken cancellationToken)
    {
        try
        {
            return Find(Hash(content, cancellationToken));
        }
        catch (UnusableFileException)
        {
            // What cannot be read to its end was not published completely; reading its rows finds out why.
            return null;
        }
    }

    /// <summary>Whether an import put the same rows into the same queue as the next one would.</summary>
    public bool IsSameWay(ImportedContent import) => import.Way == _way;

    /// <summary>Remembers an import.</summary>
    /// <param name="source">The name of its source.</param>
    /// <param name="import">Its ID.</param>
    /// <param name="at">When it was complete.</param>
    /// <param name="content">The content.</param>
    /// <exception cref="UnwritableFileException">That cannot be written.</exception>
    public void Add(string source, Guid import, DateTimeOffset at, ContentDigest content)
    {
        try
        {
            Directory.CreateDirectory(_folder);
            // Another producer may have imported the same content at the same time.
            using var folderLock = UnixFiles.LockFolder(_folder);
            WholeFile.Write(
                Path.Combine(_folder, $"{content.Bytes}-{content.Hash}-{_way}{Ending}"),
                file => file.Write(JsonSerializer.SerializeToUtf8Bytes(
                    new ImportedContent(source, import, at, _way), WritingJson.Default.ImportedContent)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UnwritableFileException(
                $"The folder {DisplayText.OneLine(_folder)} cannot be written, so that the content of this file will not be recognized: {FailureReason.Of(e)}",
                e,
                new Remedy(ImportOption.State));
        }
    }

    private static string Hash(Stream content, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var block = new byte[1 << 20];
        while (content.Read(block) is > 0 and var length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            hash.AppendData(block, 0, length);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private ImportedContent? Find(string hash) => Directory
        .EnumerateFiles(_folder, $"*-{hash}-*{Ending}")
        .Select(Read)
        .OfType<ImportedContent>()
        .OrderByDescending(IsSameWay)
        .ThenByDescending(import => import.ImportedAt)
        .FirstOrDefault();

    private static ImportedContent? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(path), ImportedContentJson.Default.ImportedContent);
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            // A content of which nothing is known is imported.
            return null;
        }
    }
}

/// <summary>The content of a file, decompressed.</summary>
/// <param name="Bytes">Its size.</param>
/// <param name="Hash">Its SHA-256, in hex.</param>
internal sealed record ContentDigest(long Bytes, string Hash);

/// <summary>An import that is complete: the broker has confirmed every message, the closing included.</summary>
/// <param name="Source">The name of the source.</param>
/// <param name="Import">The import's ID.</param>
/// <param name="ImportedAt">When it was complete.</param>
/// <param name="Way">A digest of what decides the result beside the content: the dataset, the options, and the queue.</param>
public sealed record ImportedContent(string Source, Guid Import, DateTimeOffset ImportedAt, string Way);

/// <summary>Reads an <see cref="ImportedContent"/>; <see cref="WritingJson"/> writes it.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ImportedContent))]
internal sealed partial class ImportedContentJson : JsonSerializerContext;
