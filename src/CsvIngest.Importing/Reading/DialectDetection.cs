namespace CsvIngest.Importing.Reading;

/// <summary>
/// Finds out the dialect from the start of a file: the one in which the most records have the same number of fields.
/// </summary>
internal static class DialectDetection
{
    // What seldom stands in text comes first: it wins where two fit equally.
    private static readonly string[] Strong = ["\t", ";", "|", ",", "\u001F", "\u0001", "||", "::", ", ", "; ", "^", "~"];

    // These stand in text so often that they must fit every record, and only count where nothing else fits.
    private static readonly string[] Weak = [":", " "];

    private const double WeakShare = 0.99;
    private const double FairShare = 0.6;

    // Quotes are all text where none encloses a field and so many records, and such a part of them, would be malformed.
    private const int FewestMalformed = 3;
    private const double MalformedShare = 0.5;

    /// <param name="sample">From the start of a line, to the end of one unless it is all.</param>
    /// <param name="isFinalBlock">Whether the file ends there.</param>
    /// <param name="options">What is said there is not found out.</param>
    /// <param name="hint">The separator that a <c>sep=</c> line gives; null without one.</param>
    /// <param name="doubt">Why the answer is not sure, for people; null when it is.</param>
    public static Dialect Find(ReadOnlySpan<byte> sample, bool isFinalBlock, ReadingOptions options, string? hint, out string? doubt)
    {
        doubt = null;
        if ((options.Delimiter ?? hint) is { } given)
        {
            return Best(sample, isFinalBlock, options, given).Dialect;
        }

        var fits = Fits(sample, isFinalBlock, options, Strong);
        if (fits.Count == 0 || fits[0].Share < FairShare)
        {
            var weak = Fits(sample, isFinalBlock, options, Weak)
                .Where(fit => fit.Share >= WeakShare && fit.FirstFits && fit.Records > 1).ToList();
            if (weak.Count > 0)
            {
                doubt = $"The file seems to be {weak[0].Dialect.Describe()}, which is not certain. If it is not, say --delimiter.";
                return weak[0].Dialect;
            }
        }

        if (fits.Count == 0)
        {
            // One column. The separator matters for a value that holds one, and then it is a comma by convention.
            return Best(sample, isFinalBlock, options, ",").Dialect;
        }

        var best = fits[0];
        var other = fits.Skip(1).FirstOrDefault(fit => fit.Share >= best.Share && !IsPartOf(fit, best));
        if (best.Share < FairShare || other is not null)
        {
            var also = other is null ? "few records have the same number of fields" : $"{other.Dialect.Describe()} fits as well";
            doubt = $"The file is read as {best.Dialect.Describe()}, but {also}. If that is wrong, say --delimiter or --quote.";
        }

        else if (options.Quote.IsAuto && best.Dialect.QuoteText is null)
        {
            doubt = "Quotes enclose nothing in this file and are read as text. If they enclose fields, say --quote.";
        }

        return best.Dialect;
    }

    /// <summary>The separators under which records have several fields, the best first.</summary>
    private static List<Fit> Fits(ReadOnlySpan<byte> sample, bool isFinalBlock, ReadingOptions options, string[] separators)
    {
        var fits = new List<Fit>();
        foreach (var separator in separators)
        {
            if (sample.IndexOf(System.Text.Encoding.UTF8.GetBytes(separator)) >= 0
                && Best(sample, isFinalBlock, options, separator) is { Width: >= 2 } fit)
            {
                fits.Add(fit);
            }
        }

        var ordered = fits.OrderByDescending(fit => fit.Share).ThenByDescending(fit => fit.Width).ToList();
        if (ordered.Count > 1)
        {
            // `a||b` read with `|` has an empty field between any two; `a, "b"` read with `,` has no quotes.
            var single = ordered[0];
            var whole = ordered.Find(fit => fit != single && fit.Dialect.SeparatorText.Length == 2
                && fit.Dialect.SeparatorText[0] == single.Dialect.SeparatorText[0] && fit.Share >= single.Share
                && (fit.FirstFits || !single.FirstFits)
                && (fit.Dialect.SeparatorText[1] == ' '
                    ? fit.Quoted > single.Quoted && fit.Width <= single.Width
                    : single.Width - 1 == 2 * (fit.Width - 1)));
            if (whole is not null)
            {
                ordered.Remove(whole);
                ordered.Insert(0, whole);
            }
        }

        return ordered;
    }

