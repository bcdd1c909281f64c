using System.Text;
using System.Text.Json;
using CsvIngest.Datasets;
using CsvIngest.Messages;
using CsvIngest.Messages.Wire;
using CsvIngest.Store;
using CsvIngest.Tests.Harness;
using Google.Protobuf;
using Shouldly;
using Xunit;
using Rejection = CsvIngest.Messages.Wire.Rejection;
using Row = CsvIngest.Messages.Wire.Row;

namespace CsvIngest.Tests.Messages;

/// <summary>
/// The hand-written reader and the generated parser see the same in any body, whole, damaged or random. With one difference: a text that is not
/// valid UTF-8 ends the reader, as the specification asks, while the parser of some versions replaces the bytes.
/// </summary>
public sealed class WireMessageProperties
{
    private const int Bodies = 20_000;

    private readonly MessageDecoder _decoder = new(DatasetCatalog.BuiltIn);
    private readonly WireMessage _message = new();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Reader_and_parser_agree_on_any_body(int seed)
    {
        var random = new Random(unchecked((int)PropertyConfig.Seed * 31) + seed);
        var (read, rejected) = (0, 0);
        for (var i = 0; i < Bodies; i++)
        {
            var body = AnyBody(random);
            if (Agree(body, Convert.ToHexString(body)))
            {
                read++;
            }
            else
            {
                rejected++;
            }
        }

        // Both happen often enough to mean something.
        read.ShouldBeGreaterThan(Bodies / 4);
        rejected.ShouldBeGreaterThan(Bodies / 4);
    }

    [Fact]
    public void Every_corner_of_the_wire_format_is_read_as_the_parser_reads_it()
    {
        var slice = Field(4, Number(1, 3), Field(3, Number(1, 2), Text(2, "ann@example.com"), Text(2, "Ann")));
        Dictionary<string, byte[]> bodies = new(StringComparer.Ordinal)
        {
            ["a slice in two pieces is merged"] = [.. slice, .. Field(4, Number(6, 7), Field(5, Number(1, 3)))],
            ["of two parts the last one counts"] = [.. slice, .. Field(5, Number(1, 9), Number(2, 1))],
            ["a part in between forgets the one before"] = [.. slice, .. Field(5, Number(1, 9)), .. Field(4, Number(6, 7))],
            ["an opening in two pieces is merged"] = [.. Field(6, Number(1, 9), Text(3, "h")), .. Field(6, Text(3, "i"), Text(4, "u"))],
            ["a part in between forgets the opening"] = [.. Field(6, Number(1, 9), Text(3, "h")), .. slice, .. Field(6, Text(4, "u"))],
            ["an empty part still is one"] = [.. Field(5, Number(1, 9)), .. Field(4)],
            ["of two numbers the last one counts"] = Field(4, Number(1, 3), Number(1, 4)),
            ["a zero that is written out counts"] = Field(4, Number(1, 3), Number(1, 0)),
            ["unknown fields are skipped"] = [.. Number(900, 1), .. Field(901, [1, 2, 3]), .. slice],
            ["a known field of another wire type is unknown"] = [.. Number(1, 5), .. Number(4, 5), .. slice],
            ["fixed numbers are skipped"] = [.. Tag(900, 5), 1, 2, 3, 4, .. Tag(901, 1), 1, 2, 3, 4, 5, 6, 7, 8, .. slice],
            ["a fixed number that is cut"] = [.. Tag(900, 5), 1, 2, 3],
            ["groups are skipped"] = [.. Tag(900, 3), .. Tag(901, 3), .. Number(1, 1), .. Tag(901, 4), .. Tag(900, 4), .. slice],
            ["a group that another one ends"] = [.. Tag(900, 3), .. Tag(901, 4)],
            ["a group without end"] = [.. Tag(900, 3), .. Number(1, 1)],
            ["an end without group"] = [.. slice, .. Tag(900, 4)],
            ["an end of group inside a row"] = Field(4, Field(3, Number(1, 2), Tag(2, 4))),
            ["groups as deep as allowed"] = [.. Enumerable.Repeat(Tag(900, 3), 100).SelectMany(tag => tag), .. Enumerable.Repeat(Tag(900, 4), 100).SelectMany(tag => tag)],
            ["groups too deep"] = [.. Enumerable.Repeat(Tag(900, 3), 101).SelectMany(tag => tag), .. Enumerable.Repeat(Tag(900, 4), 101).SelectMany(tag => tag)],
            ["groups in a row as deep as allowed"] = Field(4, Field(3, [.. Enumerable.Repeat(Tag(900, 3), 98).SelectMany(tag => tag), .. Enumerable.Repeat(Tag(900, 4), 98).SelectMany(tag => tag)])),
            ["groups in a row too deep"] = Field(4, Field(3, [.. Enumerable.Repeat(Tag(900, 3), 99).SelectMany(tag => tag), .. Enumerable.Repeat(Tag(900, 4), 99).SelectMany(tag => tag)])),
            ["an unknown wire type"] = [.. Tag(900, 6)],
            ["another unknown wire type"] = [.. Tag(900, 7)],
            ["the field number 0"] = [0x02, 0x00],
            ["a tag that is only begun"] = [0x80],
            ["an overlong tag"] = [0xA2, 0x80, 0x80, 0x00, 0x00],
            ["an overlong number"] = Field(4, [0x08, 0x83, 0x80, 0x80, 0x00]),
            ["a number of ten bytes"] = Field(4, [0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]),
            ["a number of ten bytes with bits to spare"] = Field(4, [0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]),
            ["a number of eleven bytes"] = Field(4, [0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]),
            ["32 bits of 64"] = Field(4, [0x08, 0x83, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]),
            ["a negative number of slices"] = Field(5, [0x10, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]),
            ["a length past the end"] = [0x0A, 0x05, 0x41],
            ["a length past the end of the message around it"] = [.. Field(4, [0x12, 0x05, 0x41]), 0x41, 0x41, 0x41, 0x41, 0x41],
            ["a negative length"] = [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F],
            ["the longest length"] = [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x07],
            ["the longest length of a message"] = [0x22, 0xFF, 0xFF, 0xFF, 0xFF, 0x07],
            ["a negative length of an unknown field"] = [.. Tag(900, 2), 0xFF, 0xFF, 0xFF, 0xFF, 0x0F],
        };

        foreach (var (name, body) in bodies)
        {
            Agree(body, name);
        }
    }

