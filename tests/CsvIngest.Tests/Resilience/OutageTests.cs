using CsvIngest.Resilience;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Resilience;

public sealed class OutageTests
{
    private readonly ImmediateTime _time = new();
    private readonly List<string> _messages = [];

    [Fact]
    public void An_outage_is_reported_when_it_begins_at_intervals_and_when_it_ends()
    {
        var outage = Open();
        outage.Succeed();
        outage.Reason.ShouldBeNull();
        outage.Fail("a");
        outage.Fail("b");
        outage.Reason.ShouldBe("b");
        _time.Advance(TimeSpan.FromSeconds(31));
        outage.Fail("c");
        outage.Fail("d");
        _time.Advance(TimeSpan.FromSeconds(29));
        outage.Fail("e");
        _time.Advance(TimeSpan.FromSeconds(1));
        outage.Fail("f");
        _time.Advance(TimeSpan.FromSeconds(2));
        outage.Succeed();
        outage.Succeed();
        outage.Reason.ShouldBeNull();
        outage.Fail("again");

        _messages.ShouldBe(["began: a", "lasts 31 s: c", "lasts 61 s: f", "ended after 63 s", "began: again"]);
    }

    [Fact]
    public void A_clock_that_is_set_changes_nothing()
    {
        var outage = Open();
        outage.Fail("a");
        _time.Set(DateTimeOffset.UnixEpoch);
        outage.Fail("b");
        _time.Set(new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero));
        outage.Fail("c");
        outage.Succeed();

        _messages.ShouldBe(["began: a", "ended after 0 s"]);
    }

    private Outage Open() => new(
        _time,
        reason => _messages.Add($"began: {reason}"),
        (lasted, reason) => _messages.Add($"lasts {lasted.TotalSeconds} s: {reason}"),
        lasted => _messages.Add($"ended after {lasted.TotalSeconds} s"));
}
