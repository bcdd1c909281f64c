using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CsvIngest.Importing.Records;

/// <summary>
/// Cuts fields of the usual dialects, whose separator and quote are single bytes, a vector at a time. Nearly all fields are cut here;
/// <see cref="RecordCutter"/> cuts the others: those that are malformed, or near the end of the text.
/// </summary>
internal sealed class SimpleCutter
{
    private readonly byte _separator;
    private readonly Vector256<byte> _separators;
    private readonly Vector256<byte> _quotes;

    private SimpleCutter(Dialect dialect)
    {
        _separator = dialect.Separator[0];
        _separators = Vector256.Create(_separator);
        // Without quotes, a line feed takes the place of the quote.
        _quotes = Vector256.Create(dialect.HasQuote ? dialect.Quote[0] : (byte)'\n');
    }

    /// <summary>Creates the cutter of a dialect; null if the dialect is not one of the usual ones.</summary>
    public static SimpleCutter? For(Dialect dialect)
    {
        var isSimple = dialect.Separator.Length == 1
            && (dialect.HasQuote ? dialect.Quote.Length == 1 && dialect.Style == EscapeStyle.Doubled : dialect.Style == EscapeStyle.None);
        return isSimple ? new SimpleCutter(dialect) : null;
    }

    /// <summary>Cuts fields up to the end of the record, or up to the first field that is left to <see cref="RecordCutter"/>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="fields">Receives the fields.</param>
    /// <param name="at">The start of a field; advances to the start of the first field that is not cut.</param>
    /// <returns>Whether the whole record is cut; <paramref name="at"/> is then the position of its line end.</returns>
    public bool TryCut(ReadOnlySpan<byte> text, FieldTable fields, ref int at)
    {
        var isOpen = false;
        var isEscaped = false;
        var closed = -1;
        for (var block = at; block + Vector256<byte>.Count <= text.Length; block += Vector256<byte>.Count)
        {
            for (var marks = Marks(text[block..]); marks != 0; marks &= marks - 1)
            {
                var found = block + BitOperations.TrailingZeroCount(marks);
                var isLineEnd = text[found] is (byte)'\n' or (byte)'\r';
                if (text[found] != _separator && !isLineEnd)
                {
                    // A quote: it closes the field, opens it, is doubled, or is text in an unquoted field. It may also open the field after
                    // white space, or after an equals sign.
                    if (isOpen)
                    {
                        (isOpen, closed) = (false, found);
                    }
                    else if (found == at || (closed >= 0 && found == closed + 1))
                    {
                        (isOpen, isEscaped) = (true, found != at);
                    }
                    else if (closed >= 0 || Dialect.IsPadding(text[at]) || text[at] == '=')
                    {
                        return false;
                    }

                    continue;
                }

                if (isOpen)
                {
                    continue;
                }

                if (closed < 0)
                {
                    fields.Add(at, found - at, isEscaped: false, isQuoted: false);
                }
                else if (found == closed + 1 || IsPadding(text[(closed + 1)..found]))
                {
                    fields.Add(at + 1, closed - at - 1, isEscaped, isQuoted: true);
                }
                else
                {
                    return false;
                }

                at = isLineEnd ? found : found + 1;
                if (isLineEnd)
                {
                    return true;
                }

                (isEscaped, closed) = (false, -1);
            }
        }

        return false;
    }

    // Kept out of the loop, which it would slow down.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool IsPadding(ReadOnlySpan<byte> text) => text.IndexOfAnyExcept((byte)' ', (byte)'\t') < 0;

    /// <summary>One bit for each of the first bytes that is a separator, a quote, or part of a line end.</summary>
    private uint Marks(ReadOnlySpan<byte> text)
    {
        var bytes = Vector256.Create(text);
        var marks = Vector256.Equals(bytes, _separators) | Vector256.Equals(bytes, _quotes)
            | Vector256.Equals(bytes, Vector256.Create((byte)'\n')) | Vector256.Equals(bytes, Vector256.Create((byte)'\r'));
        return marks.ExtractMostSignificantBits();
    }
}
