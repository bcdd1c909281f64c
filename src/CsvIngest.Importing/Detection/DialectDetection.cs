using CsvIngest.Importing.Records;

namespace CsvIngest.Importing.Detection;

/// <summary>
/// Detects the dialect from the start of a file: one in which the header has the expected names, and if there is none, or several, the
/// one in which the largest share of the records has the same number of fields.
/// </summary>
/// <param name="sample">The start of the file.</param>
/// <param name="options">What is specified there is not detected.</param>
/// <param name="search">Finds the header by its names.</param>
/// <param name="warn">Receives a warning if the result is not certain.</param>
internal sealed class DialectDetection(Sample sample, ReadingOptions options, HeaderSearch search, Action<ImportWarning> warn)
{
    // The separators that are rarest in text come first: they win a tie.
    private static readonly string[] Strong = ["\t", ";", "|", ",", "\u001F", "\u0001", "||", "::", ", ", "; ", "^", "~"];

    // These are so frequent in text that they must fit every record, and count only if nothing else fits.
    private static readonly string[] Weak = [":", " "];

    private const double WeakShare = 0.99;
    private const double FairShare = 0.6;

    // Quotes are text if no field is enclosed and at least so many records, and such a share of them, would otherwise be malformed.
    private const int FewestMalformed = 3;
    private const double MalformedShare = 0.5;

    /// <param name="hint">The separator that a <c>sep=</c> line specifies; null if there is none.</param>
    public Dialect Detect(string? hint)
    {
        if ((options.Delimiter ?? hint) is { } specified)
        {
            return Best(specified).Dialect;
        }

        var fits = Fits(Strong);
        if (fits.Count == 0 || (fits[0].Share < FairShare && !fits[0].HasHeader))
        {
            var weak = Fits(Weak).Find(fit => fit.Share >= WeakShare && fit.FirstFits && fit.Records > 1);
            if (weak is not null)
            {
                warn(new ImportWarning($"Detected {weak.Dialect.Describe()}, but this is not certain.", new Remedy(ImportOption.Delimiter)));
                return weak.Dialect;
            }
        }

        if (fits.Count == 0)
        {
            // One column. The separator matters only for a value that contains one; by convention it is a comma.
            return Best(options.Quote.Mark == "," ? ";" : ",").Dialect;
        }

        var best = fits[0];
        var other = fits.Skip(1).FirstOrDefault(fit => fit.Share >= best.Share && !IsPartOf(fit, best));
        if ((best.Share < FairShare && !best.HasHeader) || other is not null)
        {
            var doubt = other is null ? "few records have the same number of fields" : $"{other.Dialect.Describe()} fits equally well";
            warn(new ImportWarning(
                $"Detected {best.Dialect.Describe()}, but {doubt}.", new Remedy(ImportOption.Delimiter), new Remedy(ImportOption.Quote)));
        }
        else if (options.Quote.IsAuto && best.Dialect.QuoteText is null)
        {
            warn(new ImportWarning("No field is enclosed in quotes, so quotes are treated as text.", new Remedy(ImportOption.Quote)));
        }

        return best.Dialect;
    }

