using System.Diagnostics;
using System.Text;
using CsvIngest.Importing;
using CsvIngest.Importing.Detection;
using CsvIngest.Importing.Text;
using CsvIngest.Testing;
using CsvIngest.Tests.Importing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Reading;

/// <summary>Hostile files take neither much time nor much memory.</summary>
public sealed class LimitTests
{
    [Theory]
    [InlineData("utf-8")]
    [InlineData("utf-16")]
    [InlineData("utf-32")]
    public void A_record_above_the_limit_is_skipped(string name)
    {
        var encoding = TextEncodings.Find(name)!;
        var bytes = encoding.GetBytes($"a,b\n1,{new string('x', 98)}\n2,{new string('x', 99)}\n3,{new string('x', 5000)}\n4,y\n");
        var file = ReadFile.From(bytes, new ReadingOptions { MaxRecordBytes = 100, BlockBytes = 64, Encoding = name });

        file.Records.Select(record => (record.Line, record.RejectReason)).ShouldBe(
            [(2, null), (3, "record-too-large"), (4, "record-too-large"), (5, null)]);
        file.Records[2].Raw.Length.ShouldBe(102 * encoding.GetByteCount("x"));
    }

    [Theory]
    [InlineData("utf-8", "x")]
    [InlineData("utf-16", "x")]
    [InlineData("utf-32", "x")]
    [InlineData("gb18030", "ë")]
    public void What_is_kept_of_a_record_above_the_limit_is_above_it_too(string name, string character)
    {
        var encoding = TextEncodings.Find(name)!;
        var options = new ReadingOptions { MaxRecordBytes = 100, Encoding = name };
        var value = string.Concat(Enumerable.Repeat(character, 5000));
        var file = ReadFile.From(encoding.GetBytes($"a,b\n3,{value}\n"), options);

        var again = ReadFile.From([.. file.HeaderRaw, .. file.Records[0].Raw, .. encoding.GetBytes("\n")], options);

        again.Summary().ShouldBe("2 !record-too-large");
    }

    [Theory]
    [InlineData("utf-16", 50)]
    [InlineData("utf-8", 33)]
    public async Task A_record_above_the_limit_that_is_kept_whole_gets_no_second_line_end(string name, int characters)
    {
        // Three bytes of text for each character, and two of a file in UTF-16. Half a character ends that file.
        var encoding = TextEncodings.Find(name)!;
        byte[] records = [.. encoding.GetBytes($"{new string('\u8868', characters)},x\n{new string('\u8868', characters)},y"), .. name == "utf-16" ? "z"u8 : default];
        using var folder = new WorkFolder();

        var file = await ImportedFile.FromAsync(
            [.. encoding.GetBytes("email,name\n"), .. records], new ReadingOptions { MaxRecordBytes = 100, Encoding = name }, rejects: folder.FullPath);

        file.RejectReasons.ShouldBe(["2  record-too-large", "3  record-too-large"]);
        file.Rejected.ShouldBe([.. encoding.GetBytes("email,name\n"), .. records]);
    }

    [Fact]
    public void A_byte_order_mark_before_a_record_does_not_count_towards_the_limit()
    {
        var options = new ReadingOptions { MaxRecordBytes = 100, NoHeader = true, Width = 1 };
        var file = ReadFile.From($"a\n\uFEFF{new string('x', 100)}\n\uFEFF{new string('y', 101)}\n", options);

        file.Records.Select(record => record.RejectReason).ShouldBe([null, null, "record-too-large"]);
        ReadFile.From(file.Records[2].Raw, options).Summary().ShouldBe("1 !record-too-large");
    }

    [Fact]
    public void Memory_stays_small_whatever_a_record_holds()
    {
        // One line of 40 MB, then an unterminated quoted field before another 8 MB.
        var file = new Repeated("a,b\n1,", "x", 40_000_000, "\n2,\"x\n", "3,y\n", 8_000_000);
        using var reader = RecordReader.Open(file, new ReadingOptions { MaxRecordBytes = 1 << 18 }, _ => { });
        var before = GC.GetAllocatedBytesForCurrentThread();

        reader.Read().ShouldBeTrue();
        reader.RejectReason!.Code.ShouldBe("record-too-large");
        reader.Read().ShouldBeTrue();
        reader.RejectReason!.Code.ShouldBe("unbalanced-quote");
        long rows = 0;
        while (reader.Read())
        {
            rows++;
        }

        rows.ShouldBe(2_000_000);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(8 << 20);
    }

    [Theory]
    [InlineData("\"x\n")]
    [InlineData("a,\"b\n")]
    [InlineData("\"\"\"")]
    [InlineData("\",\"")]
    [InlineData("\"\"x,")]
    [InlineData("\"\\\n")]
    [InlineData(",\"a\n,b\n")]
    [InlineData("\r")]
    [InlineData(" \"x\n")]
    [InlineData(" \"\"\"\n")]
    [InlineData("a, \"\\\"\n")]
    [InlineData("\" ")]
    [InlineData(",\" ")]
    [InlineData("\" x, ")]
    [InlineData("=\"x,\n")]
    [InlineData(",\"\" ")]
    [InlineData("\uFEFF")]
    [InlineData("\u001A\n")]
    public void Nothing_takes_more_than_linear_time(string piece)
    {
        var bytes = Encoding.UTF8.GetBytes("k,v,w\n1,2,3\n" + string.Concat(Enumerable.Repeat(piece, 1_000_000 / piece.Length)));
        foreach (var escape in (EscapeSetting[])[EscapeSetting.Doubled, EscapeSetting.Of("\\")])
        {
            var watch = Stopwatch.StartNew();

            ReadFile.From(bytes, new ReadingOptions { Delimiter = ",", Quote = QuoteSetting.Of("\""), Escape = escape });

            // 1 MB takes some tenths of a second; quadratic time would take minutes.
            watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(60));
        }
    }

    /// <summary>A long file that is never in memory: a start, a piece repeated many times, a middle, another piece repeated many times.</summary>
    private sealed class Repeated(string start, string first, long firstBytes, string middle, string second, long secondBytes) : Stream
    {
        private readonly (byte[] Piece, long Length)[] _parts =
        [
            (Encoding.ASCII.GetBytes(start), start.Length),
            (Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(first, 4096 / first.Length))), firstBytes),
            (Encoding.ASCII.GetBytes(middle), middle.Length),
            (Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(second, 4096 / second.Length))), secondBytes),
        ];

        private int _part;
        private long _at;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(Span<byte> buffer)
        {
            while (_part < _parts.Length && _at == _parts[_part].Length)
            {
                (_part, _at) = (_part + 1, 0);
            }

            if (_part == _parts.Length)
            {
                return 0;
            }

            var (piece, length) = _parts[_part];
            var from = (int)(_at % piece.Length);
            var count = (int)Math.Min(Math.Min(buffer.Length, piece.Length - from), length - _at);
            piece.AsSpan(from, count).CopyTo(buffer);
            _at += count;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
