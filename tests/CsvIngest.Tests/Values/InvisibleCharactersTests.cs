using System.Globalization;
using System.Text;
using CsvIngest.Datasets;
using CsvIngest.Values;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Values;

public sealed class InvisibleCharactersTests
{
    /// <summary>Unicode's property Prepended_Concatenation_Mark: format characters with a visible glyph, such as the Arabic number sign.</summary>
    private static readonly int[] PrependedMarks =
        [0x0600, 0x0601, 0x0602, 0x0603, 0x0604, 0x0605, 0x06DD, 0x070F, 0x0890, 0x0891, 0x08E2, 0x110BD, 0x110CD];

    private static IEnumerable<Rune> AllCharacters => Enumerable.Range(0, 0x110000).Where(Rune.IsValid).Select(code => new Rune(code));

    // DerivedCoreProperties.txt: "Total code points: 4174".
    [Fact]
    public void The_table_has_as_many_code_points_as_the_standard() =>
        InvisibleCharacters.DefaultIgnorable.Sum(range => range.Last - range.First + 1).ShouldBe(4174);

    // As the standard derives it: format characters without those that are visible, fillers and other ignorable ones, and reserved ones.
    [Fact]
    public void The_table_is_what_the_standard_derives_from_the_categories()
    {
        foreach (var rune in AllCharacters)
        {
            var category = Rune.GetUnicodeCategory(rune);
            var isVisibleFormat = PrependedMarks.Contains(rune.Value) || rune.Value is (>= 0xFFF9 and <= 0xFFFB) or (>= 0x13430 and <= 0x13440);
            if (category == UnicodeCategory.Format)
            {
                IsInTable(rune).ShouldBe(!isVisibleFormat, $"U+{rune.Value:X4}");
            }
            else if (IsInTable(rune))
            {
                category.ShouldBeOneOf(UnicodeCategory.NonSpacingMark, UnicodeCategory.OtherLetter, UnicodeCategory.OtherNotAssigned);
            }
        }
    }

    [Fact]
    public void A_key_contains_none_of_them_and_header_names_ignore_them_all()
    {
        foreach (var rune in AllCharacters.Where(InvisibleCharacters.Contains))
        {
            Canonical.Of(ColumnType.Email, $"ann{rune}lee@example.com").RejectReason.ShouldNotBeNull($"U+{rune.Value:X4}");
            // Joiners are accepted where a domain needs them, which is not between these letters.
            Canonical.Of(ColumnType.Email, $"ann@exam{rune}ple.com").RejectReason.ShouldNotBeNull($"U+{rune.Value:X4}");
            HeaderName.Normalize($"{rune}E{rune}mail").ShouldBe("email", $"U+{rune.Value:X4}");
        }
    }

    [Theory]
    [InlineData('a')]
    [InlineData('é')]
    [InlineData('本')]
    [InlineData('ـ')]
    [InlineData('\u0301')]
    [InlineData('\u2801')]
    [InlineData('\u1100')]
    public void Characters_with_a_glyph_are_visible(char character) => InvisibleCharacters.Contains(new Rune(character)).ShouldBeFalse();

    private static bool IsInTable(Rune rune) =>
        InvisibleCharacters.DefaultIgnorable.Any(range => rune.Value >= range.First && rune.Value <= range.Last);
}
