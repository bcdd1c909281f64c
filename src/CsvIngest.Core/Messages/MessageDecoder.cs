using System.Buffers;
using System.Text;
using CsvIngest.Datasets;
using CsvIngest.Messages.Wire;
using CsvIngest.Store;
using Google.Protobuf;

namespace CsvIngest.Messages;

/// <summary>
/// Turns message bodies into parts of imports. It trusts nothing: every message is checked as if a stranger had written it,
/// and every value is brought into canonical form, which changes nothing in a message from our producer.
/// Not for concurrent use.
/// </summary>
/// <param name="datasets">The datasets that messages may name.</param>
public sealed class MessageDecoder(DatasetCatalog datasets)
{
    /// <summary>
    /// The longest reason or column name that is taken from a message, in characters; a guess that no honest message passes.
    /// </summary>
    private const int MaxTextLength = 1024;

    /// <summary>
    /// The largest line number or count of rows that is taken: 2^53, which JSON holds exactly too. No file has as many, and sums
    /// over some of them stay within 64 bits: one message must not make the books of all imports unreadable.
    /// </summary>
    private const long MaxCount = 1L << 53;

    private static readonly JsonParser Json = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(false));

    private readonly Dictionary<string, RowDecoder> _rowDecoders = new(StringComparer.Ordinal);

    /// <summary>Decodes and checks a message.</summary>
    /// <param name="body">The bytes.</param>
    /// <param name="contentType">One of <see cref="ContentTypes"/>; null means Protocol Buffers.</param>
    /// <exception cref="UnacceptableMessageException">The message cannot be handled.</exception>
    public ImportPart Decode(ReadOnlyMemory<byte> body, string? contentType)
    {
        var message = Parse(body, contentType);
        if (!Guid.TryParseExact(message.ImportId, "D", out var importId))
        {
            throw Invalid("import_id is not a UUID");
        }

        if (!datasets.TryGet(message.Dataset, out var dataset))
        {
            throw new UnacceptableMessageException(
                DeadLetterReasons.UnknownDataset, "the dataset that the message names is not known here; see --datasets");
        }

        CheckText(message.Source, "source");
        return message.PartCase switch
        {
            ImportMessage.PartOneofCase.Slice => DecodeSlice(importId, dataset, message.Source, message.Slice),
            ImportMessage.PartOneofCase.Closing => DecodeClosing(importId, dataset, message.Source, message.Closing),
            _ => throw Invalid("neither slice nor closing"),
        };
    }

    private static ImportMessage Parse(ReadOnlyMemory<byte> body, string? contentType)
    {
        try
        {
            return contentType switch
            {
                null or "" or ContentTypes.Protobuf => ImportMessage.Parser.ParseFrom(body.Span),
                ContentTypes.Json => Json.Parse<ImportMessage>(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(body.Span)),
                _ => throw new UnacceptableMessageException(
                    DeadLetterReasons.Undecodable,
                    $"the content type is neither {ContentTypes.Protobuf} nor {ContentTypes.Json}"),
            };
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidJsonException or ArgumentException or FormatException)
        {
            // The parser's own message may quote the body.
            throw new UnacceptableMessageException(
                DeadLetterReasons.Undecodable, $"the body is not an ImportMessage in {contentType ?? ContentTypes.Protobuf}", e);
        }
    }

    private SlicePart DecodeSlice(Guid importId, Dataset dataset, string source, Slice slice)
    {
        Check(slice.Number >= 1, "the slice's number is not positive");
        Check(slice.Number < int.MaxValue, "the slice's number is impossibly large");
        Check(slice.RowsBefore >= 0, "rows_before is negative");
        Check(slice.RowsBefore <= MaxCount, "rows_before is impossibly large");
        Check(slice.Rows.Count + slice.Rejections.Count + slice.Duplicates.Count > 0, "the slice has no rows");
        CheckLines(slice);
        foreach (var name in slice.ExtraColumns)
        {
            CheckText(name, "extra_columns");
        }

        Check(
            slice.ExtraColumns.Distinct(StringComparer.Ordinal).Count() == slice.ExtraColumns.Count,
            "two extra columns have the same name");

        var rejections = new List<Store.Rejection>(slice.Rejections.Count);
        foreach (var rejection in slice.Rejections)
        {
            CheckText(rejection.Column, "a rejection's column");
            CheckText(rejection.Code, "a rejection's code");
            CheckText(rejection.Reason, "a rejection's reason");
            var raw = rejection.Raw.Span;
            rejections.Add(new(
                rejection.Line,
                rejection.Column,
                rejection.Code,
                rejection.Reason,
                RawText.From(raw.Length <= SliceWriter.MaxRawBytes ? raw : raw[..SliceWriter.MaxRawBytes])));
        }

        var rows = new List<Store.Row>(slice.Rows.Count);
        var decoder = RowDecoderOf(dataset);
        decoder.Begin(slice.ExtraColumns);
        foreach (var row in slice.Rows)
        {
            Check(
                row.Values.Count == dataset.Columns.Count + slice.ExtraColumns.Count,
                $"the row of line {row.Line} has {row.Values.Count} values; "
                + $"expected {dataset.Columns.Count} and {slice.ExtraColumns.Count} extra ones");
            if (decoder.Decode(row, out var decoded) is { } fault)
            {
                rejections.Add(new(row.Line, fault.Column, fault.Code, fault.Reason, RawText.FromValues(row.Values)));
            }
            else
            {
                rows.Add(decoded!);
            }
        }

        return new SlicePart(
            importId, dataset, source, slice.Number, slice.RowsBefore, rows, rejections,
            [.. slice.Duplicates.Select(duplicate => duplicate.Line)]);
    }

    private static ClosingPart DecodeClosing(Guid importId, Dataset dataset, string source, Closing closing)
    {
        Check(closing.Slices >= 0, "the closing's number of slices is negative");
        Check(closing.RowsRead <= MaxCount, "the closing's number of rows is impossibly large");
        Check(closing.RowsRead >= closing.Slices, "the closing has fewer rows than slices");
        Check(closing.Slices > 0 || closing.RowsRead == 0, "the closing has rows but no slices");
        return new ClosingPart(importId, dataset, source, closing.RowsRead, closing.Slices);
    }

    // A row has one fate, so no line stands in a slice twice.
    private static void CheckLines(Slice slice)
    {
        var lines = new HashSet<long>(slice.Rows.Count + slice.Rejections.Count + slice.Duplicates.Count);
        foreach (var line in slice.Rows.Select(row => row.Line)
            .Concat(slice.Rejections.Select(rejection => rejection.Line))
            .Concat(slice.Duplicates.Select(duplicate => duplicate.Line)))
        {
            Check(line >= 1, "a line number is not positive");
            Check(line <= MaxCount, "a line number is impossibly large");
            Check(lines.Add(line), $"line {line} stands in the slice twice");
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
    private static void CheckText(string text, string what)
    {
        Check(text.Length <= MaxTextLength, $"{what} is longer than {MaxTextLength} characters");
        Check(!text.Contains('\0', StringComparison.Ordinal), $"{what} holds a NUL");
        Check(!HasLoneSurrogate(text), $"{what} is not valid Unicode");
    }

    private static bool HasLoneSurrogate(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(text, out _, out var consumed) != OperationStatus.Done)
            {
                return true;
            }

            text = text[consumed..];
        }

        return false;
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
