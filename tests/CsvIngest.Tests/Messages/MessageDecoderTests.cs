using System.Globalization;
using System.Text;
using CsvIngest.Datasets;
using CsvIngest.Messages;
using CsvIngest.Messages.Wire;
using CsvIngest.Store;
using Duplicate = CsvIngest.Messages.Wire.Duplicate;
using Rejection = CsvIngest.Messages.Wire.Rejection;
using Row = CsvIngest.Messages.Wire.Row;
using CsvIngest.Values;
using Google.Protobuf;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Messages;

public sealed class MessageDecoderTests
{
    private const string ImportId = "018f0000-0000-7000-8000-000000000001";

    private readonly MessageDecoder _decoder = new(DatasetCatalog.BuiltIn);

    [Fact]
    public void Canonical_json_by_hand_is_accepted()
    {
        const string Json = $$"""
            {
              "importId": "{{ImportId}}", "dataset": "contacts", "source": "by-hand.csv",
              "slice": {
                "number": 1, "extraColumns": ["company"],
                "rows": [{ "line": "2", "values": [" Ann@Example.COM ", "Ann", "Acme \"A\""] }],
                "rejections": [{ "line": 3, "column": "email", "code": "invalid-email", "reason": "no @", "raw": "YmFk" }],
                "duplicates": [{ "line": 4 }]
              }
            }
            """;

        var slice = _decoder.Decode(Encoding.UTF8.GetBytes(Json), ContentTypes.Json).ShouldBeOfType<SlicePart>();

        var row = slice.Rows.ShouldHaveSingleItem();
        row.Line.ShouldBe(2);
        row.Texts().ShouldBe(["ann@example.com", "Ann"]);
        row.ExtraText().ShouldBe("""{"company":"Acme \"A\""}""");
        slice.Rejections.ShouldHaveSingleItem().Raw.ShouldBe("bad");
        slice.DuplicateLines.ShouldBe([4]);
        (slice.FirstLine, slice.LastLine).ShouldBe((2, 4));
    }

    [Fact]
    public void A_row_that_breaks_a_rule_becomes_a_rejection_and_the_others_stay()
    {
        var message = Message();
        message.Slice.Rows.Add(new Row { Line = 3, Values = { "not an address", "Bob" } });

        var slice = _decoder.Decode(message.ToByteArray(), null).ShouldBeOfType<SlicePart>();

        slice.Rows.ShouldHaveSingleItem().Line.ShouldBe(2);
        var rejection = slice.Rejections.ShouldHaveSingleItem();
        (rejection.Line, rejection.Column, rejection.Code).ShouldBe((3, "email", RejectCodes.InvalidEmail));
        rejection.Raw.ShouldBe("not an address,Bob");
    }

    [Fact]
    public void Released_memory_serves_the_next_message_whatever_its_size()
    {
        for (var rows = 1; rows < 2000; rows *= 3)
        {
            var message = Message();
            message.Slice.Rows.Clear();
            message.Slice.Rows.Add(Enumerable.Range(0, rows).Select(i => new Row { Line = i + 2, Values = { $"p{i}@example.com", $"Name {i}" } }));

            // The second one is decoded beside the first, into other memory; the third into that of the first.
            var first = Decode(message, rows);
            var second = Decode(message, rows);
            _decoder.Release(first);
            Decode(message, rows);
            ShouldBeRows(second, rows);
            _decoder.Release(second);
        }

        SlicePart Decode(ImportMessage message, int rows)
        {
            var slice = _decoder.Decode(message.ToByteArray(), null).ShouldBeOfType<SlicePart>();
            ShouldBeRows(slice, rows);
            return slice;
        }

        static void ShouldBeRows(SlicePart slice, int rows) => slice.Rows.Select(row => (row.Line, row.Texts()[0], row.Texts()[1]))
            .ShouldBe(Enumerable.Range(0, rows).Select(i => (i + 2L, (string?)$"p{i}@example.com", (string?)$"Name {i}")));
    }