    /// <summary>The separators that give records of several fields, the best first.</summary>
    private List<Fit> Fits(string[] separators)
    {
        var ordered = separators.Where(separator => separator != options.Quote.Mark && sample.Contains(separator)).Select(Best).Where(fit => fit.Width >= 2)
            .OrderByDescending(fit => fit.HasHeader).ThenByDescending(fit => fit.Share).ThenByDescending(fit => fit.Width).ToList();
        if (ordered.Count > 1)
        {
            ordered.RemoveAll(fit => fit.HasHeader != ordered[0].HasHeader);

            // `a||b` with the separator `|` has an empty field between any two; `a, b, "c"` with the separator `,` has spaces in its values.
            var single = ordered[0];
            var whole = ordered.Find(fit => fit != single && fit.Dialect.SeparatorText.Length == 2
                && IsPartOf(fit, single) && fit.Share >= single.Share
                && (fit.FirstFits || !single.FirstFits)
                && (fit.Dialect.SeparatorText[1] == ' '
                    ? fit.Quoted > 0 && fit.Quoted >= single.Quoted && fit.Width == single.Width
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
    private Fit Best(string separator)
    {
        Fit? best = null;
        foreach (var (quote, escape) in Variants(separator))
        {
            var style = escape is null ? (quote is null ? EscapeStyle.None : EscapeStyle.Doubled) : EscapeStyle.Character;
            style = options.Escape.IsAuto ? style : options.Escape.Style;
            var fit = Measure(new Dialect(separator, quote, style, escape, options.Comment));
            if (best is null || fit.IsBetterThan(best))
            {
                best = fit;
            }
        }

        return best!;
    }

    /// <summary>The pairs of quote and escape that are worth trying, the most usual first.</summary>
    private List<(string? Quote, string? Escape)> Variants(string separator)
    {
        var variants = new List<(string? Quote, string? Escape)>();
        string?[] quotes = options.Quote.IsAuto ? ["\"", "'", null] : [options.Quote.Mark];
        foreach (var quote in quotes)
        {
            if (quote is not null && quote == separator)
            {
                continue;
            }

            var occurs = quote is not null && sample.Contains(quote);
            if (quote != "\"" && options.Quote.IsAuto && !(occurs || (quote is null && sample.Contains("\""))))
            {
                continue;
            }

            variants.Add((quote, options.Escape.Mark));
            if (options.Escape.IsAuto && occurs && separator != "\\" && sample.Contains("\\" + quote))
            {
                variants.Add((quote, "\\"));
            }
        }

        // If the separator is a quote itself, no pair is left.
        return variants.Count > 0 ? variants : [(null, options.Escape.Mark)];
    }

    private Fit Measure(Dialect dialect)
    {
        var records = sample.Read(dialect, new RecordCutter(dialect, options.MaxFields));
        var header = search.Find(records, new SampleValues(sample, dialect, options.MaxFields));
        // Titles need not have the separators of the rows.
        records = header > 0 ? records[header..] : records;
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
            records.Count > 0 && records[0].Width == width, header >= 0 && width >= 2);
    }

    private static bool IsPartOf(Fit fit, Fit best) => fit.Dialect.SeparatorText[0] == best.Dialect.SeparatorText[0];

    /// <summary>How well a dialect fits.</summary>
    /// <param name="Dialect">The dialect.</param>
    /// <param name="Width">The most frequent number of fields.</param>
    /// <param name="Share">The share of the records that have it.</param>
    /// <param name="Records">How many records there are.</param>
    /// <param name="Malformed">How many of them are malformed.</param>
    /// <param name="Quoted">How many fields are enclosed in quotes.</param>
    /// <param name="FirstFits">Whether the first record has the most frequent number of fields.</param>
    /// <param name="HasHeader">Whether there is a header of several columns with the expected names.</param>
    private sealed record Fit(
        Dialect Dialect, int Width, double Share, int Records, int Malformed, int Quoted, bool FirstFits, bool HasHeader)
    {
        public bool IsBetterThan(Fit other)
        {
            if (HasHeader != other.HasHeader)
            {
                return HasHeader;
            }

            var isWeak = Dialect switch
            {
                { QuoteText: null } => other.Quoted > 0 || other.Malformed < Math.Max(FewestMalformed, MalformedShare * Records),
                // An apostrophe in a file with a few broken records (O'Hara) does not enclose anything.
                { QuoteText: "'" } when Quoted == 0 || Quoted < other.Quoted => true,
                // One apostrophe after a backslash (8\'9) does not indicate an escape character, two do.
                { QuoteText: "'", Style: EscapeStyle.Character } when other.Dialect.QuoteText == "'" => other.Malformed - Malformed < 2,
                _ => false,
            };
            if (isWeak || Share < other.Share)
            {
                return false;
            }

            // Single quotes compete on equal terms only if no field is enclosed in double ones.
            return Share > other.Share || Malformed < other.Malformed
                || (Malformed == other.Malformed && Dialect.QuoteText == "'" && other.Quoted == 0 && Quoted > 1);
        }
    }
}
