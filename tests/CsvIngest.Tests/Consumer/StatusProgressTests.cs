using CsvIngest.Consumer.Consuming;
using CsvIngest.Hosting.Display;
using CsvIngest.Consumer.Status;
using CsvIngest.Messages;
using CsvIngest.Store;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Consumer;

public sealed class StatusProgressTests
{
    private static readonly ImportBooks Half = ImportStatusTests.Half;

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void A_closed_import_has_a_total_a_speed_and_a_time_left()
    {
        var progress = new StatusProgress(_time);

        progress.Describe([Half with { Inserted = 50 }], new QueueLengths(2, 0)).ShouldBe("f.csv: 100 of 400 rows, 2 messages waiting");
        _time.Advance(TimeSpan.FromSeconds(2));
        progress.Describe([Half], new QueueLengths(1, 3))
            .ShouldBe("f.csv: 200 of 400 rows, 50 rows/s, 4.0 s left, 1 message waiting, 3 dead-lettered");
    }

    [Fact]
    public void Before_the_closing_the_time_left_is_that_of_the_messages_that_wait()
    {
        var progress = new StatusProgress(_time);
        var open = Half with { SlicesExpected = null, RowsRead = 200 };

        progress.Describe([open with { Inserted = 50 }], new QueueLengths(12, 0));
        _time.Advance(TimeSpan.FromSeconds(2));

        // 12 messages of 100 rows at 50 rows/s.
        progress.Describe([open], new QueueLengths(12, 0)).ShouldBe("f.csv: 200 rows, 50 rows/s, 24 s left, 12 messages waiting");
        progress.Describe([open], null).ShouldBe("f.csv: 200 rows, 50 rows/s, broker unavailable");
    }

    [Fact]
    public void Imports_that_are_complete_are_not_counted()
    {
        var whole = Half with { SlicesApplied = 4, RowsRead = 200 };

        new StatusProgress(_time).Describe([Half, whole, Half], new QueueLengths(9, 0)).ShouldBe("2 imports: 400 of 800 rows, 9 messages waiting");
        new StatusProgress(_time).Describe([whole], new QueueLengths(0, 0)).ShouldBe("every known import is stored, 0 messages waiting");
        new StatusProgress(_time).Describe([], new QueueLengths(1, 0)).ShouldBe("no imports yet, 1 message waiting");
    }

    [Fact]
    public void The_speed_is_that_of_the_last_seconds()
    {
        var speed = new Speed(_time);

        speed.Add(0).ShouldBeNull();
        _time.Advance(TimeSpan.FromSeconds(5));
        speed.Add(500).ShouldBe(100);
        for (var i = 0; i < 11; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            speed.Add(500);
        }

        speed.Add(500).ShouldBeNull("nothing was added for longer than is remembered");
    }

    [Fact]
    public async Task A_drain_is_described_by_what_it_has_done_and_what_waits()
    {
        var totals = new Totals();
        using var line = new TerminalLine(TextWriter.Null, () => 80);
        await using var broker = new CsvIngest.Sqlite.SqliteBroker("none.db", "q", Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        var progress = new DrainProgress(totals, broker, line, _time);

        progress.Describe(null).ShouldBe("0 rows");
        for (var i = 0; i < 10; i++)
        {
            totals.Add(new AnyDelivery(), new PartOutcome(PartOutcomeKind.Applied, 100, 50, 50));
        }

        _time.Advance(TimeSpan.FromSeconds(2));
        totals.AddDeadLetter();
        progress.Describe(new QueueLengths(40, 1)).ShouldBe("2,000 rows, 1,000 rows/s, 40 messages waiting, 8.0 s left, 1 dead-lettered");
        progress.Describe(new QueueLengths(0, 1)).ShouldBe("2,000 rows, 1,000 rows/s, 1 dead-lettered");
    }

    private sealed class AnyDelivery() : Delivery(ReadOnlyMemory<byte>.Empty, null, 0);
}
