using CsvIngest.Producer.Watch;
using CsvIngest.Testing;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Producer;

public sealed class ArrivalsTests : IDisposable
{
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(5);

    private readonly WorkFolder _folder = new();
    private readonly FakeTimeProvider _time = new();
    private readonly Arrivals _arrivals;

    public ArrivalsTests() => _arrivals = new Arrivals(Settle, _time);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_is_due_once_its_size_and_its_time_have_not_changed_for_the_settle_time()
    {
        var path = _folder.Write("a.csv", "1");
        Due(TimeSpan.Zero, path).ShouldBeEmpty();
        _folder.Write("a.csv", "12");
        Due(Settle, path).ShouldBeEmpty("its size has changed");
        File.SetLastWriteTimeUtc(path, File.GetLastWriteTimeUtc(path).AddSeconds(1));
        Due(Settle, path).ShouldBeEmpty("its time has changed");
        Due(Settle / 2, path).ShouldBeEmpty();

        Due(Settle / 2, path).ShouldBe([path]);
    }

    [Fact]
    public void The_clock_of_the_writer_does_not_matter()
    {
        var path = _folder.Write("a.csv", "1");
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddYears(1));
        Due(TimeSpan.Zero, path);

        Due(Settle, path).ShouldBe([path]);
    }

    [Fact]
    public void A_file_that_changes_while_another_one_is_imported_has_to_settle_again()
    {
        var path = _folder.Write("a.csv", "1");
        Due(TimeSpan.Zero, path);
        Due(Settle, path).ShouldBe([path]);
        _arrivals.IsStillDue(path).ShouldBeTrue();

        _folder.Write("a.csv", "12");

        _arrivals.IsStillDue(path).ShouldBeFalse();
        Due(Settle, path).ShouldBe([path]);
    }

    [Fact]
    public void A_finished_file_is_due_again_only_if_it_changes_or_comes_back()
    {
        var path = _folder.Write("a.csv", "1");
        Due(TimeSpan.Zero, path);
        _arrivals.Finish(path);
        Due(Settle * 100, path).ShouldBeEmpty();

        _folder.Write("a.csv", "12");
        Due(TimeSpan.Zero, path).ShouldBeEmpty();
        Due(Settle, path).ShouldBe([path]);
        _arrivals.Finish(path);

        Due(TimeSpan.Zero).ShouldBeEmpty();
        Due(TimeSpan.Zero, path).ShouldBeEmpty();
        Due(Settle, path).ShouldBe([path]);
    }

    [Fact]
    public void A_postponed_file_is_due_later_and_the_same_reason_is_no_news()
    {
        var path = _folder.Write("a.csv", "1");
        Due(TimeSpan.Zero, path);

        _arrivals.Postpone(path, Settle * 2, "locked").ShouldBeTrue();
        Due(Settle, path).ShouldBeEmpty();
        Due(Settle, path).ShouldBe([path]);
        _arrivals.Postpone(path, Settle, "locked").ShouldBeFalse();
        _arrivals.Postpone(path, Settle, "unreadable").ShouldBeTrue();
    }

    [Fact]
    public void Files_are_due_in_the_order_in_which_they_were_written()
    {
        string[] paths = [_folder.Write("a.csv", "1"), _folder.Write("b.csv", "1"), _folder.Write("c.csv", "1")];
        foreach (var (path, age) in paths.Zip([1, 3, 3]))
        {
            File.SetLastWriteTimeUtc(path, new DateTime(2024, 1, 10 - age, 0, 0, 0, DateTimeKind.Utc));
        }

        Due(TimeSpan.Zero, paths);

        Due(Settle, paths).ShouldBe([paths[1], paths[2], paths[0]]);
    }

    private IReadOnlyList<string> Due(TimeSpan later, params string[] paths)
    {
        _time.Advance(later);
        _arrivals.Observe(paths);
        return _arrivals.Due();
    }
}
