using System.Text;

namespace CsvIngest.Values;

/// <summary>Texts that a file writes where there is no value, such as <c>\N</c> or <c>NULL</c>.</summary>
/// <param name="markers">The texts, exactly, without surrounding white space.</param>
public sealed class NullMarkers(IEnumerable<string> markers)
{
    private readonly byte[][] _markers = [.. markers.Select(marker => Encoding.UTF8.GetBytes(marker))];

    /// <summary>Whether a value is one of the texts, apart from surrounding white space.</summary>
    public bool Contains(ReadOnlySpan<byte> value)
    {
        value = Utf8Text.Trim(value);
        foreach (var marker in _markers)
        {
            if (value.SequenceEqual(marker))
            {
                return true;
            }
        }

        return false;
    }
}
