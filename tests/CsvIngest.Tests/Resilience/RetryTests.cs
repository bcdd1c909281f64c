using CsvIngest.Resilience;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Resilience;

public sealed class RetryTests
{
    private readonly ImmediateTime _time = new();

    [Fact]
    public async Task Delays_grow_up_to_5_seconds_and_stay_there_however_long_it_takes()
    {
        var attempts = 0;
        var retry = Retry.Unlimited(failure => failure is BrokerUnavailableException, _ => { }, _time);

        await retry.ExecuteAsync(
            _ => ++attempts <= 2000 ? throw new BrokerUnavailableException("no") : ValueTask.CompletedTask,
            TestContext.Current.CancellationToken);

        attempts.ShouldBe(2001);
        _time.Delays.Count.ShouldBe(2000);
        _time.Delays[0].ShouldBeLessThan(TimeSpan.FromMilliseconds(500));
        _time.Delays.ShouldAllBe(delay => delay >= TimeSpan.Zero && delay <= Retry.MaxDelay);
        _time.Delays.Skip(100).ShouldAllBe(delay => delay == Retry.MaxDelay);
    }

    [Fact]
    public async Task Each_execution_starts_with_the_first_delay_and_jitter_differs()
    {
        var retry = Retry.Unlimited(_ => true, _ => { }, _time);
        for (var i = 0; i < 50; i++)
        {
            var failed = false;
            await retry.ExecuteAsync(
                _ =>
                {
                    (var again, failed) = (!failed, true);
                    return again ? throw new InvalidOperationException() : ValueTask.CompletedTask;
                },
                TestContext.Current.CancellationToken);
        }

        _time.Delays.Count.ShouldBe(50);
        _time.Delays.ShouldAllBe(delay => delay < TimeSpan.FromMilliseconds(500));
        _time.Delays.Distinct().Count().ShouldBeGreaterThan(10);
    }

    [Fact]
    public async Task After_the_timeout_the_last_failure_is_thrown_and_the_worst_case_holds()
    {
        var attempts = 0;
        var waiting = new List<string>();

        var thrown = await Should.ThrowAsync<StoreUnavailableException>(() => Retry.WhileUnavailableAsync(
            () => throw new StoreUnavailableException($"{++attempts}"),
            TimeSpan.FromSeconds(60),
            failure => waiting.Add(failure.Message),
            _time,
            TestContext.Current.CancellationToken));

        thrown.Message.ShouldBe($"{attempts}");
        waiting.ShouldBe(["1"]);
        var total = TimeSpan.FromTicks(_time.Delays.Sum(delay => delay.Ticks));
        total.ShouldBeInRange(TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(60) + Retry.MaxDelay);
    }

    [Fact]
    public async Task What_is_not_worth_another_attempt_is_thrown_at_once()
    {
        await Should.ThrowAsync<DeniedException>(() => Retry.WhileUnavailableAsync(
            () => throw new DeniedException("no"),
            TimeSpan.FromSeconds(60),
            _ => { },
            _time,
            TestContext.Current.CancellationToken));

        _time.Delays.ShouldBeEmpty();
    }
}
