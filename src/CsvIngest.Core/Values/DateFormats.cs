namespace CsvIngest.Values;

/// <summary>The formats of a column of dates or timestamps, tried in order.</summary>
internal sealed class DateFormats : ValueFormat
{
    private readonly ColumnType _type;
    private readonly IReadOnlyList<DatePattern> _patterns;
    private readonly RejectReason _form;

    /// <param name="type">Date or timestamp.</param>
    /// <param name="patterns">The formats; at least one. No two of them are ambiguous with each other.</param>
    public DateFormats(ColumnType type, IReadOnlyList<DatePattern> patterns)
    {
        (_type, _patterns) = (type, patterns);
        _form = RejectReason.Not(type, $"expected {this}");
    }

    /// <summary>The formats as a definition has them.</summary>
    public IEnumerable<string> Texts => _patterns.Select(pattern => pattern.Text);

    /// <summary>Whether a text can have different meanings in these formats and in others.</summary>
    public bool IsAmbiguousWith(DateFormats others) =>
        _patterns.Any(one => others._patterns.Any(other => DatePattern.FindAmbiguity(one, other) is not null));

    /// <inheritdoc/>
    public override string ToString() => string.Join(" or ", Texts);

    /// <inheritdoc/>
    internal override RejectReason? Canonicalize(ReadOnlySpan<byte> value, Span<byte> target, out int length)
    {
        length = 0;
        var reason = _form;
        foreach (var pattern in _patterns)
        {
            switch (pattern.Read(value, out var ticks))
            {
                case PatternMatch.Whole:
                    return Timestamps.Write(_type, ticks, target, out length);
                case PatternMatch.OutOfRange:
                    reason = Timestamps.DoesNotExist(_type);
                    break;
            }
        }

        return reason;
    }
}
