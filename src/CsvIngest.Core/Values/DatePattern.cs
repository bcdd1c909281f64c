using System.Text;

namespace CsvIngest.Values;

/// <summary>One format of dates or timestamps, such as <c>dd.MM.yyyy HH:mm</c>, in the letters that .NET uses.</summary>
internal sealed class DatePattern
{
    private readonly IReadOnlyList<DatePart> _parts;

    private DatePattern(string text, IReadOnlyList<DatePart> parts) => (Text, _parts) = (text, parts);

    /// <summary>The pattern as a definition has it.</summary>
    public string Text { get; }

    /// <summary>Parses a pattern.</summary>
    /// <param name="text">The pattern.</param>
    /// <param name="type">The type of the column: a date has no time of day.</param>
    /// <param name="fault">What is wrong with the pattern; null if nothing is.</param>
    /// <returns>The pattern; null if something is wrong with it.</returns>
    public static DatePattern? TryParse(string text, ColumnType type, out string? fault)
    {
        var parts = new List<DatePart>();
        for (var at = 0; at < text.Length;)
        {
            if (DatePart.TryTake(text, ref at) is not { } part)
            {
                fault = $"\"{text[at..]}\" does not begin with one of the fields {DatePart.Fields}; enclose other letters in single quotes";
                return null;
            }

            parts.Add(part);
        }

        fault = FaultOf(parts, type);
        return fault is null ? new DatePattern(text, parts) : null;
    }

    /// <summary>
    /// A text that both patterns accept with different meanings; null if there is none. It is looked for among texts whose fields have values
    /// that fit other fields too, of one digit and of two, and whose years can be read as two fields of two digits.
    /// </summary>
    public static string? FindAmbiguity(DatePattern one, DatePattern other) => one.Examples().FirstOrDefault(text =>
    {
        var value = Encoding.UTF8.GetBytes(text);
        return one.Read(value, out var ticks) == PatternMatch.Whole && other.Read(value, out var others) == PatternMatch.Whole && ticks != others;
    });

    /// <summary>Reads a value.</summary>
    /// <param name="value">The whole value.</param>
    /// <param name="ticks">The time in UTC, which an offset can move out of the range of <see cref="DateTime"/>.</param>
    public PatternMatch Read(ReadOnlySpan<byte> value, out long ticks)
    {
        ticks = 0;
        var fields = new DateFields();
        foreach (var part in _parts)
        {
            if (!part.TryRead(ref value, ref fields))
            {
                return PatternMatch.None;
            }
        }

        return !value.IsEmpty ? PatternMatch.None : fields.TryGetTicks(out ticks) ? PatternMatch.Whole : PatternMatch.OutOfRange;
    }

    private static string? FaultOf(List<DatePart> parts, ColumnType type)
    {
        var fields = parts.Where(part => part.Field != DateField.Literal).Select(part => part.Field).ToList();
        var isTime = fields.Exists(field => field > DateField.Day);
        return !fields.Contains(DateField.Year) || !fields.Contains(DateField.Month) || !fields.Contains(DateField.Day)
                ? "must contain a year (yyyy or yy), a month (M to MMMM) and a day (d or dd)"
            : fields.Distinct().Count() < fields.Count ? "contains a field twice"
            : isTime && type == ColumnType.Date ? "a date has no time of day"
            : !AreTogether(DateField.HourOfHalf, DateField.Half) ? "h and hh need tt, and tt needs h or hh; H and HH count to 23"
            : fields.Contains(DateField.Hour) && fields.Contains(DateField.HourOfHalf) ? "contains two hours"
            : isTime && !fields.Contains(DateField.Hour) && !fields.Contains(DateField.HourOfHalf) ? "minutes, seconds and offsets need hours"
            : fields.Contains(DateField.Second) && !fields.Contains(DateField.Minute) ? "seconds need minutes"
            : fields.Contains(DateField.Fraction) && !fields.Contains(DateField.Second) ? "a fraction needs seconds"
            : fields.IndexOf(DateField.Offset) is >= 0 and var offset && offset < fields.Count - 1 ? "zzz must be the last field"
            : parts.Zip(parts.Skip(1)).Any(pair => pair.First.IsVariable && pair.Second.CanStartWithDigit)
                ? "a field of one or two digits must not be followed by another digit"
            : null;

        bool AreTogether(DateField one, DateField other) => fields.Contains(one) == fields.Contains(other);
    }

    private IEnumerable<string> Examples()
    {
        int[] years = [2010, 2012, 1110, 1211];
        int[] values = [10, 11, 12, 1, 2];
        return
            from year in years
            from month in values
            from day in values
            where day != month
            from hour in values
            from minute in values
            where minute != hour
            let moment = new DateTime(year, month, day, hour, minute, (month + day) % 60, DateTimeKind.Utc)
            select string.Concat(_parts.Select(part => part.Format(moment)));
    }
}

/// <summary>Whether a value is what a <see cref="DatePattern"/> describes.</summary>
internal enum PatternMatch
{
    /// <summary>It has another form.</summary>
    None,

    /// <summary>It has the form, but is not a time that exists.</summary>
    OutOfRange,

    /// <summary>It is a time.</summary>
    Whole,
}