    [Fact]
    public void Memory_of_a_message_with_rejected_rows_serves_the_next_one_like_new()
    {
        // Rejected in the first column, in the second, or not at all: every sequence of four rows.
        string[][] rows = [["no address", "Ann"], ["ann@example.com", "A\0nn"], ["ann@example.com", "Ann"]];
        foreach (var sequence in Enumerable.Range(0, 81).Select(n => (int[])[n % 3, n / 3 % 3, n / 9 % 3, n / 27]))
        {
            var message = Message();
            message.Slice.Rows.Clear();
            message.Slice.Rows.Add(sequence.Select((kind, i) => new Row { Line = i + 2, Values = { rows[kind] } }));
            var slice = _decoder.Decode(message.ToByteArray(), null).ShouldBeOfType<SlicePart>();
            slice.Rows.Count.ShouldBe(sequence.Count(kind => kind == 2));
            _decoder.Release(slice);

            var next = _decoder.Decode(Message().ToByteArray(), null).ShouldBeOfType<SlicePart>();

            next.Rows.ShouldHaveSingleItem().Texts().ShouldBe(["ann@example.com", "Ann"]);
            _decoder.Release(next);
        }
    }

    [Fact]
    public void Long_names_of_extra_columns_reserve_no_memory_for_rows_that_are_rejected()
    {
        // With the names in every row, these rows would take 4 GB.
        var message = Message();
        message.Slice.ExtraColumns.Clear();
        message.Slice.ExtraColumns.Add(Enumerable.Range(0, 40).Select(i => $"{i}".PadLeft(1000, 'x')));
        message.Slice.Rows.Clear();
        var row = new Row { Values = { Enumerable.Repeat("", 42) } };
        message.Slice.Rows.Add(Enumerable.Range(2, 100_000).Select(line => new Row(row) { Line = line }));

        var slice = _decoder.Decode(message.ToByteArray(), null).ShouldBeOfType<SlicePart>();

        slice.Rows.ShouldBeEmpty();
        slice.Rejections.Count.ShouldBe(100_000);
    }

    [Fact]
    public void A_lone_surrogate_in_a_value_is_rejected_not_replaced()
    {
        const string Json = $$"""
            {
              "importId": "{{ImportId}}", "dataset": "contacts", "source": "s",
              "slice": { "number": 1, "rows": [{ "line": 2, "values": ["a@example.com", "Ann \ud800"] }] }
            }
            """;

        // Either the parser rejects the message, or the row is rejected; it never goes in changed.
        try
        {
            _decoder.Decode(Encoding.UTF8.GetBytes(Json), ContentTypes.Json).ShouldBeOfType<SlicePart>()
                .Rejections.ShouldHaveSingleItem().Code.ShouldBe(RejectCodes.InvalidEncoding);
        }
        catch (UnacceptableMessageException e)
        {
            e.Reason.ShouldBe(DeadLetterReasons.Undecodable);
        }
    }

    [Fact]
    public void A_raw_record_that_is_no_text_is_shown_as_text_that_any_database_takes()
    {
        var message = Message();
        message.Slice.Rejections.Add(
            new Rejection { Line = 3, Code = "invalid-encoding", Raw = ByteString.CopyFrom(0x41, 0xFF, 0x00, 0xC3, 0xA9) });

        _decoder.Decode(message.ToByteArray(), null).ShouldBeOfType<SlicePart>()
            .Rejections[0].Raw.ShouldBe("A\\xFF\\x00é");
    }

    [Fact]
    public void A_raw_record_that_is_huge_is_cut()
    {
        var message = Message();
        message.Slice.Rejections.Add(
            new Rejection { Line = 3, Code = "too-long", Raw = ByteString.CopyFrom(new byte[1_000_000].Select(_ => (byte)'x').ToArray()) });

        var slice = _decoder.Decode(message.ToByteArray(), null).ShouldBeOfType<SlicePart>();

        slice.Rejections.ShouldHaveSingleItem().Raw.Length.ShouldBe(SliceWriter.MaxRawBytes);
    }

