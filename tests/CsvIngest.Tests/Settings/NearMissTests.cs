using CsvIngest.Hosting;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Settings;

public sealed class NearMissTests
{
    private static readonly string[] Known = ["--file", "--state", "--datasets", "--dataset", "status", "migrate", "contacts"];

    [Theory]
    [InlineData("--flie", "--file")]
    [InlineData("--datset", "--dataset")]
    [InlineData("statsu", "status")]
    [InlineData("migrat", "migrate")]
    [InlineData("contcts", "contacts")]
    [InlineData("orders", null)]
    [InlineData("--drain", null)]
    [InlineData("", null)]
    public void A_word_with_a_few_wrong_letters_is_recognized(string word, string? meant) => NearMiss.Find(word, Known).ShouldBe(meant);
}
