using System.Text;
using System.Text.Unicode;

namespace CsvIngest.Values;

/// <summary>The canonical form of an email address, and the rules that decide which addresses have one; see docs/email.md.</summary>
internal static class EmailAddress
{
    /// <summary>
    /// Far longer than any spelling of a canonical form of 254 octets (normalization shrinks 12 octets to 3 at most). A longer
    /// value is rejected without normalizing it, so that a huge field costs nothing.
    /// </summary>
    private const int MaxSpelling = 16 * EmailLimits.Address;

    /// <summary>
    /// Maps each byte that a dot-atom allows to its lower-case form, and every other byte to 0. Bytes beyond ASCII map to
    /// themselves: they have been checked before.
    /// </summary>
    private static readonly byte[] LocalForm = BuildForms("!#$%&'*+-/=?^_`{|}~", othersStay: true);

    /// <summary>Maps each byte that a label of a host name allows to its lower-case form, and every other byte to 0.</summary>
    private static readonly byte[] LabelForm = BuildForms("-", othersStay: false);

    /// <summary>Writes the canonical form of a trimmed value.</summary>
    /// <param name="value">The value.</param>
    /// <param name="target">At least <see cref="EmailLimits.Address"/> bytes.</param>
    /// <param name="length">The length of the canonical form; 0 if the value has none.</param>
    /// <returns>Null, or the reason why the value has no canonical form.</returns>
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

    /// <summary>
    /// Checks that this installation can normalize addresses. All installations must produce the same form, or one address
    /// would become two keys.
    /// </summary>
    /// <exception cref="DeniedException">The installation has no Unicode tables (ICU).</exception>
    public static void CheckInstallation()
    {
        if (!DomainNames.IsSupported)
        {
            throw new DeniedException(
                "Internationalized domain names are not supported: .NET is running without ICU. "
                + "Install ICU (libicu, or icu-libs and icu-data-full on Alpine) and unset DOTNET_SYSTEM_GLOBALIZATION_INVARIANT.");
        }
    }

    /// <summary>Writes an address whose local part may contain characters beyond ASCII, already checked and normalized.</summary>
    private static RejectReason? WriteForm(ReadOnlySpan<byte> address, Span<byte> target, out int length)
    {
        length = 0;
        var at = address.IndexOf((byte)'@');
        if (address.Length > EmailLimits.Address
            || at is < 1 or > EmailLimits.LocalPart
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
        label.Length is > 0 and <= EmailLimits.Label && label[0] != '-' && label[^1] != '-';

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
