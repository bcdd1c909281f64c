using CsvIngest.Consumer.Commands;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Consumer;

public sealed class UndoPaceTests
{
    [Fact]
    public void Slow_transactions_are_followed_by_larger_ones_up_to_a_limit()
    {
        var pace = new UndoPace();
        pace.Record(UndoPace.Slow);
        pace.Rows.ShouldBe(UndoPace.FewestRows);

        var rows = Enumerable.Range(0, 8).Select(_ =>
        {
            pace.Record(UndoPace.Slow * 2);
            return pace.Rows;
        });

        rows.ShouldBe([40_000, 80_000, 160_000, 320_000, 640_000, 1_000_000, 1_000_000, 1_000_000]);
    }
}
