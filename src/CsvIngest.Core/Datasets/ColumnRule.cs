using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;
using CsvIngest.Values;

namespace CsvIngest.Datasets;

/// <summary>The rules of one column, and its reject reasons, which are created once so that a rejected row allocates nothing.</summary>
internal sealed class ColumnRule(Column column, bool required)
{
    /// <summary>Enough for the canonical form of any type whose form may be longer than the value in the file.</summary>
    private const int LongestFixedForm = 256;

    private readonly RejectReason? _tooLong = column.MaxLength is { } limit ? RejectReason.Longer(limit) : null;
    private readonly Dictionary<RejectReason, RejectReason> _reasons = new(ReferenceEqualityComparer.Instance);

    public RejectReason? Apply(ReadOnlySpan<byte> value, ArrayBufferWriter<byte> output)
    {
        if (column.Trim || column.Type != ColumnType.Text)
        {
            value = Utf8Text.Trim(value);
        }

        if (value.IsEmpty)
        {
            return required ? ReasonFor(RejectReason.Missing) : null;
        }

        var target = output.GetSpan(Math.Max(value.Length + 2, LongestFixedForm));
        var reason = Canonicalize(value, target, out var length);
        if (reason is not null)
        {
            return ReasonFor(Utf8Text.Check(value) ?? reason);
        }

        reason = CheckForm(target[..length]);
        if (reason is not null)
        {
            return ReasonFor(reason);
        }

        output.Advance(length);
        return null;
    }

    private RejectReason? Canonicalize(ReadOnlySpan<byte> value, Span<byte> target, out int length)
    {
        if (column.Format is not null)
        {
            return column.Format.Canonicalize(value, target, out length);
        }

        switch (column.Type)
        {
            case ColumnType.Text:
                value.CopyTo(target);
                length = value.Length;
                return Utf8Text.Check(value);
            case ColumnType.Email:
                return EmailAddress.Canonicalize(value, target, out length);
            case ColumnType.Integer:
                return Numbers.CanonicalizeInteger(value, target, out length);
            case ColumnType.Decimal:
                return Numbers.CanonicalizeDecimal(value, target, out length);
            case ColumnType.Timestamp:
                return Timestamps.CanonicalizeTimestamp(value, target, out length);
            case ColumnType.Date:
                return Timestamps.CanonicalizeDate(value, target, out length);
            case ColumnType.Boolean:
                return Booleans.Canonicalize(value, target, out length);
            case ColumnType.Uuid:
                return Uuids.Canonicalize(value, target, out length);
            default:
                throw new InvalidOperationException($"Column type {column.Type} has no canonical form.");
        }
    }

    private RejectReason? CheckForm(ReadOnlySpan<byte> form)
    {
        if (_tooLong is not null && Utf8Text.IsLongerThan(form, column.MaxLength!.Value))
        {
            return _tooLong;
        }

        return column.Pattern is null || Matches(column.Pattern, form) ? null : RejectReason.NoMatch;
    }

    private static bool Matches(Regex pattern, ReadOnlySpan<byte> form)
    {
        char[]? rented = null;
        Span<char> buffer = form.Length <= 512 ? stackalloc char[512] : (rented = ArrayPool<char>.Shared.Rent(form.Length));
        var matches = pattern.IsMatch(buffer[..Encoding.UTF8.GetChars(form, buffer)]);
        if (rented is not null)
        {
            ArrayPool<char>.Shared.Return(rented);
        }

        return matches;
    }

    private RejectReason ReasonFor(RejectReason reason)
    {
        if (!_reasons.TryGetValue(reason, out var inColumn))
        {
            inColumn = reason with { Column = column.Name };
            _reasons.Add(reason, inColumn);
        }

        return inColumn;
    }
}
