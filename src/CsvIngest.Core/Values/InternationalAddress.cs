using System.Globalization;
using System.Text;

namespace CsvIngest.Values;

/// <summary>Normalizes an address with characters beyond ASCII, so that its syntax can be checked byte by byte.</summary>
internal static class InternationalAddress
{
    // The dots and the hyphen of other widths, and the exceptions and context rules of RFC 5892: middle dots, keraia, geresh, gershayim, two
    // Sindhi symbols and the Tibetan tsheg.
    private const string DomainExceptions = "\u3002\uFF0E\uFF61\uFF0D\u00B7\u30FB\u0375\u05F3\u05F4\u06FD\u06FE\u0F0B";

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

        var domain = address[(at + 1)..];
        if (local.EnumerateRunes().Any(rune => !rune.IsAscii && Rune.IsPunctuation(rune))
            || domain.EnumerateRunes().Any(rune => !rune.IsAscii && !MayBeInDomain(rune)))
        {
            return EmailRejectReasons.Symbol;
        }

        // IDNA treats these as dots: ideographic, full-width and half-width ideographic full stop.
        domain = domain.Replace('\u3002', '.').Replace('\uFF0E', '.').Replace('\uFF61', '.');
        if (!Ascii.IsValid(domain))
        {
            var ascii = DomainNames.TryToAscii(domain);
            if (ascii is null)
            {
                return EmailRejectReasons.DiagnoseSyntax(Encoding.UTF8.GetBytes($"{local}@{domain}"))
                    ?? (domain.EnumerateRunes().Any(IsJoiner) ? EmailRejectReasons.Invisible : EmailRejectReasons.BadInternationalDomain);
            }

            domain = ascii;
        }

        normalized = $"{local}@{domain}";
        return null;
    }

    private static RejectReason? CheckCharacters(string address)
    {
        var isInDomain = false;
        foreach (var rune in address.EnumerateRunes())
        {
            if (rune.IsAscii)
            {
                isInDomain |= rune.Value == '@';
                continue;
            }

            if (Rune.IsWhiteSpace(rune))
            {
                return EmailRejectReasons.WhiteSpace;
            }

            if (rune == Rune.ReplacementChar)
            {
                return EmailRejectReasons.LostCharacter;
            }

            // Domain names need joiners in some scripts: IDNA accepts them where they are visible (CONTEXTJ), and nowhere else.
            if (InvisibleCharacters.Contains(rune) && !(isInDomain && IsJoiner(rune)))
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

    /// <summary>
    /// Whether a character beyond ASCII may be in a domain, as RFC 5892 derives it: letters, marks and digits, and a few exceptions. A mapping
    /// would turn others into letters of another domain: ™ into tm.
    /// </summary>
    private static bool MayBeInDomain(Rune rune) =>
        !(Rune.IsPunctuation(rune) || Rune.IsSymbol(rune) || Rune.GetUnicodeCategory(rune) == UnicodeCategory.OtherNumber)
        || DomainExceptions.Contains(rune.ToString(), StringComparison.Ordinal);

    /// <summary>Whether a character is the zero width joiner or non-joiner.</summary>
    private static bool IsJoiner(Rune rune) => rune.Value is 0x200C or 0x200D;

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
