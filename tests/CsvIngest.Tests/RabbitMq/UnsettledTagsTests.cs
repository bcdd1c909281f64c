using CsvIngest.RabbitMq;
using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.RabbitMq;

public sealed class UnsettledTagsTests
{
    [Fact]
    public void A_prefix_is_settled_in_one()
    {
        var tags = Delivered(5);

        Take(tags, 3, 1, 2).ShouldBe("up to 3");
        Take(tags, 4, 5).ShouldBe("up to 5");
    }

    [Fact]
    public void A_gap_is_never_settled_along()
    {
        var tags = Delivered(5);

        Take(tags, 1, 3, 4).ShouldBe("up to 1, 3, 4");
        Take(tags, 5).ShouldBe("up to 0, 5");
        Take(tags, 2).ShouldBe("up to 2");
    }

    [Fact]
    public void A_tag_is_settled_once()
    {
        var tags = Delivered(2);
        Take(tags, 1).ShouldBe("up to 1");

        Take(tags, 1).ShouldBe("up to 0");
        Take(tags, 1, 2, 9).ShouldBe("up to 2");
    }

    [Fact]
    public void Any_batches_settle_each_tag_exactly_once()
    {
        // Each tag belongs to one of five batches, which are settled one after the other.
        var batches = Gen.ListOf(Gen.Choose(0, 4)).ToArbitrary();
        Prop.ForAll(batches, batchOfTag =>
        {
            var tags = Delivered(batchOfTag.Count);
            var broker = new SortedSet<ulong>(Enumerable.Range(1, batchOfTag.Count).Select(tag => (ulong)tag));
            for (var batch = 0; batch < 5; batch++)
            {
                var wanted = batchOfTag.Index().Where(item => item.Item == batch).Select(item => (ulong)item.Index + 1).ToList();
                var (upTo, singly) = tags.Take(wanted);
                var settled = broker.Where(tag => tag <= upTo).Concat(singly).ToList();
                settled.ShouldBe(wanted);
                broker.ExceptWith(settled);
            }

            broker.ShouldBeEmpty();
        }).QuickCheckThrowOnFailure();
    }

    private static string Take(UnsettledTags tags, params ulong[] wanted)
    {
        var (upTo, singly) = tags.Take(wanted);
        return string.Join(", ", singly.Select(tag => $"{tag}").Prepend($"up to {upTo}"));
    }

    private static UnsettledTags Delivered(int count)
    {
        var tags = new UnsettledTags();
        for (var tag = 1UL; tag <= (ulong)count; tag++)
        {
            tags.Add(tag);
        }

        return tags;
    }
}