    [Fact]
    public void A_text_that_is_not_utf8_is_undecodable_wherever_it_is()
    {
        byte[] bad = [0x41, 0xFF];
        byte[][] bodies =
        [
            Field(1, bad), Field(2, bad), Field(3, bad), Field(4, Field(2, bad)), Field(4, Field(3, Field(2, bad))),
            Field(6, Field(2, bad)), Field(6, Field(3, bad)), Field(6, Field(4, bad)), Field(6, Field(5, bad)), Field(4, Field(4, Field(2, bad))), Field(4, Field(4, Field(3, bad))), Field(4, Field(4, Field(4, bad))),
        ];

        foreach (var body in bodies)
        {
            Should.Throw<UnacceptableMessageException>(() => _decoder.Decode(body, null)).Reason.ShouldBe(DeadLetterReasons.Undecodable);
        }
    }

    /// <summary>Whether both can read it; fails when they differ.</summary>
    private bool Agree(byte[] body, string name)
    {
        ImportMessage? parsed = null;
        try
        {
            parsed = ImportMessage.Parser.ParseFrom(body.AsSpan());
        }
        catch (Exception)
        {
            // Whatever it is: it cannot be read.
        }

        var read = _message;
        try
        {
            read.Read(body);
        }
        catch (InvalidDataException e)
        {
            var isText = e.Message.Contains("UTF-8", StringComparison.Ordinal) && body.Any(b => b >= 0x80);
            (parsed is null || isText).ShouldBeTrue($"{name}: only the parser reads it ({e.Message})");
            Outcome(body).ShouldBe(DeadLetterReasons.Undecodable, name);
            return false;
        }

        parsed.ShouldNotBeNull($"{name}: only the reader reads it");
        Shown(read).ShouldBe(Shown(parsed), name);
        Outcome(body).ShouldBe(Outcome(parsed.ToByteArray()), name);
        return true;
    }