    [Fact]
    public void A_closing_is_decoded()
    {
        var closing = _decoder.Decode(Closing(1000, 5).ToByteArray(), ContentTypes.Protobuf).ShouldBeOfType<ClosingPart>();

        (closing.RowsRead, closing.Slices, closing.ContentHash).ShouldBe((1000, 5, null));
    }

    [Fact]
    public void A_closing_is_decoded_as_it_was_written()
    {
        var hash = new string('a', 64);
        var message = new SliceWriter(Guid.Parse(ImportId), "contacts", "data.csv", []).Close(1000, 5, hash);

        var closing = _decoder.Decode(message, null).ShouldBeOfType<ClosingPart>();

        (closing.RowsRead, closing.Slices, closing.ContentHash).ShouldBe((1000, 5, hash));
    }

    [Fact]
    public void An_opening_is_decoded_as_it_was_written()
    {
        var origin = new ImportOrigin(
            12, new DateTimeOffset(2026, 6, 1, 12, 30, 15, TimeSpan.Zero).AddTicks(1234567), "máquina", "ann", new string('a', 64));
        var writer = new SliceWriter(Guid.Parse(ImportId), "contacts", "data.csv", []);

        _decoder.Decode(writer.Open(origin), null).ShouldBeOfType<OpeningPart>().Origin.ShouldBe(origin);
        _decoder.Decode(writer.Open(new ImportOrigin()), null).ShouldBeOfType<OpeningPart>().Origin.ShouldBe(new ImportOrigin());
    }

    [Theory]
    [InlineData("2026-06-01T12:30:15Z", "2026-06-01T12:30:15+00:00")]
    [InlineData("2026-06-01T12:30:15.5+02:00", "2026-06-01T10:30:15.5+00:00")]
    public void The_time_of_an_opening_may_have_any_offset(string text, string moment)
    {
        var message = Opening(text);

        _decoder.Decode(message.ToByteArray(), null).ShouldBeOfType<OpeningPart>()
            .Origin.StartedAt.ShouldBe(DateTimeOffset.Parse(moment, CultureInfo.InvariantCulture));
    }

    [Theory]
    [MemberData(nameof(Unacceptable))]
    public void What_cannot_be_handled_is_rejected_with_its_reason(string name, byte[] body, string? contentType, string reason)
    {
        Should.Throw<UnacceptableMessageException>(() => _decoder.Decode(body, contentType), name).Reason.ShouldBe(reason);
    }

