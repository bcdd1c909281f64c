using System.Globalization;
using System.Text;
using CsvIngest.Datasets;
using CsvIngest.Messages.Wire;
using CsvIngest.Store;
using Google.Protobuf;

namespace CsvIngest.Messages;

/// <summary>
/// Turns message bodies into parts of imports. It trusts nothing: every message is checked as if a stranger had written it,
/// and every value is brought into canonical form, which changes nothing in a message from our producer.
/// The counterpart of <see cref="SliceWriter"/>. Not for concurrent use.
/// </summary>
/// <param name="datasets">The datasets that messages may name.</param>
public sealed class MessageDecoder(DatasetCatalog datasets)
{
    /// <summary>
    /// The longest reason or name that is accepted, in characters; a guess that no honest message exceeds.
    /// </summary>
    private const int MaxTextLength = 1024;

    /// <summary>
    /// The largest line number or row count that is accepted: 2^53, which JSON represents exactly too. No file has as many, and sums
    /// over some of them stay within 64 bits: one message must not make the books of all imports unreadable.
    /// </summary>
    private const long MaxCount = 1L << 53;

    /// <summary>RFC 3339, in the form that the canonical JSON of a time has too: with up to 7 digits of a second.</summary>
    private const string Rfc3339 = "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK";

    private const int Sha256Digits = 64;

