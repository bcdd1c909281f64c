using System.Text;

namespace CsvIngest.Values;

/// <summary>The words of a column of booleans. Case does not matter, in any script.</summary>
internal sealed class BooleanWords : ValueFormat
{
    /// <summary>The most UTF-16 characters of a word. A guess: a longer one is a sentence.</summary>
    public const int MaxLength = 40;

    private readonly RejectReason _form;

    /// <param name="trueWords">The words that mean true, each of at most <see cref="MaxLength"/>.</param>
    /// <param name="falseWords">The words that mean false; none of them is among the others.</param>
    public BooleanWords(IReadOnlyList<string> trueWords, IReadOnlyList<string> falseWords)
    {
        (True, False) = (trueWords, falseWords);
        _form = RejectReason.Not(ColumnType.Boolean, $"expected {this}");
    }

    /// <summary>The words that mean true unless a definition has others, as <see cref="Booleans"/> accepts them.</summary>
    public static IReadOnlyList<string> UsualTrue { get; } = ["true", "t", "yes", "y", "1"];

    /// <summary>The words that mean false unless a definition has others.</summary>
    public static IReadOnlyList<string> UsualFalse { get; } = ["false", "f", "no", "n", "0"];

    /// <summary>The words that mean true.</summary>
    public IReadOnlyList<string> True { get; }

    /// <summary>The words that mean false.</summary>
    public IReadOnlyList<string> False { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{string.Join(", ", True)} or {string.Join(", ", False)}";

    /// <inheritdoc/>
    internal override RejectReason? Canonicalize(ReadOnlySpan<byte> value, Span<byte> target, out int length)
    {
        Span<char> text = stackalloc char[MaxLength];
        var word = Encoding.UTF8.TryGetChars(value, text, out var characters) ? text[..characters] : default;
        var form = Contains(True, word) ? "true"u8 : Contains(False, word) ? "false"u8 : [];
        form.CopyTo(target);
        length = form.Length;
        return length == 0 ? _form : null;
    }

    private static bool Contains(IReadOnlyList<string> words, ReadOnlySpan<char> word)
    {
        foreach (var candidate in words)
        {
            if (word.Equals(candidate, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
