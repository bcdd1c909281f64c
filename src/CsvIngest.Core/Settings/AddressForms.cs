using System.Buffers;

namespace CsvIngest.Settings;

/// <summary>The addresses that an adapter accepts: the scheme of an address decides which adapter serves it.</summary>
public sealed record AddressForms
{
    private static readonly SearchValues<char> SchemeCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-.");

    /// <summary>The schemes, without the colon. Case does not matter.</summary>
    public required IReadOnlyList<string> Schemes { get; init; }

    /// <summary>The forms as help texts and errors list them, such as <c>scheme://…</c>.</summary>
    public required IReadOnlyList<string> Descriptions { get; init; }

    /// <summary>Whether <c>KEYWORD=VALUE;…</c>, which has no scheme, is an address as well. Defaults to false.</summary>
    public bool AcceptsKeywords { get; init; }

    /// <summary>The address that serves where none is configured; null if the adapter needs one. Defaults to null.</summary>
    public string? Default { get; init; }

    /// <summary>Whether the address has one of these forms. Its details are the adapter's to check.</summary>
    public bool Accept(string address) => SchemeOf(address) is { } scheme
        ? Schemes.Contains(scheme, StringComparer.OrdinalIgnoreCase)
        : AcceptsKeywords && address.Contains('=', StringComparison.Ordinal);

    private static string? SchemeOf(string address)
    {
        var colon = address.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && !address.AsSpan(0, colon).ContainsAnyExcept(SchemeCharacters) ? address[..colon] : null;
    }
}
