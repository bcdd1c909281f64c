namespace CsvIngest.Producer.Reading;

/// <summary>
/// Reads a line that is malformed as a record a second way: stray quotes are text where that gives a record of the right width
/// on this one line. A field that starts with a quote is, in this order of preference: quoted by the rules; quoted up to the
/// first quote that ends a field, the others inside being text (<c>"a "b" c"</c>); text from separator to separator
/// (<c>"ab"c</c>, <c>"2</c>), but only when another quote follows on the line: a quote that is opened and never closed is not
/// a stray one.
/// </summary>
internal sealed class StrayQuotes(Dialect dialect, FieldTable fields)
{
    // Trying all combinations on a hostile line must cost no more than some passes over it, nor remember many dead ends (one in
    // eight bytes of the budget at most). Guesses; real lines need two passes.
    private const int PassesOverLine = 64;
    private const int MaxBudget = 2 << 20;
    private const int MaxLineBytes = 1 << 20;
    private const int Failed = -1;

    private readonly HashSet<(int At, int Count)> _deadEnds = [];
    private int _budget;
    private int _lastQuote;
    private int _width;

    /// <summary>Whether there is such a reading; it is in the fields then.</summary>
    /// <param name="line">Without its line end.</param>
    /// <param name="width">How many fields it must have.</param>
    public bool TryRead(ReadOnlySpan<byte> line, int width)
    {
        fields.Clear();
        if (!dialect.HasQuote || line.Length > MaxLineBytes)
        {
            return false;
        }

        _deadEnds.Clear();
        _budget = Math.Min(PassesOverLine * line.Length, MaxBudget) + (2 * line.Length) + 4096;
        _lastQuote = line.LastIndexOf(dialect.Quote);
        _width = width;
        return ReadFrom(line);
    }

    /// <summary>
    /// Depth first, left to right, in the order of preference. An explicit stack of choices: the depth is the number of fields.
    /// </summary>
    private bool ReadFrom(ReadOnlySpan<byte> line)
    {
        var choices = new Stack<Choice>();
        var at = 0;
        var way = Way.ByTheRules;
        while (_budget > 0)
        {
            var next = fields.Count < _width && !_deadEnds.Contains((at, fields.Count)) ? Field(line, at, ref way) : Failed;
            if (next == line.Length + 1 && fields.Count == _width)
            {
                return true;
            }

            if (next >= 0 && next <= line.Length)
            {
                // `way` is now the one that was taken; what is left of this choice is tried when the rest fails.
                choices.Push(new Choice(at, fields.Count - 1, way + 1));
                at = next;
                way = Way.ByTheRules;
                continue;
            }

            if (next > line.Length)
            {
                // The line ended too early; this field may have other ways that end it sooner.
                fields.Truncate(fields.Count - 1);
                way++;
                continue;
            }

            _deadEnds.Add((at, fields.Count));
            if (!choices.TryPop(out var choice))
            {
                return false;
            }

            (at, way) = (choice.At, choice.Next);
            fields.Truncate(choice.Count);
        }

        return false;
    }

    /// <summary>
    /// Adds the field at a place, read in the given way or the next that is possible, and returns where the next field starts:
    /// one past the line when it was the last, <see cref="Failed"/> when no way is left.
    /// </summary>
    private int Field(ReadOnlySpan<byte> line, int at, ref Way way)
    {
        var rest = line[at..];
        if (!rest.StartsWith(dialect.Quote))
        {
            return way == Way.ByTheRules ? Text(line, at) : Failed;
        }

        for (; way <= Way.AsText; way++)
        {
            var next = way switch
            {
                Way.ByTheRules => ByTheRules(line, at),
                Way.ToFirstClosing => ToFirstClosing(line, at),
                _ => at < _lastQuote ? Text(line, at) : Failed,
            };
            if (next != Failed)
            {
                return next;
            }
        }

        return Failed;
    }

    private int Text(ReadOnlySpan<byte> line, int at)
    {
        var length = line[at..].IndexOf(dialect.Separator);
        Spend(length < 0 ? line.Length - at : length);
        var end = length < 0 ? line.Length : at + length;
        var isEscaped = dialect.Escape.Length > 0 && line[at..end].IndexOf(dialect.Escape) >= 0;
        fields.Add(at, end - at, isEscaped, isQuoted: false);
        return length < 0 ? line.Length + 1 : end + dialect.Separator.Length;
    }

    private int ByTheRules(ReadOnlySpan<byte> line, int at)
    {
        var quote = dialect.Quote.Length;
        var from = at + quote;
        var isEscaped = false;
        while (true)
        {
            var found = line[from..].IndexOf(dialect.Quote);
            Spend(found < 0 ? line.Length - from : found);
            if (found < 0)
            {
                return Failed;
            }

            if (dialect.Escape.Length > 0 && FirstEscape(line.Slice(from, found)) is var escape and >= 0)
            {
                var after = from + escape + dialect.Escape.Length;
                var covered = Escapes.Protected(dialect, line[after..], isQuoted: true);
                isEscaped |= covered > 0;
                from = after + covered;
                continue;
            }

            var close = from + found;
            if (dialect.Style == EscapeStyle.Doubled && line[(close + quote)..].StartsWith(dialect.Quote))
            {
                isEscaped = true;
                from = close + (2 * quote);
                continue;
            }

            return EndsField(line, close + quote) ? Close(line, at, close, isEscaped) : Failed;
        }
    }

    private int FirstEscape(ReadOnlySpan<byte> text) => text.IndexOf(dialect.Escape);

    private int ToFirstClosing(ReadOnlySpan<byte> line, int at)
    {
        var from = at + dialect.Quote.Length;
        while (true)
        {
            var found = line[from..].IndexOf(dialect.Quote);
            Spend(found < 0 ? line.Length - from : found);
            if (found < 0)
            {
                return Failed;
            }

            var close = from + found;
            if (EndsField(line, close + dialect.Quote.Length))
            {
                return Close(line, at, close, isEscaped: true);
            }

            from = close + dialect.Quote.Length;
        }
    }

    private bool EndsField(ReadOnlySpan<byte> line, int at) => at == line.Length || line[at..].StartsWith(dialect.Separator);

    private int Close(ReadOnlySpan<byte> line, int at, int close, bool isEscaped)
    {
        var start = at + dialect.Quote.Length;
        fields.Add(start, close - start, isEscaped, isQuoted: true);
        var closed = close + dialect.Quote.Length;
        return closed == line.Length ? line.Length + 1 : closed + dialect.Separator.Length;
    }

    private void Spend(int bytes) => _budget -= bytes + 8;

    private enum Way
    {
        ByTheRules,
        ToFirstClosing,
        AsText,
    }

    private readonly record struct Choice(int At, int Count, Way Next);
}