    /// <summary>The quote and escape that fit best with a separator.</summary>
    private static Fit Best(ReadOnlySpan<byte> sample, bool isFinalBlock, ReadingOptions options, string separator)
    {
        Fit? best = null;
        foreach (var (quote, escape) in Variants(sample, options, separator))
        {
            var style = escape is null ? (quote is null ? EscapeStyle.None : EscapeStyle.Doubled) : EscapeStyle.Character;
            style = options.Escape.IsAuto ? style : options.Escape.Style;
            var fit = Measure(sample, isFinalBlock, options, new Dialect(separator, quote, style, escape));
            if (best is null || fit.IsBetterThan(best))
            {
                best = fit;
            }
        }

        return best!;
    }

    /// <summary>The pairs of quote and escape that are worth trying, the most usual first.</summary>
    private static List<(string? Quote, string? Escape)> Variants(
        ReadOnlySpan<byte> sample, ReadingOptions options, string separator)
    {
        var variants = new List<(string? Quote, string? Escape)>();
        string?[] quotes = options.Quote.IsAuto ? ["\"", "'", null] : [options.Quote.Mark];
        foreach (var quote in quotes)
        {
            if (quote is not null && quote == separator)
            {
                continue;
            }

            var isThere = quote is not null && sample.IndexOf(System.Text.Encoding.UTF8.GetBytes(quote)) >= 0;
            if (quote != "\"" && options.Quote.IsAuto && !(isThere || (quote is null && sample.Contains((byte)'"'))))
            {
                continue;
            }

            variants.Add((quote, options.Escape.Mark));
            if (options.Escape.IsAuto && isThere && quote is not null && separator != "\\"
                && sample.IndexOf(System.Text.Encoding.UTF8.GetBytes("\\" + quote)) >= 0)
            {
                variants.Add((quote, "\\"));
            }
        }

        // A separator that is a quote itself leaves none of them.
        return variants.Count > 0 ? variants : [(null, options.Escape.Mark)];
    }

    private static Fit Measure(ReadOnlySpan<byte> sample, bool isFinalBlock, ReadingOptions options, Dialect dialect)
    {
        var cutter = new RecordCutter(dialect, options.MaxFields);
        var records = SampleReading.Read(sample, isFinalBlock, cutter, (byte?)options.Comment);
        var widths = new Dictionary<int, int>();
        int malformed = 0, quoted = 0;
        foreach (var record in records)
        {
            malformed += record.IsMalformed ? 1 : 0;
            quoted += record.Quoted;
            if (!record.IsMalformed)
            {
                widths[record.Width] = widths.GetValueOrDefault(record.Width) + 1;
            }
        }

        var (width, count) = widths.OrderByDescending(pair => pair.Value).ThenByDescending(pair => pair.Key).FirstOrDefault();
        return new Fit(
            dialect, width, records.Count == 0 ? 0 : (double)count / records.Count, records.Count, malformed, quoted,
            records.Count > 0 && records[0].Width == width);
    }

    private static bool IsPartOf(Fit fit, Fit best) => fit.Dialect.SeparatorText[0] == best.Dialect.SeparatorText[0];

    private sealed record Fit(
        Dialect Dialect, int Width, double Share, int Records, int Malformed, int Quoted, bool FirstFits)
    {
        public bool IsBetterThan(Fit other)
        {
            var isWeak = Dialect switch
            {
                { QuoteText: null } => other.Quoted > 0 || other.Malformed < Math.Max(FewestMalformed, MalformedShare * Records),
                // An apostrophe after a backslash (8\'9) is no sign of an escape yet, two are.
                { QuoteText: "'", Style: EscapeStyle.Character } => other.Malformed - Malformed < 2,
                _ => false,
            };
            if (isWeak || Share < other.Share)
            {
                return false;
            }

            // Single quotes count on equal terms only where nothing stands in double ones.
            return Share > other.Share || Malformed < other.Malformed
                || (Malformed == other.Malformed && Dialect.QuoteText == "'" && other.Quoted == 0 && Quoted > 1);
        }
    }
}
