using System.Text;
using System.Text.Unicode;

namespace CsvIngest.Values;

/// <summary>The canonical form of an email address, and which addresses have one: docs/email.md is the policy.</summary>
internal static class EmailAddress
{
    /// <summary>In octets of the canonical form, as RFC 5321 has it (a path of 256 less its angle brackets).</summary>
    public const int MaxLength = 254;

    /// <summary>In octets of the canonical form.</summary>
    public const int MaxLocalLength = 64;

    /// <summary>In octets of the ASCII form.</summary>
    public const int MaxLabelLength = 63;

    /// <summary>
    /// Far more than a canonical form of 254 octets can have come from (12 octets decompose to 3): beyond it nothing needs
    /// normalising, so that a huge field costs nothing.
    /// </summary>
    private const int MaxSpelling = 16 * MaxLength;

    /// <summary>
    /// ASCII to its lower-case form where it may stand in a dot-atom, else 0. What is not ASCII has been checked before.
    /// </summary>
    private static readonly byte[] LocalForm = BuildForms("!#$%&'*+-/=?^_`{|}~", othersStay: true);

    /// <summary>ASCII to its lower-case form where it may stand in a host name's label, else 0.</summary>
    private static readonly byte[] LabelForm = BuildForms("-", othersStay: false);

    /// <summary>Writes the canonical form of a trimmed value.</summary>
    /// <param name="target">At least <see cref="MaxLength"/> bytes.</param>
    /// <returns>Null, or why it has none.</returns>
    public static RejectReason? Canonicalize(ReadOnlySpan<byte> value, Span<byte> target, out int length)
    {
        if (Ascii.IsValid(value))
        {
            return WriteForm(value, target, out length);
        }

        length = 0;
        if (value.Length > MaxSpelling)
        {
            return EmailRejectReasons.TooLong;
        }

        if (!Utf8.IsValid(value))
        {
            return RejectReason.NotUtf8;
        }

        var reason = InternationalAddress.Normalize(Encoding.UTF8.GetString(value), out var normalized);
        return reason ?? WriteForm(Encoding.UTF8.GetBytes(normalized), target, out length);
    }

    /// <summary>Every installation must give an address the same form, or one address would be two keys.</summary>
    /// <exception cref="DeniedException">This one has no Unicode tables (ICU).</exception>
    public static void CheckInstallation()
    {
        if (!DomainNames.IsSupported)
        {
            throw new DeniedException(
                "Internationalised domain names are not supported here: .NET runs without ICU. "
                + "Install it (libicu, or icu-libs and icu-data-full on Alpine) and unset DOTNET_SYSTEM_GLOBALIZATION_INVARIANT.");
        }
    }

    /// <summary>An address whose local part may hold characters beyond ASCII, already checked and normalised.</summary>
    private static RejectReason? WriteForm(ReadOnlySpan<byte> address, Span<byte> target, out int length)
    {
        length = 0;
        var at = address.IndexOf((byte)'@');
        if (address.Length > MaxLength
            || at is < 1 or > MaxLocalLength
            || !TryWriteLocal(address[..at], target)
            || !TryWriteDomain(address[(at + 1)..], target[(at + 1)..], out var hasAceLabel))
        {
            return EmailRejectReasons.Diagnose(address);
        }

        target[at] = (byte)'@';
        if (hasAceLabel && !DomainNames.IsCanonical(Encoding.ASCII.GetString(target[(at + 1)..address.Length])))
        {
            return EmailRejectReasons.BadInternationalDomain;
        }

        length = address.Length;
        return null;
    }

    private static bool TryWriteLocal(ReadOnlySpan<byte> local, Span<byte> target)
    {
        var afterDot = true;
        for (var i = 0; i < local.Length; i++)
        {
            var form = LocalForm[local[i]];
            if (form == 0)
            {
                if (local[i] != '.' || afterDot)
                {
                    return false;
                }

                afterDot = true;
                target[i] = (byte)'.';
                continue;
            }

            afterDot = false;
            target[i] = form;
        }

        return !afterDot;
    }

    private static bool TryWriteDomain(ReadOnlySpan<byte> domain, Span<byte> target, out bool hasAceLabel)
    {
        hasAceLabel = false;
        var label = 0;
        for (var i = 0; i < domain.Length; i++)
        {
            var form = LabelForm[domain[i]];
            if (form == 0)
            {
                if (domain[i] != '.' || !IsLabel(target[label..i]))
                {
                    return false;
                }

                hasAceLabel |= IsAce(target[label..i]);
                label = i + 1;
                form = (byte)'.';
            }

            target[i] = form;
        }

        var top = target[label..domain.Length];
        hasAceLabel |= IsAce(top);
        return label > 0 && IsLabel(top) && top.ContainsAnyExceptInRange((byte)'0', (byte)'9');
    }

    private static bool IsLabel(ReadOnlySpan<byte> label) =>
        label.Length is > 0 and <= MaxLabelLength && label[0] != '-' && label[^1] != '-';

    private static bool IsAce(ReadOnlySpan<byte> label) => label.StartsWith("xn--"u8);

    private static byte[] BuildForms(string symbols, bool othersStay)
    {
        var forms = new byte[256];
        for (var b = 0; b < forms.Length; b++)
        {
            var c = (char)b;
            if (char.IsAsciiLetterOrDigit(c) || symbols.Contains(c) || (othersStay && b > 127))
            {
                forms[b] = char.IsAsciiLetterUpper(c) ? (byte)(b | 0x20) : (byte)b;
            }
        }

        return forms;
    }
}