    private static readonly JsonParser Json = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(false));
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly WireMessage _message = new();
    private readonly Dictionary<string, RowDecoder> _rowDecoders = new(StringComparer.Ordinal);

    /// <summary>Decodes and checks a message.</summary>
    /// <param name="body">The bytes.</param>
    /// <param name="contentType">One of <see cref="ContentTypes"/>; null means Protocol Buffers.</param>
    /// <exception cref="UnacceptableMessageException">The message cannot be handled.</exception>
    public ImportPart Decode(ReadOnlyMemory<byte> body, string? contentType)
    {
        Read(body, contentType);
        var message = _message;
        if (!Guid.TryParseExact(message.Text(message.ImportId), "D", out var importId))
        {
            throw Invalid("import_id is not a UUID");
        }

        if (!datasets.TryGet(message.Text(message.Dataset), out var dataset))
        {
            throw new UnacceptableMessageException(
                DeadLetterReasons.UnknownDataset, "this consumer does not know the dataset that the message names");
        }

        var source = CheckedText(message, message.Source, "source");
        return message.Part switch
        {
            WirePart.Slice => DecodeSlice(importId, dataset, source, message),
            WirePart.Closing => DecodeClosing(importId, dataset, source, message),
            WirePart.Opening => DecodeOpening(importId, dataset, source, message),
            _ => throw Invalid("the message has neither an opening nor a slice nor a closing"),
        };
    }

    /// <summary>
    /// Takes back the memory of a part's rows for those of later messages. Nothing may use the rows any more. Parts that are never
    /// released cost only memory.
    /// </summary>
    public void Release(ImportPart part)
    {
        if (part is SlicePart { Rows: RowBuffer rows })
        {
            RowDecoderOf(part.Dataset).Return(rows);
        }
    }

    private void Read(ReadOnlyMemory<byte> body, string? contentType)
    {
        try
        {
            _message.Read(contentType switch
            {
                null or "" or ContentTypes.Protobuf => body,
                // Through the wire form, so that there is one reader and one set of checks.
                ContentTypes.Json => Json.Parse<ImportMessage>(StrictUtf8.GetString(body.Span)).ToByteArray(),
                _ => throw new UnacceptableMessageException(
                    DeadLetterReasons.Undecodable,
                    $"the content type is neither {ContentTypes.Protobuf} nor {ContentTypes.Json}"),
            });
        }
        catch (Exception e) when (
            e is InvalidDataException or InvalidProtocolBufferException or InvalidJsonException or ArgumentException or FormatException)
        {
            // The JSON parser's own message may quote the body.
            var reason = e is InvalidDataException ? $": {FailureReason.Of(e)}" : "";
            throw new UnacceptableMessageException(
                DeadLetterReasons.Undecodable, $"the body is not an ImportMessage in {contentType ?? ContentTypes.Protobuf}{reason}", e);
        }
    }

    private SlicePart DecodeSlice(Guid importId, Dataset dataset, string source, WireMessage message)
    {
        Check(message.Number >= 1, "the slice's number is not positive");
        Check(message.Number < int.MaxValue, "the slice's number is too large");
        Check(message.RowsBefore >= 0, "rows_before is negative");
        Check(message.RowsBefore <= MaxCount, "rows_before is too large");
        CheckLines(message);
        string[] extraColumns = [.. message.ExtraColumns.Select(name => CheckedText(message, name, "the name of an extra column"))];
        Check(
            extraColumns.Distinct(StringComparer.Ordinal).Count() == extraColumns.Length,
            "two extra columns have the same name");

        foreach (var row in message.Rows)
        {
            CheckValueCount(row, dataset, extraColumns);
        }

        var rejections = new List<Store.Rejection>(message.Rejections.Count);
        foreach (var rejection in message.Rejections)
        {
            var raw = message.Utf8(rejection.Raw);
            rejections.Add(new(
                rejection.Line,
                CheckedText(message, rejection.Column, "a rejection's column"),
                CheckedText(message, rejection.Code, "a rejection's code"),
                CheckedText(message, rejection.Reason, "a rejection's reason"),
                RawText.From(raw.Length <= SliceWriter.MaxRawBytes ? raw : raw[..SliceWriter.MaxRawBytes])));
        }

        var decoder = RowDecoderOf(dataset);
        var rows = decoder.Begin(message, extraColumns);
        foreach (var row in message.Rows)
        {
            if (decoder.Decode(message, row, rows) is { } reason)
            {
                rejections.Add(new(row.Line, reason.Column, reason.Code, reason.Reason, RawText.FromValues(message.Texts(row))));
            }
        }

        return new SlicePart(
            importId, dataset, source, message.Number, message.RowsBefore, rows, rejections, [.. message.Duplicates]);
    }

    private static ClosingPart DecodeClosing(Guid importId, Dataset dataset, string source, WireMessage message)
    {
        Check(message.Slices >= 0, "the closing's number of slices is negative");
        Check(message.RowsRead <= MaxCount, "the closing's number of rows is too large");
        Check(message.RowsRead >= message.Slices, "the closing has fewer rows than slices");
        Check(message.Slices > 0 || message.RowsRead == 0, "the closing has rows but no slices");
        return new ClosingPart(importId, dataset, source, message.RowsRead, message.Slices, HashOrNull(message, "the closing's hash"));
    }

    private static OpeningPart DecodeOpening(Guid importId, Dataset dataset, string source, WireMessage message)
    {
        Check(message.Bytes is >= 0 and <= MaxCount, "the opening's size is out of range");
        return new OpeningPart(importId, dataset, source, new ImportOrigin(
            message.Bytes == 0 ? null : message.Bytes,
            MomentOrNull(TextOrNull(message, message.StartedAt, "the opening's time")),
            TextOrNull(message, message.Host, "the opening's host"),
            TextOrNull(message, message.User, "the opening's user"),
            HashOrNull(message, "the opening's hash")));
    }

    private static string? HashOrNull(WireMessage message, string what)
    {
        var hash = TextOrNull(message, message.ContentHash, what);
        Check(hash is null || (hash.Length == Sha256Digits && hash.All(char.IsAsciiHexDigitLower)), $"{what} is not a SHA-256 hash");
        return hash;
    }

    private static DateTimeOffset? MomentOrNull(string? text)
    {
        if (text is null)
        {
            return null;
        }

        Check(
            DateTimeOffset.TryParseExact(
                text, Rfc3339, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var moment),
            "the opening's time is not in RFC 3339 form");
        return moment;
    }

    private static string? TextOrNull(WireMessage message, Segment segment, string what) =>
        segment.Length == 0 ? null : CheckedText(message, segment, what);

    // A row has one fate, so no line may occur twice in a slice.
    private static void CheckLines(WireMessage message)
    {
        var count = message.Rows.Count + message.Rejections.Count + message.Duplicates.Count;
        Check(count > 0, "the slice has no rows");
        var lines = new HashSet<long>(count);
        foreach (var row in message.Rows)
        {
            CheckLine(row.Line, lines);
        }

        foreach (var rejection in message.Rejections)
        {
            CheckLine(rejection.Line, lines);
        }

        foreach (var line in message.Duplicates)
        {
            CheckLine(line, lines);
        }
    }

    private static void CheckLine(long line, HashSet<long> lines)
    {
        Check(line >= 1, "a line number is not positive");
        Check(line <= MaxCount, "a line number is too large");
        if (!lines.Add(line))
        {
            throw Invalid($"line {line} occurs twice in the slice");
        }
    }

    private static void CheckValueCount(WireRow row, Dataset dataset, string[] extraColumns)
    {
        if (row.ValueCount != dataset.Columns.Count + extraColumns.Length)
        {
            throw Invalid(
                $"the row at line {row.Line} has {Quantity.Of(row.ValueCount, "value")}; "
                + $"expected {dataset.Columns.Count}, and {extraColumns.Length} of extra columns");
        }
    }

    private RowDecoder RowDecoderOf(Dataset dataset)
    {
        if (!_rowDecoders.TryGetValue(dataset.Name, out var decoder))
        {
            decoder = new RowDecoder(dataset);
            _rowDecoders.Add(dataset.Name, decoder);
        }

        return decoder;
    }

    // A text that goes into the ledger as it is: no database may choke on it, or the slice could never be applied.
    private static string CheckedText(WireMessage message, Segment segment, string what)
    {
        var text = message.Text(segment);
        Check(text.Length <= MaxTextLength, $"{what} is longer than {MaxTextLength} characters");
        Check(!text.Contains('\0', StringComparison.Ordinal), $"{what} contains a NUL character");
        return text;
    }

    private static void Check(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw Invalid(otherwise);
        }
    }

    private static UnacceptableMessageException Invalid(string detail) => new(DeadLetterReasons.Invalid, detail);
}
