using CsvIngest.Messages.Wire;
using Google.Protobuf;

namespace CsvIngest.Messages;

/// <summary>A dead letter, as far as it can be decoded without any of the decoder's checks.</summary>
/// <param name="When">When it was dead-lettered, UTC.</param>
/// <param name="Import">Null if the message cannot be decoded that far.</param>
/// <param name="Slice">The slice's number; also null for a closing.</param>
/// <param name="Rows">The number of rows it accounts for; also null for a closing.</param>
/// <param name="Reason">One of <see cref="DeadLetterReasons"/>.</param>
/// <param name="Detail">What is wrong, in words.</param>
public sealed record DeadLetterSummary(DateTimeOffset? When, Guid? Import, int? Slice, int? Rows, string Reason, string Detail)
{
    /// <summary>Decodes a dead letter as far as that is possible.</summary>
    public static DeadLetterSummary Of(DeadLetter letter)
    {
        var message = Decode(letter);
        var slice = message?.Slice;
        return new DeadLetterSummary(
            letter.At,
            Guid.TryParse(message?.ImportId, out var import) ? import : null,
            slice?.Number,
            slice is null ? null : slice.Rows.Count + slice.Rejections.Count + slice.Duplicates.Count,
            letter.Reason,
            letter.Detail);
    }

    private static ImportMessage? Decode(DeadLetter letter)
    {
        try
        {
            return letter.ContentType == ContentTypes.Json
                ? JsonParser.Default.Parse<ImportMessage>(System.Text.Encoding.UTF8.GetString(letter.Body.Span))
                : ImportMessage.Parser.ParseFrom(letter.Body.Span);
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidJsonException)
        {
            return null;
        }
    }
}
