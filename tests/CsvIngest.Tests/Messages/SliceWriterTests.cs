using System.Text;
using CsvIngest.Messages;
using CsvIngest.Messages.Wire;
using CsvIngest.Values;
using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Messages;

public sealed class SliceWriterTests
{
    private static readonly Guid Import = Guid.Parse("018f0000-0000-7000-8000-000000000001");

    [Fact]
    public void A_message_holds_every_kind_of_row()
    {
        var writer = new SliceWriter(Import, "contacts", "data.csv", ["company", "phone"]);
        AddRow(writer, 2, ["ann@example.com", "Ann", "Acme", ""]);
        writer.AddRejection(3, new RejectReason(RejectCodes.InvalidEmail, "email", "no \"@\""), "bad,Bob"u8);
        writer.AddDuplicate(4);
        writer.RowCount.ShouldBe(3);

        var message = ImportMessage.Parser.ParseFrom(writer.Finish(7, 1200));

        message.ImportId.ShouldBe(Import.ToString());
        message.Dataset.ShouldBe("contacts");
        message.Source.ShouldBe("data.csv");
        message.Slice.Number.ShouldBe(7);
        message.Slice.RowsBefore.ShouldBe(1200);
        message.Slice.ExtraColumns.ShouldBe(["company", "phone"]);
        message.Slice.Rows.ShouldHaveSingleItem().Values.ShouldBe(["ann@example.com", "Ann", "Acme", ""]);
        message.Slice.Rejections.ShouldHaveSingleItem().Raw.ToStringUtf8().ShouldBe("bad,Bob");
        message.Slice.Duplicates.ShouldHaveSingleItem().Line.ShouldBe(4);
        writer.RowCount.ShouldBe(0);
    }

    [Fact]
    public void A_finished_slice_leaves_nothing_to_the_next()
    {
        var writer = new SliceWriter(Import, "contacts", "data.csv", []);
        AddRow(writer, 2, ["ann@example.com", "Ann"]);
        writer.Finish(1, 0);
        AddRow(writer, 3, ["bob@example.com", "Bob"]);

        ImportMessage.Parser.ParseFrom(writer.Finish(2, 1)).Slice.Rows.ShouldHaveSingleItem().Line.ShouldBe(3);
    }

    [Fact]
    public void Only_the_start_of_a_long_rejected_record_is_sent()
    {
        var writer = new SliceWriter(Import, "contacts", "data.csv", []);
        writer.AddRejection(2, new RejectReason(RejectCodes.RecordTooLarge, "", "too large"), new byte[100_000]);

        ImportMessage.Parser.ParseFrom(writer.Finish(1, 0)).Slice.Rejections[0].Raw.Length.ShouldBe(SliceWriter.MaxRawBytes);
    }

    [Fact]
    public void The_closing_counts_rows_and_slices()
    {
        var closing = ImportMessage.Parser.ParseFrom(new SliceWriter(Import, "contacts", "data.csv", []).Close(12345, 62));

        closing.ImportId.ShouldBe(Import.ToString());
        closing.Closing.RowsRead.ShouldBe(12345);
        closing.Closing.Slices.ShouldBe(62);
    }

    [Fact]
    public void Any_rows_are_read_back_as_they_were_written()
    {
        var rows = ArbMap.Default.GeneratorFor<NonNull<string>[]>().Select(values => values.Select(value => Text(value.Get)).ToArray());
        Prop.ForAll(rows.ArrayOf().ToArbitrary(), table =>
        {
            var writer = new SliceWriter(Import, "contacts", "data.csv", []);
            for (var i = 0; i < table.Length; i++)
            {
                AddRow(writer, (i * 1000L) + 1, table[i]);
            }

            var slice = ImportMessage.Parser.ParseFrom(writer.Finish(1, long.MaxValue)).Slice;
            slice.RowsBefore.ShouldBe(long.MaxValue);
            slice.Rows.Select(row => row.Values.ToArray()).ShouldBe(table);
            slice.Rows.Select(row => row.Line).ShouldBe(Enumerable.Range(0, table.Length).Select(i => (i * 1000L) + 1));
        }).QuickCheckThrowOnFailure();
    }

    // FsCheck makes lone surrogates too, which UTF-8 cannot hold.
    private static string Text(string any) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(any));

    private static void AddRow(SliceWriter writer, long line, string[] values)
    {
        var bytes = new List<byte>();
        var ends = new List<int>();
        foreach (var value in values)
        {
            bytes.AddRange(Encoding.UTF8.GetBytes(value));
            ends.Add(bytes.Count);
        }

        writer.AddRow(line, [.. bytes], [.. ends]);
    }
}
