using System.Text;
using CsvIngest.Importing.Detection;
using CsvIngest.Importing.Text;
using CsvIngest.Tests.Harness;
using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Reading;

/// <summary>A table that is written in any supported dialect and encoding reads back unchanged, whatever the block size.</summary>
public sealed class RoundTripProperties
{
    private static readonly string[] Encodings =
        ["utf-8", "utf-16", "utf-16BE", "utf-32", "windows-1252", "iso-8859-15", "shift_jis", "gb18030", "cp949", "437", "ascii"];

    // Characters that every encoding above has, and characters that only some have; rows that an encoding cannot represent are left out.
    private static readonly string[] Pieces =
        ["a", "B", " ", "\t", ",", ";", "|", "\"", "'", "\\", "\n", "\r\n", "\r", "#", "x y", "\\\"", "\"\"", "é", "€", "日本", "😀", "|~", "-"];

    private static readonly Gen<string> Value =
        from pieces in Gen.Elements(Pieces).ArrayOf()
        select string.Concat(pieces.Take(6));

    private static readonly Gen<Written> Tables =
        from width in Gen.Choose(1, 5)
        from rows in Value.ListOf(width).Select(list => list.ToArray()).ListOf()
        from separator in Gen.Elements(",", ";", "\t", "|", "||", ", ", "é", " ", "<sep>")
        from marks in Gen.Elements(("\"", "doubled"), ("'", "doubled"), ("\"", "\\"), ("'", "^"), (null, "\\"), (null, "none"), ("€", "doubled"))
        from encoding in Gen.Elements(Encodings)
        from lineEnd in Gen.Elements("\n", "\r\n", "\r")
        from hasMark in Gen.Elements(true, false)
        from endsLine in Gen.Elements(true, false)
        from always in Gen.Elements(true, false)
        from block in Gen.Elements(1, 16, 37, 64, 1 << 20)
        select new Written(rows, width, separator, marks.Item1, marks.Item2, encoding, lineEnd, hasMark, endsLine, always, block);

    [Fact]
    public void A_table_reads_back_as_it_was_written()
    {
        var compared = 0;
        Prop.ForAll(Tables.ToArbitrary(), table => compared += Compare(table))
            .Check(PropertyConfig.Of(600));

        compared.ShouldBeGreaterThan(3_000);
    }

    private static int Compare(Written table)
    {
        var rows = table.Rows.Where(table.Fits).ToList();
        var encoding = TextEncodings.Find(table.Encoding)!;
        if (encoding.GetString(encoding.GetBytes(table.Separator + table.Quote)) != table.Separator + table.Quote)
        {
            return 0;
        }

        byte[] bytes = [.. table.HasMark ? encoding.Preamble : [], .. encoding.GetBytes(table.Text(rows))];
        var file = ReadFile.From(bytes, table.Options());

        file.Records.Select(record => record.RejectReason).ShouldAllBe(reason => reason == null);
        file.Records.Count.ShouldBe(rows.Count);
        for (var i = 0; i < rows.Count; i++)
        {
            file.Records[i].Values.ShouldBe(rows[i]);
        }

        return rows.Count;
    }

    private sealed record Written(
        IReadOnlyList<string[]> Rows, int Width, string Separator, string? Quote, string Escape, string Encoding, string LineEnd,
        bool HasMark, bool EndsLine, bool QuotesAlways, int Block)
    {
        private bool IsDoubled => Escape == "doubled";

        public ReadingOptions Options() => new()
        {
            Delimiter = Separator,
            Quote = Quote is null ? QuoteSetting.None : QuoteSetting.Of(Quote),
            Escape = EscapeSetting.Parse(Escape, []),
            Encoding = Encoding,
            SkipLines = 0,
            Width = Width,
            BlockBytes = Block,
        };

        /// <summary>Whether a row can be written, and is neither a blank line nor the header.</summary>
        public bool Fits(string[] row)
        {
            var encoding = TextEncodings.Find(Encoding)!;
            var text = Record(row);
            return encoding.GetString(encoding.GetBytes(text)) == text
                && !IsBlank(row, text)
                && !row.SequenceEqual(Header())
                && (Escape != "none" || Quote is not null || row.All(IsPlain))
                // After a value that ends with the first character of a separator such as `||`, the separator would be found one character too early.
                && row.All(value => Quote is not null || Separator.Length == 1 || !value.EndsWith(Separator[0]))
                && (Quote is not null || !row.Any(value => value.EndsWith('\r')));
        }

        public string Text(IReadOnlyList<string[]> rows) =>
            string.Join(LineEnd, rows.Select(Record).Prepend(Record(Header()))) + (EndsLine ? LineEnd : string.Empty);

        private bool IsBlank(string[] row, string text) => row.All(string.IsNullOrWhiteSpace)
            && text.IndexOfAny(['\n', '\r']) < 0
            && (Width > 1 || Quote is null || !text.StartsWith(Quote, StringComparison.Ordinal));

        private string[] Header() => [.. Enumerable.Range(1, Width).Select(i => $"c{i}")];

        private string Record(string[] row) => string.Join(Separator, row.Select(Field));

        private string Field(string value)
        {
            if (Quote is null)
            {
                return Escape == "none" ? value : EscapeAll(value, Separator, "\\", "\r\n", "\n", "\r");
            }

            if (!QuotesAlways && IsPlain(value) && !(value.Length == 0 && Width == 1))
            {
                return value;
            }

            var inside = IsDoubled ? value.Replace(Quote, Quote + Quote, StringComparison.Ordinal) : EscapeAll(value, Escape, Quote);
            return Quote + inside + Quote;
        }

        private bool IsPlain(string value) =>
            !value.Contains(Separator, StringComparison.Ordinal) && value.IndexOfAny(['\r', '\n']) < 0
            && !value.EndsWith(Separator[0])
            && (Quote is null || !value.Contains(Quote, StringComparison.Ordinal))
            && (IsDoubled || Escape == "none" || !value.Contains(Escape, StringComparison.Ordinal));

        /// <summary>Inserts the escape character before every mark, in one pass.</summary>
        private string EscapeAll(string value, params string[] marks)
        {
            var escape = IsDoubled || Escape == "none" ? "\\" : Escape;
            var text = new StringBuilder();
            for (var at = 0; at < value.Length;)
            {
                var mark = marks.FirstOrDefault(candidate => string.CompareOrdinal(value, at, candidate, 0, candidate.Length) == 0);
                text.Append(mark is null ? string.Empty : escape).Append(value, at, mark?.Length ?? 1);
                at += mark?.Length ?? 1;
            }

            return text.ToString();
        }
    }
}
