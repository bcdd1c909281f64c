using System.Text;

namespace CsvIngest.Values;

/// <summary>The decimal mark and the thousands separator of a column of numbers.</summary>
internal sealed class NumberFormat : ValueFormat
{
    private const char Space = ' ';
    private const char Apostrophe = '\'';
    private const int GroupDigits = 3;

    private readonly ColumnType _type;
    private readonly byte[] _decimal;
    private readonly IReadOnlyList<byte[]> _groups;
    private readonly RejectReason _form;

    /// <param name="type">Integer or decimal.</param>
    /// <param name="decimalMark">What separates the fraction. An integer has none.</param>
    /// <param name="group">What separates groups of three digits; null if nothing does.</param>
    public NumberFormat(ColumnType type, char decimalMark, char? group)
    {
        (_type, Decimal, Group) = (type, decimalMark, group);
        _decimal = Encoding.UTF8.GetBytes([decimalMark]);
        _groups = [.. SpellingsOf(group).Select(mark => Encoding.UTF8.GetBytes([mark]))];
        _form = RejectReason.Not(type, $"expected digits as in {this}");
    }

    /// <summary>What separates the fraction.</summary>
    public char Decimal { get; }

    /// <summary>What separates groups of three digits; null if nothing does.</summary>
    public char? Group { get; }

    /// <inheritdoc/>
    public override string ToString() => $"1{Group}234{(_type == ColumnType.Decimal ? $"{Decimal}56" : "")}";

    /// <inheritdoc/>
    internal override RejectReason? Canonicalize(ReadOnlySpan<byte> value, Span<byte> target, out int length)
    {
        length = 0;
        var mark = _type == ColumnType.Decimal ? value.IndexOf(_decimal) : -1;
        var whole = mark < 0 ? value : value[..mark];
        var fraction = mark < 0 ? [] : value[(mark + _decimal.Length)..];
        // With a sign and a point. More digits than this are rejected, leading zeros or not.
        var plain = new PlainNumber(stackalloc byte[Numbers.MaxDigits + 2]);
        if (whole is [(byte)'-' or (byte)'+', ..])
        {
            plain.Append(whole[..1]);
            whole = whole[1..];
        }

        if (!TryAppendWhole(whole, ref plain) || !IsDigits(fraction) || (whole.IsEmpty && fraction.IsEmpty))
        {
            return _form;
        }

        if (mark >= 0)
        {
            plain.Append("."u8);
            plain.Append(fraction);
        }

        return plain.IsTooLong ? Numbers.TooLong(_type)
            : _type == ColumnType.Integer ? Numbers.CanonicalizeInteger(plain.Text, target, out length)
            : Numbers.CanonicalizeDecimal(plain.Text, target, out length);
    }

    // Groups must be whole, and a number in groups has no leading zero: 1.5 is not 15, and 0.125 is not 125.
    private bool TryAppendWhole(ReadOnlySpan<byte> whole, ref PlainNumber plain)
    {
        var digits = CountDigits(whole);
        if (digits == whole.Length)
        {
            plain.Append(whole);
            return true;
        }

        if (digits is 0 or > GroupDigits || whole[0] == '0')
        {
            return false;
        }

        plain.Append(whole[..digits]);
        whole = whole[digits..];
        var group = GroupAt(whole);
        while (!whole.IsEmpty)
        {
            if (group is null || !whole.StartsWith(group) || CountDigits(whole[group.Length..]) != GroupDigits)
            {
                return false;
            }

            plain.Append(whole.Slice(group.Length, GroupDigits));
            whole = whole[(group.Length + GroupDigits)..];
        }

        return true;
    }

    private byte[]? GroupAt(ReadOnlySpan<byte> rest)
    {
        foreach (var group in _groups)
        {
            if (rest.StartsWith(group))
            {
                return group;
            }
        }

        return null;
    }

    // Spreadsheets write a no-break space, a narrow one or a typographic apostrophe where people write the plain character.
    private static char[] SpellingsOf(char? group) => group switch
    {
        null => [],
        Space => [Space, '\u00A0', '\u202F'],
        Apostrophe => [Apostrophe, '\u2019'],
        { } other => [other],
    };

    private static int CountDigits(ReadOnlySpan<byte> text) =>
        text.IndexOfAnyExceptInRange((byte)'0', (byte)'9') is >= 0 and var end ? end : text.Length;

    private static bool IsDigits(ReadOnlySpan<byte> text) => CountDigits(text) == text.Length;

    /// <summary>A number in the form that <see cref="Numbers"/> reads, as far as there is room for it.</summary>
    private ref struct PlainNumber(Span<byte> buffer)
    {
        private readonly Span<byte> _buffer = buffer;
        private int _length;

        public bool IsTooLong { get; private set; }

        public readonly ReadOnlySpan<byte> Text => _buffer[.._length];

        public void Append(ReadOnlySpan<byte> text)
        {
            IsTooLong |= text.Length > _buffer.Length - _length;
            if (!IsTooLong)
            {
                text.CopyTo(_buffer[_length..]);
                _length += text.Length;
            }
        }
    }
}
