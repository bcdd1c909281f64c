using System.Runtime.CompilerServices;

namespace CsvIngest.Values;

/// <summary>The values of the fields of a date or timestamp; a field that a pattern does not have is 0.</summary>
internal struct DateFields
{
    private Numbers _numbers;

    /// <summary>The offset from UTC, in ticks, as a timestamp is changed by it.</summary>
    public long Offset;

    /// <summary>Sets a field.</summary>
    public void Set(DateField field, int number) => _numbers[(int)field] = number;

    /// <summary>The time in UTC; false if there is no such time.</summary>
    public readonly bool TryGetTicks(out long ticks)
    {
        ticks = 0;
        var (year, month, day) = (Get(DateField.Year), Get(DateField.Month), Get(DateField.Day));
        var half = Get(DateField.HourOfHalf);
        var hour = Get(DateField.Hour) + (half % 12) + (12 * Get(DateField.Half));
        if (!Timestamps.Exists(year, month, day) || hour > 23 || half > 12 || Get(DateField.Minute) > 59 || Get(DateField.Second) > 59)
        {
            return false;
        }

        ticks = new DateTime(year, month, day, hour, Get(DateField.Minute), Get(DateField.Second), DateTimeKind.Utc).Ticks
            + Get(DateField.Fraction) + Offset;
        return true;
    }

    private readonly int Get(DateField field) => _numbers[(int)field];

    [InlineArray((int)DateField.Offset)]
    private struct Numbers
    {
        private int _first;
    }
}
