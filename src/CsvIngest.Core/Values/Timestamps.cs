using System.Globalization;

namespace CsvIngest.Values;

/// <summary>Timestamps and dates in the notation of ISO 8601.</summary>
internal static class Timestamps
{
    private const int DateLength = 10;

    /// <summary>Every time zone in use today is within 14 hours of UTC. (The historical maximum is 15:13:42, Manila before 1845.)</summary>
    private const int MaxOffsetMinutes = 14 * 60;

    private static readonly Reasons OfDate = new(ColumnType.Date, "expected yyyy-MM-dd");
    private static readonly Reasons OfTimestamp =
        new(ColumnType.Timestamp, "expected yyyy-MM-ddThh:mm:ss with Z or an offset such as +02:00");

    private static readonly RejectReason TimeOutOfRange = RejectReason.Not(ColumnType.Timestamp, "hour, minute or second out of range");
    private static readonly RejectReason DateOrTimeOutOfRange = RejectReason.Not(ColumnType.Timestamp, "date or time out of range");
    private static readonly RejectReason TooPrecise = RejectReason.Not(ColumnType.Timestamp, "more precise than a microsecond");
    private static readonly RejectReason OffsetOutOfRange = RejectReason.Not(ColumnType.Timestamp, "UTC offset out of range");
    private static readonly RejectReason OutOfRange = RejectReason.Not(ColumnType.Timestamp, "outside the years 0001 to 9999 in UTC");

    /// <summary>Accepts <c>yyyy-MM-dd</c> only; that is also the canonical form.</summary>
    public static RejectReason? CanonicalizeDate(ReadOnlySpan<byte> value, Span<byte> target, out int length)
    {
        length = 0;
        if (value.Length != DateLength || !TryReadDate(value, out var year, out var month, out var day))
        {
            return OfDate.Diagnose(value);
        }

        if (!Exists(year, month, day))
        {
            return OfDate.DayOutOfRange;
        }

        value.CopyTo(target);
        length = DateLength;
        return null;
    }

    /// <summary>
    /// Accepts a date, <c>T</c> or a space, a time to the minute or more precise, and a zone. Without a zone the time is UTC;
    /// without a time it is midnight. The canonical form is in UTC, ends in Z and has no trailing zeros in the fraction.
    /// </summary>
    public static RejectReason? CanonicalizeTimestamp(ReadOnlySpan<byte> value, Span<byte> target, out int length)
    {
        length = 0;
        if (value.Length < DateLength || !TryReadDate(value[..DateLength], out var year, out var month, out var day))
        {
            return OfTimestamp.Diagnose(value);
        }

        if (!Exists(year, month, day))
        {
            return OfTimestamp.DayOutOfRange;
        }

        var ticks = new DateTime(year, month, day, 0, 0, 0, DateTimeKind.Utc).Ticks;
        if (value.Length > DateLength && ReadTimeAndZone(value[DateLength..], ref ticks) is { } reason)
        {
            return reason;
        }

        return Write(ColumnType.Timestamp, ticks, target, out length);
    }

    /// <summary>Writes the canonical form of a time.</summary>
    /// <param name="type">Date or timestamp. The time of a date is midnight.</param>
    /// <param name="ticks">The time in UTC.</param>
    /// <param name="target">Where to write it.</param>
    /// <param name="length">Its length; 0 if it is rejected.</param>
    /// <returns>Null, or why it is rejected.</returns>
    public static RejectReason? Write(ColumnType type, long ticks, Span<byte> target, out int length)
    {
        length = 0;
        if (ticks < 0 || ticks > DateTime.MaxValue.Ticks)
        {
            return OutOfRange;
        }

        var time = new DateTime(ticks, DateTimeKind.Utc);
        if (type == ColumnType.Date)
        {
            time.TryFormat(target, out length, "yyyy-MM-dd", CultureInfo.InvariantCulture);
            return null;
        }

        time.TryFormat(target, out length, "yyyy-MM-ddTHH:mm:ss.FFFFFF", CultureInfo.InvariantCulture);
        target[length++] = (byte)'Z';
        return null;
    }

    /// <summary>The reason for a date or timestamp of the expected form that does not exist.</summary>
    public static RejectReason DoesNotExist(ColumnType type) => type == ColumnType.Date ? OfDate.DayOutOfRange : DateOrTimeOutOfRange;

