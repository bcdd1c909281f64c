using System.Text;
using CsvIngest.Testing;
using CsvIngest.Importing.Detection;
using CsvIngest.Importing.Text;
using CsvIngest.Store;
using CsvIngest.Tests.Harness;
using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Importing;

/// <summary>A table ends as the same rows and rejections, in whatever dialect and encoding it was written.</summary>
public sealed class DialectProperties : IDisposable
{
    private static readonly string[] Names =
        ["Ann", "Bob Lee", "O'Brien", "Zoë", "Müller; Sohn", "Lee, Ann", "Jim \"Jimmy\" Doe", "two\nlines", "tab\there", "x|y||z", "#1", "C:\\new\\", "5 €"];

    private static readonly Gen<string[][]> Tables =
        from names in Gen.Elements(Names).ArrayOf()
        from notes in Gen.Elements([.. Names, "", " padded "]).ArrayOf()
        select (string[][])[
            .. names.Append("Ann").Append("Zoë").Append("Eve")
                .Select((name, i) => (string[])[$"{(i % 3 == 0 ? " User" : "user")}{i}@Example.COM", name, notes.Length == 0 ? "" : notes[i % notes.Length]])];

    private static readonly Gen<Writing> Specified =
        from separator in Gen.Elements(",", ";", "\t", "|", "||", "é", "<sep>", " ")
        from quote in Gen.Elements("\"", "'", "^")
        from always in Gen.Elements(true, false)
        from encoding in Gen.Elements("utf-8", "utf-16", "utf-16BE", "utf-32", "windows-1252", "iso-8859-15", "gb18030")
        from mark in Gen.Elements(true, false)
        from lineEnd in Gen.Elements("\n", "\r\n", "\r")
        select new Writing(separator, quote, always, encoding, mark, lineEnd);

    private static readonly Gen<Writing> Detected =
        from separator in Gen.Elements(",", ";", "\t", "|")
        from always in Gen.Elements(true, false)
        from encoding in Gen.Elements(("utf-8", false), ("utf-8", true), ("utf-16", true), ("utf-16BE", true), ("utf-32", true), ("windows-1252", false))
        from lineEnd in Gen.Elements("\n", "\r\n", "\r")
        select new Writing(separator, "\"", always, encoding.Item1, encoding.Item2, lineEnd);

    private static readonly string[][] Faulty =
        [["nobody", "N", ""], ["", "N", "x"], ["f@example.com", "", ""], ["f@example.com", "F"], ["f@example.com", "F", "", "y"], ["email", "name", "note"]];

    private readonly WorkFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_clean_table_is_read_when_the_dialect_is_specified() =>
        Check(Specified, writing => new ReadingOptions
        {
            Delimiter = writing.Separator,
            Quote = QuoteSetting.Of(writing.Quote),
            Escape = EscapeSetting.Doubled,
            Encoding = writing.Encoding,
        });

    [Fact]
    public void A_clean_table_is_read_when_the_dialect_is_detected() => Check(Detected, _ => new ReadingOptions());

    // Three rejects at least are of the right width: docs/reading.md, "Rejects fed again".
    [Fact]
    public void Rejects_fed_again_are_rejected_for_the_same_reasons_when_the_dialect_is_detected() => Prop
        .ForAll(
            (from table in Tables
             from faulty in Gen.Elements(Faulty).ArrayOf()
             from writing in Detected
             select (table.Concat(Faulty.Take(3)).Concat(faulty.Take(4)).ToArray(), writing)).ToArbitrary(),
            pair => FeedAgainAsync(pair.Item1, pair.writing))
        .Check(PropertyConfig.Of(100, endSize: 30));

    private async Task FeedAgainAsync(string[][] table, Writing writing)
    {
        var file = await ImportedFile.FromAsync(writing.Bytes(table), new ReadingOptions(), rejects: _folder.FullPath);

        var again = await ImportedFile.FromAsync(file.Rejected, new ReadingOptions());

        file.Result.RowsRejected.ShouldBeGreaterThanOrEqualTo(3);
        again.Rejections.Select(Reason).ShouldBe(file.Rejections.Select(Reason));
        again.Result.RowsSent.ShouldBe(0);
    }

    private static (string, string) Reason(Rejection rejection) => (rejection.Column, rejection.Code);

    private static void Check(Gen<Writing> writings, Func<Writing, ReadingOptions> options) => Prop
        .ForAll(
            (from table in Tables from writing in writings select (table, writing)).ToArbitrary(),
            pair => CompareAsync(pair.table, pair.writing, options(pair.writing)))
        .Check(PropertyConfig.Of(200, endSize: 30));

    private static async Task CompareAsync(string[][] table, Writing writing, ReadingOptions options)
    {
        var file = await ImportedFile.FromAsync(writing.Bytes(table), options);

        file.ShouldBalance(200);
        file.RejectReasons.ShouldBeEmpty();
        file.Rows.Select(row => row.Texts()[0]).ShouldBe(table.Select(row => row[0].Trim().ToLowerInvariant()));
        file.Rows.Select(row => row.Texts()[1]).ShouldBe(table.Select(row => row[1]));
        file.Rows.Select(row => System.Text.Json.JsonDocument.Parse(row.ExtraText()!).RootElement.GetProperty("note").GetString())
            .ShouldBe(table.Select(row => row[2]));
    }

    private sealed record Writing(string Separator, string Quote, bool Always, string Encoding, bool HasMark, string LineEnd)
    {
        public byte[] Bytes(string[][] table)
        {
            var text = new StringBuilder();
            foreach (var row in table.Prepend(["email", "name", "note"]))
            {
                text.AppendJoin(Separator, row.Select(Field)).Append(LineEnd);
            }

            var encoding = TextEncodings.Find(Encoding)!;
            return [.. HasMark ? encoding.Preamble : [], .. encoding.GetBytes(text.ToString())];
        }

        private string Field(string value)
        {
            var isPlain = !Always && value == value.Trim() && value.IndexOfAny(['\n', '\r', Quote[0], Separator[0]]) < 0;
            return isPlain ? value : Quote + value.Replace(Quote, Quote + Quote, StringComparison.Ordinal) + Quote;
        }
    }
}
