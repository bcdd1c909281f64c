using System.Text;
using CsvIngest.Importing;
using CsvIngest.Importing.Detection;
using CsvIngest.Importing.Text;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Reading;

public sealed class EncodingTests
{
    private const string Text = "email;name\nann@example.com;Zoë Ñandú €\nbob@example.com;Bob\n";

    [Theory]
    [InlineData("utf-8", "UTF-8")]
    [InlineData("utf-16", "UTF-16 LE")]
    [InlineData("utf-16BE", "UTF-16 BE")]
    [InlineData("utf-32", "UTF-32 LE")]
    [InlineData("12001", "UTF-32 BE")]
    public void A_byte_order_mark_denotes_the_encoding(string name, string described)
    {
        var encoding = TextEncodings.Find(name)!;
        var file = ReadFile.From([.. encoding.Preamble, .. encoding.GetBytes(Text)]);

        encoding.Preamble.Length.ShouldBeGreaterThan(0);
        file.Shape.Encoding.ShouldBe(described);
        file.Warnings.ShouldBeEmpty();
        file.Shape.LineEnd.ToArray().ShouldBe(encoding.GetBytes("\n"));
        file.Summary().ShouldBe("2 ann@example.com¦Zoë Ñandú €\n3 bob@example.com¦Bob");
        file.Records[1].Raw.ShouldBe(encoding.GetBytes("bob@example.com;Bob\n"));
        file.HeaderRaw.ShouldBe([.. encoding.Preamble, .. encoding.GetBytes("email;name\n")]);
    }

    [Theory]
    [InlineData("utf-16", "UTF-16 LE", "byte order mark")]
    [InlineData("utf-16BE", "UTF-16 BE", "byte order mark")]
    [InlineData("windows-1252", "Windows-1252", "first at line 2")]
    public void Other_encodings_are_detected_and_reported(string name, string described, string warning)
    {
        var file = ReadFile.From(TextEncodings.Find(name)!.GetBytes(Text));

        file.Shape.Encoding.ShouldBe(described);
        file.Warnings.ShouldHaveSingleItem().Text.ShouldContain(warning);
        file.Warnings[0].Options.ShouldBe([ImportOption.Encoding]);
        file.Summary().ShouldBe("2 ann@example.com¦Zoë Ñandú €\n3 bob@example.com¦Bob");
    }

    [Theory]
    [InlineData("\0,#\\")]
    [InlineData("a,\0b\0\n")]
    [InlineData("a\0,b\0;\nx,y\n")]
    public void A_stray_NUL_in_a_short_file_does_not_make_it_UTF_16(string text)
    {
        var file = ReadFile.From(Encoding.ASCII.GetBytes(text), new ReadingOptions { NoHeader = true });

        file.Shape.Encoding.ShouldBe("UTF-8");
        file.Warnings.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("iso-8859-15", "iso-8859-15")]
    [InlineData("1252", "Windows-1252")]
    [InlineData("cp949", "ks_c_5601-1987")]
    [InlineData("Shift_JIS", "shift_jis")]
    [InlineData("gb18030", "GB18030")]
    [InlineData("IBM037", "IBM037")]
    [InlineData("utf16", "UTF-16 LE")]
    [InlineData("ascii", "us-ascii")]
    public void Any_encoding_can_be_specified(string name, string described)
    {
        var encoding = TextEncodings.Find(name)!;
        var text = encoding.GetString(encoding.GetBytes(Text + "cyd@example.com;한글 日本\n"));
        var file = ReadFile.From(encoding.GetBytes(text), new ReadingOptions { Encoding = name });

        file.Shape.Encoding.ShouldBe(described, StringCompareShould.IgnoreCase);
        string.Join('\n', file.Records.Select(record => record.Joined.Replace('¦', ';'))).ShouldBe(text[11..].TrimEnd('\n'));
        file.Records.ShouldAllBe(record => record.RejectReason == null);
        file.Records.SelectMany(record => record.Raw).ShouldBe(encoding.GetBytes(text[11..]));
    }

