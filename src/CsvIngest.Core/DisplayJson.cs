using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;

namespace CsvIngest;

/// <summary>
/// Writes JSON that can be shown: what <see cref="DisplayText"/> shows escaped appears as <c>\u001B</c> or <c>\u202E</c>, and everything
/// else that JSON allows as it is.
/// </summary>
public sealed class DisplayJson : JavaScriptEncoder
{
    private static readonly JavaScriptEncoder Relaxed = UnsafeRelaxedJsonEscaping;

    private DisplayJson()
    {
    }

    /// <summary>The encoder.</summary>
    public static JavaScriptEncoder Encoder { get; } = new DisplayJson();

    /// <inheritdoc/>
    public override int MaxOutputCharactersPerInputCharacter => Relaxed.MaxOutputCharactersPerInputCharacter;

    /// <inheritdoc/>
    public override bool WillEncode(int unicodeScalar) =>
        Relaxed.WillEncode(unicodeScalar) || !Rune.TryCreate(unicodeScalar, out var rune) || !DisplayText.IsSafe(rune);

    /// <inheritdoc/>
    public override unsafe int FindFirstCharacterToEncode(char* text, int textLength)
    {
        var characters = new ReadOnlySpan<char>(text, textLength);
        for (var i = 0; i < characters.Length;)
        {
            if (Rune.DecodeFromUtf16(characters[i..], out var rune, out var length) != OperationStatus.Done || WillEncode(rune.Value))
            {
                return i;
            }

            i += length;
        }

        return -1;
    }

    /// <inheritdoc/>
    public override unsafe bool TryEncodeUnicodeScalar(int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten)
    {
        if (Relaxed.WillEncode(unicodeScalar) || DisplayText.IsSafe(new Rune(unicodeScalar)))
        {
            return Relaxed.TryEncodeUnicodeScalar(unicodeScalar, buffer, bufferLength, out numberOfCharactersWritten);
        }

        var escaped = string.Concat(new Rune(unicodeScalar).ToString().Select(unit => $@"\u{(int)unit:X4}"));
        numberOfCharactersWritten = 0;
        if (!escaped.TryCopyTo(new Span<char>(buffer, bufferLength)))
        {
            return false;
        }

        numberOfCharactersWritten = escaped.Length;
        return true;
    }
}
