using System.Globalization;
using CsvIngest.Settings;

namespace CsvIngest.Web;

/// <summary>Sizes as people write and read them: <c>500MB</c>, <c>4GB</c>. A kilobyte has 1,024 bytes.</summary>
internal static class ByteSize
{
    private static readonly (string Name, long Bytes)[] Units = [("GB", 1L << 30), ("MB", 1L << 20), ("KB", 1L << 10), ("B", 1)];

    /// <summary>Parses a number of bytes, or a number with a unit.</summary>
    /// <param name="option">What it is the value of, for the message.</param>
    /// <param name="text">The size.</param>
    /// <exception cref="UsageException">It is not a size.</exception>
    public static long Parse(string option, string text)
    {
        var unit = Units.FirstOrDefault(unit => text.EndsWith(unit.Name, StringComparison.OrdinalIgnoreCase), ("", 1));
        return decimal.TryParse(
                text.AsSpan(0, text.Length - unit.Name.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && number * unit.Bytes <= long.MaxValue
                ? (long)(number * unit.Bytes)
                : throw new UsageException($"{option} is \"{text}\"; expected a size such as 500MB or 4GB.");
    }

    /// <summary>A size in the largest unit of which it is at least one, with one decimal if it is not a whole number.</summary>
    public static string ToText(long bytes)
    {
        var unit = Units.First(unit => bytes >= unit.Bytes || unit.Bytes == 1);
        return string.Create(CultureInfo.InvariantCulture, $"{(double)bytes / unit.Bytes:0.#}{unit.Name}");
    }
}