    /// <summary>The part, or the reason why there is none.</summary>
    private string Outcome(byte[] body)
    {
        try
        {
            return _decoder.Decode(body, null) switch
            {
                SlicePart slice => JsonSerializer.Serialize(
                    new { slice.ImportId, slice.Source, slice.Number, slice.RowsBefore, Rows = slice.Rows.Select(row => new { row.Line, Values = row.Texts(), Extra = row.ExtraText() }), slice.Rejections, slice.DuplicateLines }),
                ClosingPart closing => JsonSerializer.Serialize(new { closing.ImportId, closing.Source, closing.RowsRead, closing.Slices, closing.ContentHash }),
                OpeningPart opening => JsonSerializer.Serialize(new { opening.ImportId, opening.Source, opening.Origin }),
                var other => throw new InvalidOperationException(other.GetType().Name),
            };
        }
        catch (UnacceptableMessageException e)
        {
            return e.Reason;
        }
    }

    private static string Shown(WireMessage message) => JsonSerializer.Serialize(new
    {
        ImportId = message.Text(message.ImportId),
        Dataset = message.Text(message.Dataset),
        Source = message.Text(message.Source),
        Part = message.Part.ToString(),
        message.Number,
        message.RowsBefore,
        ExtraColumns = message.ExtraColumns.Select(message.Text),
        Rows = message.Rows.Select(row => new { row.Line, Values = message.Texts(row) }),
        Rejections = message.Rejections.Select(rejection => new
        {
            rejection.Line,
            Column = message.Text(rejection.Column),
            Code = message.Text(rejection.Code),
            Reason = message.Text(rejection.Reason),
            Raw = Convert.ToHexString(message.Utf8(rejection.Raw)),
        }),
        message.Duplicates,
        message.RowsRead,
        message.Slices,
        message.Bytes,
        StartedAt = message.Text(message.StartedAt),
        Host = message.Text(message.Host),
        User = message.Text(message.User),
        ContentHash = message.Text(message.ContentHash),
    });

    private static string Shown(ImportMessage message)
    {
        var slice = message.Slice ?? new Slice();
        var closing = message.Closing ?? new Closing();
        var opening = message.Opening ?? new Opening();
        return JsonSerializer.Serialize(new
        {
            message.ImportId,
            message.Dataset,
            message.Source,
            Part = message.PartCase.ToString(),
            slice.Number,
            slice.RowsBefore,
            slice.ExtraColumns,
            Rows = slice.Rows.Select(row => new { row.Line, row.Values }),
            Rejections = slice.Rejections.Select(rejection => new
            {
                rejection.Line,
                rejection.Column,
                rejection.Code,
                rejection.Reason,
                Raw = Convert.ToHexString(rejection.Raw.Span),
            }),
            Duplicates = slice.Duplicates.Select(duplicate => duplicate.Line),
            closing.RowsRead,
            closing.Slices,
            opening.Bytes,
            opening.StartedAt,
            opening.Host,
            opening.User,
            ContentHash = message.Closing?.ContentSha256 ?? opening.ContentSha256,
        });
    }

    private static byte[] AnyBody(Random random)
    {
        var body = AnyMessage(random).ToByteArray().ToList();
        if (random.Next(4) == 0)
        {
            body.AddRange(AnyMessage(random).ToByteArray());
        }

        switch (random.Next(10))
        {
            case 0:
                var noise = new byte[random.Next(random.Next(2) == 0 ? 40 : 4000)];
                random.NextBytes(noise);
                return noise;
            case 1:
                return AnyFields(random, depth: 4);
            case 2:
                body.InsertRange(random.Next(body.Count + 1), AnyFields(random, depth: 2));
                break;
            case < 8:
                for (var damages = random.Next(1, 4); damages > 0 && body.Count > 0; damages--)
                {
                    Damage(body, random);
                }

                break;
        }

        return [.. body];
    }

    /// <summary>Fields of any number and wire type, which often are those of a message, with contents that may be fields too.</summary>
    private static byte[] AnyFields(Random random, int depth)
    {
        var fields = new List<byte>();
        for (var count = random.Next(6); count > 0; count--)
        {
            var field = random.Next(10) == 0 ? random.Next(1, 5000) : random.Next(1, 8);
            fields.AddRange(random.Next(depth > 0 ? 8 : 4) switch
            {
                0 => Number(field, (ulong)random.NextInt64(random.Next(2) == 0 ? 300 : long.MaxValue)),
                1 => [.. Tag(field, 5), 1, 2, 3, 4],
                2 => [.. Tag(field, 1), 1, 2, 3, 4, 5, 6, 7, 8],
                3 => Text(field, "a é€😀"),
                4 => [.. Tag(field, 3), .. AnyFields(random, depth - 1), .. Tag(random.Next(9) == 0 ? field + 1 : field, 4)],
                _ => Field(field, AnyFields(random, depth - 1)),
            });
        }

        return [.. fields];
    }

