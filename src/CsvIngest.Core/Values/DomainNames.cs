using System.Globalization;

namespace CsvIngest.Values;

/// <summary>Internationalized domain names: UTS #46, non-transitional, STD 3 rules, no unassigned characters.</summary>
internal static class DomainNames
{
    // Transitional processing would turn straße.example into strasse.example, which is a different domain.
    private static readonly IdnMapping Mapping = new() { AllowUnassigned = false, UseStd3AsciiRules = true };

    /// <summary>Whether .NET has the Unicode tables for this. Without ICU it maps names differently, and does not report it.</summary>
    public static bool IsSupported { get; } = TryToAscii("BU\u0308CHER.example") == "xn--bcher-kva.example";

    /// <summary>The lower-case ASCII form of a domain; null if it has none.</summary>
    public static string? TryToAscii(string domain)
    {
        try
        {
            return Mapping.GetAscii(domain.ToLowerInvariant()).ToLowerInvariant();
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Whether every <c>xn--</c> label of a lower-case ASCII domain is exactly what its Unicode form encodes to.</summary>
    public static bool IsCanonical(string domain) =>
        domain.Split('.').Where(label => label.StartsWith("xn--", StringComparison.Ordinal)).All(IsCanonicalLabel);

    private static bool IsCanonicalLabel(string label)
    {
        try
        {
            var unicode = Mapping.GetUnicode(label);
            return unicode != label && Mapping.GetAscii(unicode) == label;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
