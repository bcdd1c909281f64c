namespace CsvIngest.Importing.Reading;

/// <summary>
/// Reads a line that is malformed as a record a second way: stray quotes are text where that gives a record of the right width
/// on this one line, and only one reading is the most plausible.
/// </summary>
/// <remarks>
/// A field that starts with a quote is quoted by the rules; or quoted up to the first quote that ends a field, the others
/// inside being text (<c>"a "b" c"</c>); or text from separator to separator (<c>"ab"c</c>, <c>"2</c>), but only when another
/// quote follows on the line: a quote that is opened and never closed is not a stray one. Each of these is less plausible than
/// the one before, and much less so where the rules would do. The most plausible reading of the line is the cheapest way
/// through it; where two are equally cheap, guessing would change values, so there is none.
/// </remarks>
internal sealed class StrayQuotes(Dialect dialect, FieldTable fields)
{
    // All fields of all readings cost one, so that a way only ever gets more expensive; a reading has a fixed number of them.
    private const int FieldCost = 1;
    private const int FirstClosingCost = 20_000;
    private const int TextCost = 30_000;
    private const int AgainstTheRulesCost = 80_000;

    // Trying all ways through a hostile line must cost no more than some passes over it, nor remember many places (one in eight
    // bytes of the budget at most). Guesses; real lines need two passes.
    private const int PassesOverLine = 64;
    private const int MaxBudget = 2 << 20;
    private const int MaxLineBytes = 1 << 20;
    private const int MaxIdleCapacity = 1024;

    private readonly PriorityQueue<Place, long> _open = new();
    private Dictionary<Place, Way> _best = [];
    private int _budget;
    private int _lastQuote;

    /// <summary>Whether there is such a reading; it is in the fields then.</summary>
    /// <param name="line">Without its line end.</param>
    /// <param name="width">How many fields it must have.</param>
    public bool TryRead(ReadOnlySpan<byte> line, int width)
    {
        fields.Clear();
        if (!dialect.HasQuote || line.Length > MaxLineBytes || line.Count(dialect.Separator) + 1 < width)
        {
            return false;
        }

        Clear();
        _budget = Math.Min(PassesOverLine * line.Length, MaxBudget) + (2 * line.Length) + 4096;
        _lastQuote = line.LastIndexOf(dialect.Quote);
        var start = new Place(0, 0);
        var goal = new Place(line.Length + 1, width);
        _best[start] = default;
        _open.Enqueue(start, 0);
        while (_budget > 0 && _open.TryDequeue(out var place, out var cost))
        {
            if (place == goal)
            {
                return !_best[goal].IsAmbiguous && Collect(goal);
            }

            if (cost == _best[place].Cost && place.At <= line.Length && place.Count < width)
            {
                Explore(line, place);
            }
        }

        return false;
    }

    private void Clear()
    {
        _open.Clear();
        _best.Clear();
        if (_best.EnsureCapacity(0) > MaxIdleCapacity)
        {
            // Clearing costs as much as the largest line so far took.
            _best = [];
        }
    }

    /// <summary>Adds the places that the fields at a place lead to.</summary>
    private void Explore(ReadOnlySpan<byte> line, Place place)
    {
        var at = place.At;
        if (!line[at..].StartsWith(dialect.Quote))
        {
            Reach(line, place, Text(line, at), 0);
            return;
        }

        var quoted = ByTheRules(line, at);
        var extra = quoted is null ? 0 : AgainstTheRulesCost;
        if (quoted is not null)
        {
            Reach(line, place, quoted.Value, 0);
        }

        if (ToFirstClosing(line, at) is { } closed && closed.End != quoted?.End)
        {
            Reach(line, place, closed, FirstClosingCost + extra);
        }

        if (at < _lastQuote)
        {
            Reach(line, place, Text(line, at), TextCost + extra);
        }
    }

    private void Reach(ReadOnlySpan<byte> line, Place from, Field field, int extraCost)
    {
        var way = _best[from];
        var next = new Place(field.End == line.Length ? line.Length + 1 : field.End + dialect.Separator.Length, from.Count + 1);
        var cost = way.Cost + FieldCost + extraCost;
        if (!_best.TryGetValue(next, out var known) || cost < known.Cost)
        {
            _best[next] = new Way(cost, from, field, way.IsAmbiguous);
            _open.Enqueue(next, cost);
        }
        else if (cost == known.Cost)
        {
            _best[next] = known with { IsAmbiguous = true };
        }
    }

    /// <summary>Puts the fields on the way to a place into the table.</summary>
    private bool Collect(Place goal)
    {
        var way = new Field[goal.Count];
        for (var place = goal; place.Count > 0; place = _best[place].From)
        {
            way[place.Count - 1] = _best[place].Field;
        }

        foreach (var field in way)
        {
            fields.Add(field.Start, field.Length, field.IsEscaped, field.IsQuoted);
        }

        return true;
    }

    private Field Text(ReadOnlySpan<byte> line, int at)
    {
        var length = line[at..].IndexOf(dialect.Separator);
        length = length < 0 ? line.Length - at : length;
        Spend(length);
        var isEscaped = dialect.Escape.Length > 0 && line.Slice(at, length).IndexOf(dialect.Escape) >= 0;
        return new Field(at, length, at + length, isEscaped, IsQuoted: false);
    }

    private Field? ByTheRules(ReadOnlySpan<byte> line, int at)
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
                return null;
            }

            if (dialect.Escape.Length > 0 && line.Slice(from, found).IndexOf(dialect.Escape) is var escape and >= 0)
            {
                var after = from + escape + dialect.Escape.Length;
                var covered = Escapes.EscapedLength(dialect, line[after..], isQuoted: true);
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

            return EndsField(line, close + quote) ? Closed(at, close, isEscaped) : null;
        }
    }

    private Field? ToFirstClosing(ReadOnlySpan<byte> line, int at)
    {
        var from = at + dialect.Quote.Length;
        while (true)
        {
            var found = line[from..].IndexOf(dialect.Quote);
            Spend(found < 0 ? line.Length - from : found);
            if (found < 0)
            {
                return null;
            }

            var close = from + found;
            from = close + dialect.Quote.Length;
            if (EndsField(line, from))
            {
                return Closed(at, close, isEscaped: true);
            }
        }
    }

    private bool EndsField(ReadOnlySpan<byte> line, int at) => at == line.Length || line[at..].StartsWith(dialect.Separator);

    private Field Closed(int at, int close, bool isEscaped)
    {
        var start = at + dialect.Quote.Length;
        return new Field(start, close - start, close + dialect.Quote.Length, isEscaped, IsQuoted: true);
    }

    private void Spend(int bytes) => _budget -= bytes + 8;

    /// <summary>The start of a field: where, and how many come before it. One past the line: its end.</summary>
    private readonly record struct Place(int At, int Count);

    /// <param name="End">Where the separator or the end of the line is.</param>
    private readonly record struct Field(int Start, int Length, int End, bool IsEscaped, bool IsQuoted);

    /// <summary>The cheapest way to a place.</summary>
    private readonly record struct Way(long Cost, Place From, Field Field, bool IsAmbiguous);
}
