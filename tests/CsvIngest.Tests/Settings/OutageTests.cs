using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Settings;

public sealed class OutageTests
{
    private readonly Clock _clock = new();

    [Fact]
    public void An_outage_is_news_when_it_begins_now_and_then_and_when_it_is_over()
    {
        var outage = new Outage(_clock);
        outage.Succeed().ShouldBeFalse();
        outage.Fail().ShouldBe(OutageNews.Began);
        outage.Fail().ShouldBe(OutageNews.None);
        _clock.Now += TimeSpan.FromSeconds(31);
        outage.Fail().ShouldBe(OutageNews.StillThere);
        outage.Fail().ShouldBe(OutageNews.None);
        outage.Length.ShouldBe(TimeSpan.FromSeconds(31));
        outage.Succeed().ShouldBeTrue();
        outage.Length.ShouldBe(TimeSpan.Zero);
        outage.Fail().ShouldBe(OutageNews.Began);
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