    public static TheoryData<string, byte[], string?, string> Unacceptable()
    {
        var data = new TheoryData<string, byte[], string?, string>
        {
            { "random bytes", [0xFF, 0x13, 0x37, 0x00, 0xFE], null, DeadLetterReasons.Undecodable },
            { "empty", [], null, DeadLetterReasons.Invalid },
            { "not JSON", "not json"u8.ToArray(), ContentTypes.Json, DeadLetterReasons.Undecodable },
            { "JSON with an unknown field", "{\"what\":1}"u8.ToArray(), ContentTypes.Json, DeadLetterReasons.Undecodable },
            { "invalid UTF-8 in JSON", [0x7B, 0xFF, 0x7D], ContentTypes.Json, DeadLetterReasons.Undecodable },
            { "another content type", Message().ToByteArray(), "text/csv", DeadLetterReasons.Undecodable },
        };
        Add("unknown dataset", DeadLetterReasons.UnknownDataset, m => m.Dataset = "no-such");
        Add("no dataset", DeadLetterReasons.UnknownDataset, m => m.Dataset = "");
        Add("no UUID", DeadLetterReasons.Invalid, m => m.ImportId = "17");
        Add("NUL in the source", DeadLetterReasons.Invalid, m => m.Source = "a\0b");
        Add("no part", DeadLetterReasons.Invalid, m => m.ClearPart());
        Add("slice 0", DeadLetterReasons.Invalid, m => m.Slice.Number = 0);
        Add("negative rows before", DeadLetterReasons.Invalid, m => m.Slice.RowsBefore = -1);
        Add("a slice number past all", DeadLetterReasons.Invalid, m => m.Slice.Number = int.MaxValue);
        Add("rows before past all", DeadLetterReasons.Invalid, m => m.Slice.RowsBefore = long.MaxValue);
        Add("a line past all", DeadLetterReasons.Invalid, m => m.Slice.Rows[0].Line = long.MaxValue);
        Add("a closing of more rows than any file", DeadLetterReasons.Invalid, m => m.Closing = new Closing { RowsRead = long.MaxValue, Slices = 2 });
        Add("no rows", DeadLetterReasons.Invalid, m => m.Slice.Rows.Clear());
        Add("line 0", DeadLetterReasons.Invalid, m => m.Slice.Rows[0].Line = 0);
        Add("a line twice", DeadLetterReasons.Invalid, m => m.Slice.Duplicates.Add(new Duplicate { Line = 2 }));
        Add("too few values", DeadLetterReasons.Invalid, m => m.Slice.Rows[0].Values.RemoveAt(1));
        Add("too many values", DeadLetterReasons.Invalid, m => m.Slice.Rows[0].Values.Add("x"));
        Add("an extra column twice", DeadLetterReasons.Invalid, m =>
        {
            m.Slice.ExtraColumns.Add(["x", "x"]);
            m.Slice.Rows[0].Values.Add(["1", "2"]);
        });
        Add("NUL in a rejection", DeadLetterReasons.Invalid, m => m.Slice.Rejections.Add(new Rejection { Line = 9, Reason = "a\0b" }));
        Add("a closing of fewer rows than slices", DeadLetterReasons.Invalid, m => m.Closing = new Closing { RowsRead = 1, Slices = 2 });
        Add("a closing of rows without slices", DeadLetterReasons.Invalid, m => m.Closing = new Closing { RowsRead = 1, Slices = 0 });
        Add("an opening of a negative size", DeadLetterReasons.Invalid, m => m.Opening = new Opening { Bytes = -1 });
        Add("an opening of a size past all", DeadLetterReasons.Invalid, m => m.Opening = new Opening { Bytes = long.MaxValue });
        Add("an opening at no time", DeadLetterReasons.Invalid, m => m.Opening = new Opening { StartedAt = "yesterday" });
        Add("an opening before all time", DeadLetterReasons.Invalid, m => m.Opening = new Opening { StartedAt = "0001-01-01T00:00:00+14:00" });
        Add("NUL in an opening", DeadLetterReasons.Invalid, m => m.Opening = new Opening { Host = "a\0b" });
        Add("an endless user", DeadLetterReasons.Invalid, m => m.Opening = new Opening { User = new string('u', 1025) });
        Add("a hash that is none", DeadLetterReasons.Invalid, m => m.Opening = new Opening { ContentSha256 = new string('g', 64) });
        Add("a closing's hash that is none", DeadLetterReasons.Invalid, m => m.Closing = new Closing { ContentSha256 = new string('A', 64) });
        Add("a hash that is too short", DeadLetterReasons.Invalid, m => m.Opening = new Opening { ContentSha256 = "abc" });
        return data;

        void Add(string name, string reason, Action<ImportMessage> change)
        {
            var message = Message();
            change(message);
            data.Add(name, message.ToByteArray(), null, reason);
        }
    }

    private static ImportMessage Message() => new()
    {
        ImportId = ImportId,
        Dataset = "contacts",
        Source = "data.csv",
        Slice = new Slice { Number = 1, Rows = { new Row { Line = 2, Values = { "ann@example.com", "Ann" } } } },
    };

    private static ImportMessage Opening(string startedAt) => new()
    {
        ImportId = ImportId, Dataset = "contacts", Source = "data.csv", Opening = new Opening { StartedAt = startedAt },
    };

    private static ImportMessage Closing(long rows, int slices) => new()
    {
        ImportId = ImportId, Dataset = "contacts", Source = "data.csv", Closing = new Closing { RowsRead = rows, Slices = slices },
    };
}