    [Theory]
    [InlineData("utf-8", "a;Zoë\nb;x\u0001y\nc;ok\n")]
    [InlineData("ascii", "a;Zoe\nb;x\u0001y\nc;ok\n")]
    [InlineData("shift_jis", "a;日本\nb;x\u0001\nc;ok\n")]
    [InlineData("windows-1252", "a;Zoë\nb;x\u0001y\nc;ok\n")]
    [InlineData("utf-16", "a;Zoë\nb;x\u0001y\nc;ok\n")]
    public void A_bad_byte_rejects_its_row_only(string name, string text)
    {
        var encoding = TextEncodings.Find(name)!;
        var bytes = encoding.GetBytes("k;v\n" + text);
        var at = bytes.AsSpan().IndexOf((byte)1);
        // A byte that is not valid there: a lone trail byte, an undefined byte of the code page, half a surrogate pair.
        bytes[at + (name == "utf-16" ? 1 : 0)] = name switch { "windows-1252" => 0x81, "utf-16" => 0xD8, "shift_jis" => 0x81, _ => 0xFF };

        using var reader = RecordReader.Open(new MemoryStream(bytes), new ReadingOptions { Encoding = name }, _ => { });
        var fates = new List<string?>();
        while (reader.Read())
        {
            fates.Add(reader.RejectReason?.Code);
            reader.FieldCount.ShouldBe(reader.RejectReason is null ? 2 : 0);
        }

        fates.ShouldBe([null, "invalid-encoding", null]);
    }

    [Fact]
    public void Valid_sequences_and_a_few_bad_bytes_are_utf8_with_bad_rows()
    {
        var file = ReadFile.From([.. "a,b\nZoë,1\n"u8, 0xFF, .. ",2\nok,3\n"u8]);

        file.Shape.Encoding.ShouldBe("UTF-8");
        file.Warnings.ShouldHaveSingleItem().Text.ShouldBe("Line 3 contains invalid UTF-8; such rows are rejected.");
        file.Summary().ShouldBe("2 Zoë¦1\n3 !invalid-encoding\n4 ok¦3");
    }

    [Theory]
    [InlineData(false, "Windows-1252")]
    [InlineData(true, "UTF-8")]
    public void What_comes_first_that_is_not_ascii_decides_however_late(bool isUtf8, string described)
    {
        var plain = "a,b\n" + string.Concat(Enumerable.Range(0, 5000).Select(i => $"row,{i}\n"));
        var encoding = isUtf8 ? Encoding.UTF8 : TextEncodings.Windows1252;
        byte[] bytes = [.. Encoding.ASCII.GetBytes(plain), .. encoding.GetBytes("Zoë,1\nÉva,2\n")];

        var file = ReadFile.From(bytes, new ReadingOptions { WindowBytes = 4096, BlockBytes = 1000 });

        file.Shape.Encoding.ShouldBe(described);
        file.Records.ShouldAllBe(record => record.RejectReason == null);
        file.Records.Count.ShouldBe(5002);
        file.Records[5000].Joined.ShouldBe("Zoë¦1");
        file.Records[5001].Raw.ShouldBe(encoding.GetBytes("Éva,2\n"));
        file.Warnings.Count(warning => warning.Text.Contains("first at line 5002")).ShouldBe(isUtf8 ? 0 : 1);
        file.Warnings.ShouldAllBe(warning => warning.RecordsBefore > 4000 && warning.RecordsBefore <= 5000, "reported when it is found");
        file.Position.ShouldBe(bytes.Length);
    }

    [Fact]
    public void A_byte_order_mark_takes_precedence_over_the_option()
    {
        var file = ReadFile.From([0xEF, 0xBB, 0xBF, .. "a,b\nZoë,1\n"u8], new ReadingOptions { Encoding = "1252" });

        file.Warnings.ShouldHaveSingleItem().Text.ShouldContain("the specified encoding 1252 is ignored");
        file.Summary().ShouldBe("2 Zoë¦1");
    }

    [Theory]
    [InlineData(new byte[0], "0 bytes")]
    [InlineData(new byte[] { 0xEF, 0xBB, 0xBF }, "byte order mark")]
    [InlineData(new byte[] { 10, 13, 10, 32 }, "no header")]
    [InlineData(new byte[] { (byte)'P', (byte)'K', 3, 4, 0 }, "a ZIP archive")]
    [InlineData(new byte[] { 0x1F, 0x8B, 8, 0 }, "gzip")]
    public void A_file_that_is_not_a_table_cannot_be_read(byte[] bytes, string found) =>
        Should.Throw<UnusableFileException>(() => ReadFile.From(bytes)).Message.ShouldContain(found);
}
