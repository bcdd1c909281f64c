using System.Globalization;

namespace CsvIngest;

/// <summary>Numbers with their nouns, as people read them.</summary>
public static class Quantity
{
    /// <summary>Such as <c>1 row</c>, <c>0 rows</c> or <c>393,000 rows</c>.</summary>
    /// <param name="count">How many.</param>
    /// <param name="noun">The noun in the singular. Its plural ends with an s.</param>
    public static string Of(long count, string noun) => string.Create(CultureInfo.InvariantCulture, $"{count:N0} {Noun(count, noun)}");

    /// <summary>The noun alone, for a number that is written elsewhere.</summary>
    /// <inheritdoc cref="Of"/>
    public static string Noun(long count, string noun) => count == 1 ? noun : noun + "s";
}
