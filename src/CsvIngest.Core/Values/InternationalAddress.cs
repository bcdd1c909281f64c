using System.Globalization;
using System.Text;

namespace CsvIngest.Values;

/// <summary>Normalizes an address with characters beyond ASCII, so that its syntax can be checked byte by byte.</summary>
internal static class InternationalAddress
{
    private const int CapitalSigma = 0x03A3;
    private const int CapitalDottedI = 0x0130;

    /// <summary>
    /// Lower-cases the local part in NFC and converts the domain to ASCII. Syntax errors are left in place for the caller to
    /// find.
    /// </summary>
    public static RejectReason? Normalize(string address, out string normalized)
    {
        normalized = address;
        if (CheckCharacters(address) is { } reason)
        {
            return reason;
        }

        var at = address.IndexOf('@', StringComparison.Ordinal);
        if (at < 0)
        {
            return address.AsSpan().ContainsAny('\uFF20', '\uFE6B') ? EmailRejectReasons.FullWidthAt : EmailRejectReasons.NoAt;
        }

        var local = Lower(address[..at].Normalize()).Normalize();
        if (!local.IsNormalized(NormalizationForm.FormKC))
        {
            return EmailRejectReasons.CompatibilityForm;
        }

        // IDNA treats these as dots: ideographic, full-width and half-width ideographic full stop.
        var domain = address[(at + 1)..].Replace('\u3002', '.').Replace('\uFF0E', '.').Replace('\uFF61', '.');
        if (!Ascii.IsValid(domain))
        {
            var ascii = DomainNames.TryToAscii(domain);
            if (ascii is null)
            {
                return EmailRejectReasons.DiagnoseSyntax(Encoding.UTF8.GetBytes($"{local}@{domain}"))
                    ?? EmailRejectReasons.BadInternationalDomain;
            }

            domain = ascii;
        }

        normalized = $"{local}@{domain}";
        return null;
    }

    private static RejectReason? CheckCharacters(string address)
    {
        foreach (var rune in address.EnumerateRunes())
        {
            if (rune.IsAscii)
            {
                continue;
            }

            if (Rune.IsWhiteSpace(rune))
            {
                return EmailRejectReasons.WhiteSpace;
            }

            if (IsInvisible(rune))
            {
                return EmailRejectReasons.Invisible;
            }

            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned)
            {
                return EmailRejectReasons.Unassigned;
            }
        }

        return null;
    }

    /// <summary>Such characters are rejected because two addresses that look the same would be two keys.</summary>
    private static bool IsInvisible(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
        || rune.Value
            is 0x034F // combining grapheme joiner
            or 0x115F or 0x1160 or 0x3164 or 0xFFA0 // Hangul fillers
            or 0x17B4 or 0x17B5 // Khmer inherent vowels
            or (>= 0x180B and <= 0x180F) // Mongolian variation selectors
            or (>= 0xFE00 and <= 0xFE0F) or (>= 0xE0100 and <= 0xE01EF); // variation selectors

    /// <summary>
    /// Lower-cases by Unicode's default rules. Two letters need more than a change of a single character: İ becomes i followed
    /// by a combining dot above, and Σ at the end of a word becomes ς.
    /// </summary>
    private static string Lower(string text)
    {
        var lower = new StringBuilder(text.Length + 4);
        var afterLetter = false;
        for (var i = 0; i < text.Length;)
        {
            var rune = Rune.GetRuneAt(text, i);
            i += rune.Utf16SequenceLength;
            if (rune.Value == CapitalDottedI)
            {
                lower.Append("i\u0307");
            }
            else if (rune.Value == CapitalSigma)
            {
                lower.Append(afterLetter && !(i < text.Length && IsLetter(Rune.GetRuneAt(text, i))) ? 'ς' : 'σ');
            }
            else
            {
                lower.Append(Rune.ToLowerInvariant(rune));
            }

            afterLetter = IsLetter(rune);
        }

        return lower.ToString();
    }

    private static bool IsLetter(Rune rune) =>
        Rune.IsLetter(rune)
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;
}
