using System.Buffers;
using System.Text;
using CsvIngest.Datasets;

namespace CsvIngest.Values;

/// <summary>Why an address is refused, as precisely as can be told without repeating any of it.</summary>
internal static class EmailRejectReasons
{
    private static readonly SearchValues<byte> Blanks = SearchValues.Create(" \t\r\n\v\f"u8);
    private static readonly SearchValues<byte> NotInAtoms = SearchValues.Create("\"(),:;<>[\\]"u8);

    public static readonly RejectReason NoAt = Not("no \"@\"");
    public static readonly RejectReason FullWidthAt = Not("a full-width \"@\"");
    public static readonly RejectReason WhiteSpace = Not("white space in it");
    public static readonly RejectReason Invisible = Not("an invisible character in it");
    public static readonly RejectReason Unassigned = Not("a character that Unicode does not define");
    public static readonly RejectReason CompatibilityForm = Not("a compatibility character before \"@\", such as a full-width letter");
    public static readonly RejectReason BadInternationalDomain = Not("the domain is no valid internationalised name");
    public static readonly RejectReason TooLong = Not($"longer than {EmailAddress.MaxLength} octets");

    private static readonly RejectReason MailTo = Not("a \"mailto:\" before it");
    private static readonly RejectReason AngleBrackets = Not("a display name or angle brackets; the bare address is wanted");
    private static readonly RejectReason Quoted = Not("a quoted part before \"@\"");
    private static readonly RejectReason Comment = Not("a comment in parentheses");
    private static readonly RejectReason Several = Not("more than one address");
    private static readonly RejectReason TwoAts = Not("two \"@\"");
    private static readonly RejectReason NothingBefore = Not("nothing before \"@\"");
    private static readonly RejectReason LocalDot = Not("a dot at the start or end, or two dots, before \"@\"");
    private static readonly RejectReason LocalCharacter = Not("a character that may not stand before \"@\"");
    private static readonly RejectReason LocalTooLong = Not($"more than {EmailAddress.MaxLocalLength} octets before \"@\"");
    private static readonly RejectReason NoDomain = Not("no domain after \"@\"");
    private static readonly RejectReason Literal = Not("an address in brackets instead of a domain");
    private static readonly RejectReason DomainDot = Not("a dot at the start or end of the domain, or two dots");
    private static readonly RejectReason Underscore = Not("an underscore in the domain");
    private static readonly RejectReason DomainCharacter = Not("a character that may not stand in a domain");
    private static readonly RejectReason Dotless = Not("no dot in the domain");
    private static readonly RejectReason LabelTooLong = Not($"a part of the domain is longer than {EmailAddress.MaxLabelLength} octets");
    private static readonly RejectReason Hyphen = Not("a part of the domain starts or ends with a hyphen");
    private static readonly RejectReason NumericTop = Not("the domain ends in a number");
    private static readonly RejectReason Shapeless = Not("not of the form name@domain");

    /// <summary>The reason for an address that has no canonical form.</summary>
    public static RejectReason Diagnose(ReadOnlySpan<byte> address) =>
        DiagnoseShape(address) ?? (address.Length > EmailAddress.MaxLength ? TooLong : Shapeless);

    /// <summary>What is wrong with an address's shape, whatever characters beyond ASCII it has; null when nothing is.</summary>
    public static RejectReason? DiagnoseShape(ReadOnlySpan<byte> address)
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
            return address.ContainsAny(",; "u8) ? Several : TwoAts;
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

        return local.Length > EmailAddress.MaxLocalLength ? LocalTooLong : null;
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

            if (Ascii.IsValid(label) && label.Length > EmailAddress.MaxLabelLength)
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
