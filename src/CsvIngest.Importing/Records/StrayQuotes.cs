using CsvIngest.Importing.Text;

namespace CsvIngest.Importing.Records;

/// <summary>
/// Gives a line that is malformed as a record a second reading: stray quotes are text if that yields a record of the right width on this
/// one line, and a single reading is the most plausible.
/// </summary>
/// <remarks>
/// A field that starts with a quote has up to three readings: quoted by the rules; quoted up to the first quote that ends a field, with
/// the quotes in between as text (<c>"a "b" c"</c>); or text from separator to separator (<c>"ab"c</c>, <c>"2</c>), but only if another
/// quote follows on the line, because an unterminated quote is not a stray one. Each is less plausible than the one before, and much less
/// plausible if the rules yield a field. The readings of a line form a graph: its nodes are the starts of fields, its edges are fields,
/// and implausibility is their cost. The shortest path is the most plausible reading. If two paths cost the same, there is none, since
/// guessing would change values.
/// </remarks>
internal sealed class StrayQuotes(Dialect dialect, FieldTable fields)
{
    // Every field costs at least one, because the search for the shortest path requires positive costs. All complete readings have the
    // same number of fields, so this does not favor any of them. The other costs order the readings as described above.
    private const int FieldCost = 1;
    private const int FirstClosingCost = 20_000;
    private const int TextCost = 30_000;
    private const int AgainstTheRulesCost = 80_000;

    // On a hostile line the search must not take more time than some passes over it, nor remember too many nodes (at most one per eight
    // bytes of the budget). Guesses; real lines need two passes.
    private const int PassesOverLine = 64;
    private const int MaxBudget = 2 << 20;
    private const int MaxLineBytes = 1 << 20;
    private const int MaxIdleCapacity = 1024;

    private readonly PriorityQueue<Node, long> _open = new();
    private Dictionary<Node, Path> _best = [];
    private int _budget;
    private int _lastQuote;

    /// <summary>Finds the reading, and puts it into the fields.</summary>
    /// <param name="line">The line without its line end.</param>
    /// <param name="width">
    /// How many fields the record must have. If the last columns may be left out, either none or all of them are.
    /// </param>
    public bool TryRead(ReadOnlySpan<byte> line, RecordWidth width)
    {
        var isFull = TryRead(line, width.Columns);
        if (width.Fewest == width.Columns)
        {
            return isFull;
        }

        // Readings with different numbers of fields cannot be compared, so there must be only one.
        var isNarrow = TryRead(line, width.Fewest);
        return isFull != isNarrow && (isNarrow || TryRead(line, width.Columns));
    }

    private bool TryRead(ReadOnlySpan<byte> line, int width)
    {
        fields.Clear();
        if (!dialect.HasQuote || line.Length > MaxLineBytes || line.Count(dialect.Separator) + 1 < width)
        {
            return false;
        }

        Clear();
        _budget = Math.Min(PassesOverLine * line.Length, MaxBudget) + (2 * line.Length) + 4096;
        _lastQuote = line.LastIndexOf(dialect.Quote);
        var start = new Node(Lines.MarkLength(line), 0);
        var goal = new Node(line.Length + 1, width);
        _best[start] = default;
        _open.Enqueue(start, 0);
        while (_budget > 0 && _open.TryDequeue(out var node, out var cost))
        {
            if (node == goal)
            {
                return !_best[goal].IsAmbiguous && Collect(goal);
            }

            if (cost == _best[node].Cost && node.At <= line.Length && node.Count < width)
            {
                Explore(line, node);
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
            // Clearing a dictionary takes time proportional to its capacity.
            _best = [];
        }
    }

    /// <summary>Adds the nodes that the fields at a node lead to.</summary>
    private void Explore(ReadOnlySpan<byte> line, Node node)
    {
        var at = node.At;
        var open = dialect.SkipPadding(line, at);
        Spend(open - at);
        var quoted = line[open..].StartsWith(dialect.Quote) ? ByTheRules(line, open) : null;
        // White space before a quote belongs to a text if the quote does not enclose a field.
        if (quoted is null && (open > at || !line[at..].StartsWith(dialect.Quote)))
        {
            Reach(line, node, Text(line, at), 0);
            return;
        }

        var extra = quoted is null ? 0 : AgainstTheRulesCost;
        if (quoted is not null)
        {
            Reach(line, node, quoted.Value, 0);
        }

        if (ToFirstClosing(line, open) is { } closed && closed.End != quoted?.End)
        {
            Reach(line, node, closed, FirstClosingCost + extra);
        }

        if (at < _lastQuote)
        {
            Reach(line, node, Text(line, at), TextCost + extra);
        }
    }

    private void Reach(ReadOnlySpan<byte> line, Node from, Field field, int extraCost)
    {
        var path = _best[from];
        var next = new Node(field.End == line.Length ? line.Length + 1 : field.End + dialect.Separator.Length, from.Count + 1);
        var cost = path.Cost + FieldCost + extraCost;
        if (!_best.TryGetValue(next, out var known) || cost < known.Cost)
        {
            _best[next] = new Path(cost, from, field, path.IsAmbiguous);
            _open.Enqueue(next, cost);
        }
        else if (cost == known.Cost)
        {
            _best[next] = known with { IsAmbiguous = true };
        }
    }

    /// <summary>Puts the fields on the path to a node into the table.</summary>
    private bool Collect(Node goal)
    {
        var path = new Field[goal.Count];
        for (var node = goal; node.Count > 0; node = _best[node].From)
        {
            path[node.Count - 1] = _best[node].Field;
        }

        foreach (var field in path)
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
                var escaped = dialect.EscapedLength(line[after..], isQuoted: true);
                isEscaped |= escaped > 0;
                from = after + escaped;
                continue;
            }

            var close = from + found;
            if (dialect.Style == EscapeStyle.Doubled && line[(close + quote)..].StartsWith(dialect.Quote))
            {
                isEscaped = true;
                from = close + (2 * quote);
                continue;
            }

            return Closed(line, at, close, isEscaped);
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
            if (Closed(line, at, close, isEscaped: true) is { } closed)
            {
                return closed;
            }
        }
    }

    /// <summary>A field with this closing quote; null if the field does not end after it.</summary>
    private Field? Closed(ReadOnlySpan<byte> line, int at, int close, bool isEscaped)
    {
        var start = at + dialect.Quote.Length;
        var closed = close + dialect.Quote.Length;
        var end = dialect.SkipPadding(line, closed);
        Spend(end - closed);
        return end == line.Length || line[end..].StartsWith(dialect.Separator)
            ? new Field(start, close - start, end, isEscaped, IsQuoted: true)
            : null;
    }

    private void Spend(int bytes) => _budget -= bytes + 8;

    /// <summary>A node: the start of a field, and how many fields precede it. One past the line is its end.</summary>
    private readonly record struct Node(int At, int Count);

    /// <summary>An edge.</summary>
    /// <param name="End">The position of the separator or the end of the line.</param>
    private readonly record struct Field(int Start, int Length, int End, bool IsEscaped, bool IsQuoted);

    /// <summary>The shortest path to a node so far.</summary>
    private readonly record struct Path(long Cost, Node From, Field Field, bool IsAmbiguous);
}
