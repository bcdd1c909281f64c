using CsvIngest.Consumer.Status;
using CsvIngest.Messages;
using CsvIngest.Store;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Consumer;

public sealed class ImportStatusTests
{
    private static readonly DateTimeOffset Start = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>200 of 400 rows, in 2 of 4 slices, in 10 s, read at that moment.</summary>
    internal static readonly ImportBooks Half = new(
        Guid.Empty, "f.csv", "contacts", Start, Start.AddSeconds(10), Start.AddSeconds(10), Origin: null,
        RowsRead: 400, Inserted: 150, Duplicate: 30, Rejected: 20, SlicesApplied: 2, SlicesExpected: 4, MissingSlices: [(3, 4)]);

    private static readonly ImportBooks Open = Half with { RowsRead = 200, SlicesExpected = null, MissingSlices = [] };
    private static readonly ImportBooks Whole = Open with { SlicesExpected = 2 };
    private static readonly ImportBooks Undoing = Whole with { Undo = new ImportUndo(Start, CompletedAt: null, RowsRemoved: 1) };
    private static readonly ImportBooks Undone = Whole with { Undo = new ImportUndo(Start, CompletedAt: Start, RowsRemoved: 1500) };

    [Theory]
    // Of what is known, and what waits.
    [InlineData("whole", 0, 0, "Complete")]
    [InlineData("whole", 5, 3600, "Complete")]
    [InlineData("half", 5, 0, "InProgress")]
    [InlineData("half", 5, 3600, "InProgress")]
    [InlineData("half", 0, 14, "InProgress")]
    [InlineData("half", 0, 15, "SlicesMissing")]
    [InlineData("open", 5, 3600, "InProgress")]
    [InlineData("open", 0, 14, "InProgress")]
    [InlineData("open", 0, 15, "ProducerUnfinished")]
    // Nothing is certain of the broker.
    [InlineData("whole", -1, 0, "Unknown")]
    [InlineData("half", -1, 3600, "Unknown")]
    [InlineData("open", -1, 0, "Unknown")]
    // What was undone is certain, whatever waits.
    [InlineData("undoing", 5, 0, "UndoUnfinished")]
    [InlineData("undone", 5, 3600, "Undone")]
    [InlineData("undone", -1, 0, "Undone")]
    public void The_books_and_the_queue_decide_the_status(string books, int waiting, int quietSeconds, string expected) =>
        ImportStatuses.Of(Read(books, quietSeconds), waiting < 0 ? null : new QueueLengths(waiting, 0)).ToString().ShouldBe(expected);

    [Fact]
    public void A_dead_letter_does_not_make_an_import_be_in_progress() =>
        ImportStatuses.Of(Read("half", 60), new QueueLengths(0, 7)).ShouldBe(ImportStatus.SlicesMissing);

    [Theory]
    [InlineData("whole", 0, "complete")]
    [InlineData("half", 0, "in progress (50 %, 10 s left)")]
    [InlineData("half", 300, "in progress (50 %, nothing stored for 5 min 0 s)")]
    [InlineData("open", 0, "in progress")]
    [InlineData("open", 7200, "in progress (nothing stored for 2 h 0 min)")]
    [InlineData("undoing", 0, "undo unfinished (1 row removed)")]
    [InlineData("undone", 0, "undone (1,500 rows removed)")]
    public void An_import_is_described_by_how_far_it_is(string books, int quietSeconds, string expected) =>
        ImportPace.Describe(Read(books, quietSeconds), new QueueLengths(1, 0)).ShouldBe(expected);

    [Fact]
    public void An_import_without_the_last_of_many_rows_is_not_at_100_percent() =>
        ImportPace.Describe(Half with { RowsRead = 100_000, Inserted = 99_949 }, new QueueLengths(1, 0)).ShouldStartWith("in progress (99 %");

    [Fact]
    public void The_pace_of_an_import_is_its_average()
    {
        ImportPace.Of(Half).ShouldBe(new ImportPace(20, TimeSpan.FromSeconds(10)));
        ImportPace.Of(Open).ShouldBe(new ImportPace(20, null));
        ImportPace.Of(Whole).ShouldBe(new ImportPace(20, null));
        ImportPace.Of(Half with { ReadAt = Start.AddHours(1) }).ShouldBe(new ImportPace(20, null));
        ImportPace.Of(Half with { ChangedAt = Start.AddSeconds(0.5) }).ShouldBe(new ImportPace(null, null));
    }

    [Theory]
    [InlineData(true, false, 0, 0, true)]
    [InlineData(true, false, 1, 0, false)]
    [InlineData(true, true, 1, 0, true)]
    [InlineData(true, true, 0, 1, false)]
    [InlineData(false, false, 0, 0, false)]
    public void Everything_is_complete_if_nothing_waits_that_may_change_it(
        bool isWhole, bool isOfOneImport, int messages, int deadLetters, bool expected) =>
        new StatusReport([isWhole ? Whole : Half], new QueueLengths(messages, deadLetters), isOfOneImport).IsComplete.ShouldBe(expected);

    [Fact]
    public void An_undone_import_is_complete_and_one_that_is_being_undone_is_not() =>
        (Undoing.Complete, Undone.Complete).ShouldBe((false, true));

    [Fact]
    public void Nothing_is_complete_without_imports_or_without_the_broker()
    {
        new StatusReport([], new QueueLengths(0, 0), false).IsComplete.ShouldBeFalse();
        new StatusReport([Whole], null, true).IsComplete.ShouldBeFalse();
    }

    private static ImportBooks Read(string books, int quietSeconds)
    {
        var read = books switch { "whole" => Whole, "half" => Half, "undoing" => Undoing, "undone" => Undone, _ => Open };
        return read with { ReadAt = read.ChangedAt.AddSeconds(quietSeconds) };
    }
}