    private static void Damage(List<byte> body, Random random)
    {
        var at = random.Next(body.Count);
        switch (random.Next(6))
        {
            case 0:
                body[at] = (byte)random.Next(256);
                break;
            case 1:
                body[at] ^= (byte)(1 << random.Next(8));
                break;
            case 2:
                body.RemoveAt(at);
                break;
            case 3:
                body.Insert(at, (byte)random.Next(256));
                break;
            case 4:
                // A piece of it occurs twice.
                body.InsertRange(random.Next(body.Count), body.GetRange(at, random.Next(body.Count - at)));
                break;
            default:
                body.RemoveRange(at, body.Count - at);
                break;
        }
    }

    private static ImportMessage AnyMessage(Random random)
    {
        var message = new ImportMessage
        {
            ImportId = random.Next(8) == 0 ? "17" : "018f0000-0000-7000-8000-000000000001",
            Dataset = random.Next(10) == 0 ? "no-such" : "contacts",
            Source = random.Next(20) == 0 ? "\0" : "data é.csv",
        };
        if (random.Next(6) == 0)
        {
            message.Closing = new Closing
            {
                RowsRead = random.Next(-1, 5),
                Slices = random.Next(-1, 3),
                ContentSha256 = random.Next(2) == 0 ? "" : new string('a', random.Next(63, 66)),
            };
            return message;
        }

        if (random.Next(6) == 0)
        {
            message.Opening = new Opening
            {
                Bytes = random.Next(-1, 5),
                StartedAt = random.Next(3) == 0 ? "" : random.Next(4) == 0 ? "yesterday" : "2026-06-01T12:30:15.25Z",
                Host = random.Next(3) == 0 ? "" : "máquina",
                User = random.Next(8) == 0 ? "\0" : "ann",
                ContentSha256 = random.Next(2) == 0 ? "" : new string('a', random.Next(63, 66)),
            };
            return message;
        }

        var slice = message.Slice = new Slice { Number = random.Next(-1, 20), RowsBefore = random.Next(-1, 20) };
        slice.ExtraColumns.AddRange(Enumerable.Range(0, random.Next(3)).Select(_ => $"c{random.Next(5)}"));
        var line = 1;
        for (var rows = random.Next(4); rows > 0; rows--)
        {
            var row = new Row { Line = line += random.Next(12) == 0 ? 0 : 1 };
            row.Values.Add(random.Next(4) == 0 ? "bad" : $" A{rows}@Example.com");
            row.Values.Add(random.Next(6) == 0 ? "" : "Ann, \"é€\"");
            row.Values.AddRange(slice.ExtraColumns.Select(_ => random.Next(9) == 0 ? "\0" : "v\n\"<>"));
            if (random.Next(20) == 0)
            {
                row.Values.Add("one too many");
            }

            slice.Rows.Add(row);
        }

        for (var rejections = random.Next(3); rejections > 0; rejections--)
        {
            slice.Rejections.Add(
                new Rejection { Line = ++line, Column = "email", Code = "c", Reason = "r", Raw = ByteString.CopyFrom(1, 2, 0xFF, 65) });
        }

        for (var duplicates = random.Next(3); duplicates > 0; duplicates--)
        {
            slice.Duplicates.Add(new Duplicate { Line = ++line });
        }

        return message;
    }

    private static byte[] Tag(int field, int type) => Varint(((ulong)field << 3) | (uint)type);

    private static byte[] Number(int field, ulong value) => [.. Tag(field, 0), .. Varint(value)];

    private static byte[] Text(int field, string text) => Field(field, Encoding.UTF8.GetBytes(text));

    private static byte[] Field(int field, params byte[][] contents)
    {
        byte[] content = [.. contents.SelectMany(part => part)];
        return [.. Tag(field, 2), .. Varint((ulong)content.Length), .. content];
    }

    private static byte[] Varint(ulong value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        bytes.Add((byte)value);
        return [.. bytes];
    }
}