    /// <summary>Reads <c>Z</c> or an offset such as <c>+02:00</c>, and applies it. An empty text is UTC.</summary>
    public static RejectReason? ReadZone(ReadOnlySpan<byte> zone, ref long ticks)
    {
        // "2024-05-01 10:00:00 +02:00", as SQL Server and Ruby write it.
        if (zone is [(byte)' ', (byte)'+' or (byte)'-', ..])
        {
            zone = zone[1..];
        }

        if (zone.IsEmpty || zone is [(byte)'Z' or (byte)'z'])
        {
            return null;
        }

        if (zone.Length is not (3 or 5 or 6) || zone[0] is not ((byte)'+' or (byte)'-') || !TryReadTwo(zone[1..], out var hours))
        {
            return OfTimestamp.Form;
        }

        var minutes = 0;
        if (zone.Length > 3 && ((zone.Length == 6 && zone[3] != ':') || !TryReadTwo(zone[^2..], out minutes)))
        {
            return OfTimestamp.Form;
        }

        if (minutes > 59 || (hours * 60) + minutes > MaxOffsetMinutes)
        {
            return OffsetOutOfRange;
        }

        var offset = ((hours * 60L) + minutes) * TimeSpan.TicksPerMinute;
        ticks -= zone[0] == '-' ? -offset : offset;
        return null;
    }

    /// <summary>Whether there is such a day.</summary>
    public static bool Exists(int year, int month, int day) =>
        year >= 1 && month is >= 1 and <= 12 && day >= 1 && day <= DateTime.DaysInMonth(year, month);

    private static RejectReason? ReadTimeAndZone(ReadOnlySpan<byte> rest, ref long ticks)
    {
        if (rest.Length < 6 || rest[0] is not ((byte)'T' or (byte)'t' or (byte)' ') || rest[3] != ':'
            || !TryReadTwo(rest[1..], out var hour) || !TryReadTwo(rest[4..], out var minute))
        {
            return OfTimestamp.Form;
        }

        rest = rest[6..];
        var second = 0;
        if (rest is [(byte)':', ..] && !TryReadTwo(rest[1..], out second))
        {
            return OfTimestamp.Form;
        }

        if (hour > 23 || minute > 59 || second > 59)
        {
            return TimeOutOfRange;
        }

        ticks += (((hour * 60L) + minute) * 60 + second) * TimeSpan.TicksPerSecond;
        if (rest is [(byte)':', ..])
        {
            rest = rest[3..];
            if (rest is [(byte)'.', ..] && ReadFraction(ref rest, ref ticks) is { } reason)
            {
                return reason;
            }
        }

        return ReadZone(rest, ref ticks);
    }

    private static RejectReason? ReadFraction(ref ReadOnlySpan<byte> rest, ref long ticks)
    {
        rest = rest[1..];
        var end = rest.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        var digits = end < 0 ? rest : rest[..end];
        if (digits.IsEmpty)
        {
            return OfTimestamp.Form;
        }

        // Databases store microseconds: further digits may be dropped only if they are all zero.
        if (digits.Length > 6 && digits[6..].ContainsAnyExcept((byte)'0'))
        {
            return TooPrecise;
        }

        var unit = TimeSpan.TicksPerSecond / 10;
        foreach (var digit in digits[..Math.Min(6, digits.Length)])
        {
            ticks += (digit - '0') * unit;
            unit /= 10;
        }

        rest = rest[digits.Length..];
        return null;
    }

    private static bool TryReadDate(ReadOnlySpan<byte> value, out int year, out int month, out int day)
    {
        year = month = day = 0;
        if (value[4] != '-' || value[7] != '-' || !TryReadTwo(value, out var century) || !TryReadTwo(value[2..], out year))
        {
            return false;
        }

        year += century * 100;
        return TryReadTwo(value[5..], out month) && TryReadTwo(value[8..], out day);
    }

    private static bool TryReadTwo(ReadOnlySpan<byte> value, out int number)
    {
        number = 0;
        if (value.Length < 2 || !char.IsAsciiDigit((char)value[0]) || !char.IsAsciiDigit((char)value[1]))
        {
            return false;
        }

        number = ((value[0] - '0') * 10) + value[1] - '0';
        return true;
    }

    private sealed class Reasons(ColumnType type, string form)
    {
        private readonly RejectReason _ambiguous = RejectReason.Not(type, $"ambiguous order of day and month; {form}");

        public RejectReason Form { get; } = RejectReason.Not(type, form);

        public RejectReason DayOutOfRange { get; } = RejectReason.Not(type, "year, month or day out of range");

        /// <summary>Dates such as 1/2/2024 or 01.02.24 get a reason of their own.</summary>
        public RejectReason Diagnose(ReadOnlySpan<byte> value)
        {
            var first = value.IndexOfAny("/.-"u8);
            if (first is not (1 or 2))
            {
                return Form;
            }

            var second = value[(first + 1)..].IndexOfAny("/.-"u8);
            return second is 1 or 2 && IsDigits(value[..first]) && IsDigits(value.Slice(first + 1, second)) ? _ambiguous : Form;
        }

        private static bool IsDigits(ReadOnlySpan<byte> value) => !value.ContainsAnyExceptInRange((byte)'0', (byte)'9');
    }
}
