using System.Security.Cryptography;
using System.Text;
using CsvIngest.Importing;
using CsvIngest.Importing.Detection;
using CsvIngest.Importing.Records;
using CsvIngest.Importing.Text;
using CsvIngest.Tests.Harness;
using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Reading;

/// <summary>Properties that hold for any bytes.</summary>
public sealed class BlockProperties
{
    // Mostly bytes that matter to the reader, so that they occur in all combinations.
    private static readonly byte[] Alphabet =
        [.. "ab,,;\"\"\"\n\n\r' \t|\\#@1"u8, 0xE9, 0xC3, 0xA9, 0xFF, 0x00, 0xEF, 0xBB, 0xBF, 0x1A, 0x1A, (byte)'='];

    private static readonly Gen<byte[]> Bytes = Gen.Elements(Alphabet).ArrayOf();

    private static readonly Gen<byte[]> Files =
        from start in Gen.Elements("", "a,b\n", "a;b;c\r\n1;2;3\r\n", "\u00EF\u00BB\u00BFa,b\n", "sep=;\n", "\u00FF\u00FEa\0,\0b\0\n\0", "x\ta\n")
        from rest in Bytes
        select (byte[])[.. Encoding.Latin1.GetBytes(start), .. rest];

    private static readonly Gen<ReadingOptions> Options =
        from delimiter in Gen.Elements<string?>(null, null, null, ",", ";", "||", ", ", "é", "\"", "\\", "\0", "#")
        from quote in Gen.Elements(QuoteSetting.Auto, QuoteSetting.Auto, QuoteSetting.None, QuoteSetting.Of("'"), QuoteSetting.Of("é"))
        from escape in Gen.Elements(EscapeSetting.Auto, EscapeSetting.Auto, EscapeSetting.None, EscapeSetting.Of("\\"))
        from encoding in Gen.Elements<string?>(null, null, null, "utf-8", "windows-1252", "utf-16", "shift_jis", "ascii", "gb18030")
        from comment in Gen.Elements<char?>(null, null, '#', ';')
        from noHeader in Gen.Elements<bool?>(null, true)
        from most in Gen.Elements(16, 24, 40, 1 << 20)
        from window in Gen.Elements(16, 64, 1 << 20)
        select new ReadingOptions
        {
            Delimiter = delimiter,
            Quote = quote,
            Escape = escape,
            Encoding = encoding,
            Comment = comment,
            NoHeader = noHeader,
            MaxRecordBytes = most,
            WindowBytes = window,
        };

    [Fact]
    public void Where_blocks_end_makes_no_difference() =>
        Check((bytes, options) =>
        {
            var whole = Read(bytes, options);
            foreach (var block in (int[])[1, 3, 16, 61])
            {
                var parts = Read(bytes, options with { BlockBytes = block });
                Describe(parts).ShouldBe(Describe(whole), $"blocks of {block}");
            }
        });

    [Fact]
    public void Nothing_is_lost_between_records() =>
        Check((bytes, options) =>
        {
            if (Read(bytes, options) is not { } file)
            {
                return;
            }

            var at = file.HeaderRaw.Length;
            file.HeaderRaw.ShouldBe(bytes[..at]);
            var encoding = TextEncodings.Find(file.Shape.Pinned.Encoding ?? "utf-8")!;
            foreach (var record in file.Records)
            {
                var end = (int)record.Position;
                if (record.RejectReason == "record-too-large")
                {
                    at = end;
                    continue;
                }

                var start = end - record.Raw.Length;
                bytes[start..end].ShouldBe(record.Raw);
                ShouldBeSkipped(encoding.GetString(bytes[at..start]), options, file.Shape.Dialect);
                at = end;
            }

            var rest = encoding.GetString(bytes[at..]);
            ShouldBeSkipped(rest.TrimEnd('\r', '\n').TrimEnd('\u001A'), options, file.Shape.Dialect);
        });

    [Fact]
    public void The_prefix_hash_is_that_of_the_bytes_before_the_position() =>
        Check((bytes, options) =>
        {
            try
            {
                using var reader = RecordReader.Open(new MemoryStream(bytes), options with { BlockBytes = 7 }, _ => { });
                for (var i = 0; reader.Read(); i++)
                {
                    if (i % 3 == 0)
                    {
                        reader.PrefixHash().ShouldBe(SHA256.HashData(bytes.AsSpan(0, (int)reader.Position)));
                    }
                }
            }
            catch (UnusableFileException)
            {
            }
        });

    [Fact]
    public void Pinned_options_read_the_same() =>
        Check((bytes, options) =>
        {
            if (Read(bytes, options) is { } file && file.Shape.Pinned.Encoding is not null)
            {
                var again = Read(bytes, file.Shape.Pinned).ShouldNotBeNull();
                again.Summary().ShouldBe(file.Summary());
                again.Shape.Names.ShouldBe(file.Shape.Names);
            }
        });

    private static void ShouldBeSkipped(string text, ReadingOptions options, Dialect dialect)
    {
        foreach (var line in text.Split(['\n', '\r']))
        {
            var start = line.TrimStart('\uFEFF');
            if (options.Comment is not { } comment || !start.StartsWith(comment))
            {
                var values = dialect.QuoteText is { } quote ? start.Replace(quote, "", StringComparison.Ordinal) : start;
                values.Replace(dialect.SeparatorText, "", StringComparison.Ordinal).Trim(' ', '\t').ShouldBeEmpty();
            }
        }
    }

    private static string Describe(ReadFile? file) => file is null
        ? "unusable"
        : file.Summary() + '\n' + string.Join('\n', file.Records.Select(r => $"{Convert.ToHexString(r.Raw)} {r.Position}"))
            + '\n' + string.Join('|', file.Shape.Names) + Convert.ToHexString(file.HeaderRaw);

    private static ReadFile? Read(byte[] bytes, ReadingOptions options)
    {
        try
        {
            return ReadFile.From(bytes, options);
        }
        catch (UnusableFileException)
        {
            return null;
        }
    }

    private static void Check(Action<byte[], ReadingOptions> property) => Prop
        .ForAll(
            (from file in Files from options in Options where options.Faults().Count == 0 select (file, options)).ToArbitrary(),
            pair => property(pair.file, pair.options))
        .Check(PropertyConfig.Of(500, endSize: 150));
}
