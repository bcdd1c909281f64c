using System.Buffers;
using System.Text;

namespace CsvIngest.Values;

/// <summary>Why an address is rejected, as precisely as possible without repeating any part of it.</summary>
internal static class EmailRejectReasons
{
    private static readonly SearchValues<byte> Blanks = SearchValues.Create(" \t\r\n\v\f"u8);
    private static readonly SearchValues<byte> NotInAtoms = SearchValues.Create("\"(),:;<>[\\]"u8);

    public static readonly RejectReason NoAt = Not("no \"@\"");
    public static readonly RejectReason FullWidthAt = Not("full-width \"@\"");
    public static readonly RejectReason WhiteSpace = Not("contains white space");
    public static readonly RejectReason Invisible = Not("contains an invisible character");
    public static readonly RejectReason LostCharacter = Not("contains U+FFFD in place of a character that was lost");
    public static readonly RejectReason Unassigned = Not("contains a private-use or undefined character");
    public static readonly RejectReason CompatibilityForm = Not("compatibility character, such as a full-width letter, before \"@\"");
    public static readonly RejectReason BadInternationalDomain = Not("invalid internationalized domain name");
    public static readonly RejectReason Symbol = Not("contains punctuation beyond ASCII, or a symbol in the domain");
    public static readonly RejectReason TooLong = Not($"longer than {EmailLimits.Address} octets");

    private static readonly RejectReason MailTo = Not("starts with \"mailto:\"");
    private static readonly RejectReason AngleBrackets = Not("display name or angle brackets; expected the address alone");
    private static readonly RejectReason Quoted = Not("quoted text before \"@\"");
    private static readonly RejectReason Comment = Not("comment in parentheses");
    private static readonly RejectReason Several = Not("more than one address");
    private static readonly RejectReason ManyAts = Not("more than one \"@\"");
    private static readonly RejectReason NothingBefore = Not("nothing before \"@\"");
    private static readonly RejectReason LocalDot = Not("leading, trailing or consecutive dots before \"@\"");
    private static readonly RejectReason LocalCharacter = Not("invalid character before \"@\"");
    private static readonly RejectReason LocalTooLong = Not($"more than {EmailLimits.LocalPart} octets before \"@\"");
    private static readonly RejectReason NoDomain = Not("no domain after \"@\"");
    private static readonly RejectReason Literal = Not("address in brackets instead of a domain name");
    private static readonly RejectReason DomainDot = Not("leading, trailing or consecutive dots in the domain");
    private static readonly RejectReason Underscore = Not("underscore in the domain");
    private static readonly RejectReason DomainCharacter = Not("invalid character in the domain");
    private static readonly RejectReason Dotless = Not("no dot in the domain");
    private static readonly RejectReason LabelTooLong = Not($"part of the domain is longer than {EmailLimits.Label} octets");
    private static readonly RejectReason Hyphen = Not("part of the domain starts or ends with a hyphen");
    private static readonly RejectReason NumericTop = Not("domain ends in a number");
    private static readonly RejectReason Malformed = Not("expected name@domain");

    /// <summary>The reason for an address that has no canonical form.</summary>
    public static RejectReason Diagnose(ReadOnlySpan<byte> address) =>
        DiagnoseSyntax(address) ?? (address.Length > EmailLimits.Address ? TooLong : Malformed);

    /// <summary>What is wrong with the syntax of an address, ignoring characters beyond ASCII; null if nothing is.</summary>
    public static RejectReason? DiagnoseSyntax(ReadOnlySpan<byte> address)
    {
        if (DiagnoseDecoration(address) is { } decoration)
        {
            return decoration;
        }

        var at = address.IndexOf((byte)'@');
        if (at < 0)
        {
            return NoAt;
        }

        var domain = address[(at + 1)..];
        if (domain.Contains((byte)'@'))
        {
            return address.ContainsAny(",; "u8) ? Several : ManyAts;
        }

        if (address.ContainsAny(Blanks))
        {
            return WhiteSpace;
        }

        if (address.ContainsAnyInRange((byte)0, (byte)0x1F) || address.Contains((byte)0x7F))
        {
            return Invisible;
        }

        return DiagnoseLocal(address[..at]) ?? DiagnoseDomain(domain);
    }

    private static RejectReason? DiagnoseDecoration(ReadOnlySpan<byte> address)
    {
        if (address.Length >= 7 && Ascii.EqualsIgnoreCase(address[..7], "mailto:"u8))
        {
            return MailTo;
        }

        if (address.ContainsAny("<>"u8))
        {
            return AngleBrackets;
        }

        if (address is [(byte)'"', ..])
        {
            return Quoted;
        }

        return address.ContainsAny("()"u8) ? Comment : null;
    }

    private static RejectReason? DiagnoseLocal(ReadOnlySpan<byte> local)
    {
        if (local.IsEmpty)
        {
            return NothingBefore;
        }

        if (HasMisplacedDot(local))
        {
            return LocalDot;
        }

        if (local.ContainsAny(NotInAtoms))
        {
            return LocalCharacter;
        }

        return local.Length > EmailLimits.LocalPart ? LocalTooLong : null;
    }

    private static RejectReason? DiagnoseDomain(ReadOnlySpan<byte> domain)
    {
        if (domain.IsEmpty)
        {
            return NoDomain;
        }

        if (domain[0] == '[')
        {
            return Literal;
        }

        if (HasMisplacedDot(domain))
        {
            return DomainDot;
        }

        foreach (var b in domain)
        {
            if (b < 128 && b is not ((byte)'-' or (byte)'.') && !char.IsAsciiLetterOrDigit((char)b))
            {
                return b == '_' ? Underscore : DomainCharacter;
            }
        }

        return domain.Contains((byte)'.') ? DiagnoseLabels(domain) : Dotless;
    }

    private static RejectReason? DiagnoseLabels(ReadOnlySpan<byte> domain)
    {
        foreach (var range in domain.Split((byte)'.'))
        {
            var label = domain[range];
            if (label[0] == '-' || label[^1] == '-')
            {
                return Hyphen;
            }

            if (Ascii.IsValid(label) && label.Length > EmailLimits.Label)
            {
                return LabelTooLong;
            }
        }

        var top = domain[(domain.LastIndexOf((byte)'.') + 1)..];
        return top.ContainsAnyExceptInRange((byte)'0', (byte)'9') ? null : NumericTop;
    }

    private static bool HasMisplacedDot(ReadOnlySpan<byte> text) =>
        text[0] == '.' || text[^1] == '.' || text.IndexOf(".."u8) >= 0;

    private static RejectReason Not(string detail) => RejectReason.Not(ColumnType.Email, detail);
}
