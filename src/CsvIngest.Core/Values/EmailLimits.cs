namespace CsvIngest.Values;

/// <summary>The length limits of RFC 5321, in octets of the canonical form.</summary>
internal static class EmailLimits
{
    /// <summary>The whole address: a path of 256 octets without its angle brackets.</summary>
    public const int Address = 254;

    /// <summary>The part before <c>@</c>.</summary>
    public const int LocalPart = 64;

    /// <summary>One label of the domain, in ASCII form.</summary>
    public const int Label = 63;
}
