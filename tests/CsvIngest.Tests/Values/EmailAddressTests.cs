using System.Globalization;
using System.Text;
using CsvIngest.Testing;
using CsvIngest.Datasets;
using CsvIngest.Values;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Values;

public sealed class EmailAddressTests
{
    [Theory]
    [InlineData("ann@example.com", "ann@example.com")]
    [InlineData("Ann@EXAMPLE.Com", "ann@example.com")]
    [InlineData(" \t\u00A0ann@example.com\u3000\r\n", "ann@example.com")]
    [InlineData("ann+news@example.com", "ann+news@example.com")]
    [InlineData("a.n.n@example.com", "a.n.n@example.com")]
    [InlineData("!#$%&'*+-/=?^_`{|}~@example.com", "!#$%&'*+-/=?^_`{|}~@example.com")]
    [InlineData("1@2.example", "1@2.example")]
    [InlineData("ann@a-b.example", "ann@a-b.example")]
    [InlineData("ann@ab--cd.example", "ann@ab--cd.example")]
    [InlineData("ann@BÜCHER.example", "ann@xn--bcher-kva.example")]
    [InlineData("ann@bu\u0308cher.example", "ann@xn--bcher-kva.example")]
    [InlineData("ann@XN--BCHER-KVA.example", "ann@xn--bcher-kva.example")]
    [InlineData("ann@paral·lel.example", "ann@xn--parallel-koa.example")]
    [InlineData("ann@a－b.example", "ann@a-b.example")]
    [InlineData("★ann★@example.com", "★ann★@example.com")]
    [InlineData("ann@bücher。example", "ann@xn--bcher-kva.example")]
    [InlineData("ann@ｅｘａｍｐｌｅ．com", "ann@example.com")]
    [InlineData("ann@straße.example", "ann@xn--strae-oqa.example")]
    [InlineData("ann@xn--strae-oqa.example", "ann@xn--strae-oqa.example")]
    [InlineData("ann@例え.テスト", "ann@xn--r8jz45g.xn--zckzah")]
    [InlineData("JOSÉ@example.com", "josé@example.com")]
    [InlineData("jose\u0301@example.com", "josé@example.com")]
    [InlineData("\u212Aate@example.com", "kate@example.com")]
    [InlineData("ΣΟΦΟΣ@example.com", "σοφος@example.com")]
    [InlineData("ΣΟΦΟΣ.ΣΑΣ1@example.com", "σοφος.σας1@example.com")]
    [InlineData("İ@example.com", "i\u0307@example.com")]
    [InlineData("I\u0307@example.com", "i\u0307@example.com")]
    [InlineData("用户@example.com", "用户@example.com")]
    [InlineData("\U0001F600@example.com", "\U0001F600@example.com")]
    [InlineData("संपर्क@डाटामेल.भारत", "संपर्क@xn--c2bd4bq1db8d.xn--h2brj9c")]
    [InlineData("ann@نامه\u200Cای.example", "ann@xn--mgba3gch31f060k.example")]
    [InlineData("ann@xn--mgba3gch31f060k.example", "ann@xn--mgba3gch31f060k.example")]
    [InlineData("ann@ශ්\u200Dරී.example", "ann@xn--10cl1a0b660p.example")]
    public void Every_spelling_has_one_canonical_form(string value, string expected)
    {
        Canonical.FormOrReason(ColumnType.Email, value).ShouldBe(expected);
        Canonical.FormOrReason(ColumnType.Email, expected).ShouldBe(expected);
    }

    [Theory]
    [InlineData("ann", "no \"@\"")]
    [InlineData("ann lee", "no \"@\"")]
    [InlineData("jos\u00E9", "no \"@\"")]
    [InlineData("ann＠example.com", "full-width \"@\"")]
    [InlineData("@example.com", "nothing before \"@\"")]
    [InlineData("ann@", "no domain after \"@\"")]
    [InlineData("é@", "no domain after \"@\"")]
    [InlineData("ann@lee@example.com", "more than one \"@\"")]
    [InlineData("ann@@example.com", "more than one \"@\"")]
    [InlineData("ann@example.com; bob@example.com", "more than one address")]
    [InlineData("ann@example.com,bob@example.com", "more than one address")]
    [InlineData("Ann <ann@example.com>", "display name or angle brackets; expected the address alone")]
    [InlineData("<ann@example.com>", "display name or angle brackets; expected the address alone")]
    [InlineData("mailto:ann@example.com", "starts with \"mailto:\"")]
    [InlineData("\"ann\"@example.com", "quoted text before \"@\"")]
    [InlineData("ann(work)@example.com", "comment in parentheses")]
    [InlineData("ann@[192.0.2.1]", "address in brackets instead of a domain name")]
    [InlineData(".ann@example.com", "leading, trailing or consecutive dots before \"@\"")]
    [InlineData("ann.@example.com", "leading, trailing or consecutive dots before \"@\"")]
    [InlineData("a..n@example.com", "leading, trailing or consecutive dots before \"@\"")]
    [InlineData("ann\\lee@example.com", "invalid character before \"@\"")]
    [InlineData("ann lee@example.com", "contains white space")]
    [InlineData("ann@exam\u00A0ple.com", "contains white space")]
    [InlineData("ann@exam\u200Bple.com", "contains an invisible character")]
    [InlineData("\uFEFFann@example.com", "contains an invisible character")]
    [InlineData("ann\u007F@example.com", "contains an invisible character")]
    [InlineData("ann\uFE0F@example.com", "contains an invisible character")]
    [InlineData("ann\u2800@example.com", "contains an invisible character")]
    [InlineData("ann@exam\u3164ple.com", "contains an invisible character")]
    [InlineData("ann@exam\u200Cple.com", "contains an invisible character")]
    [InlineData("نامه\u200Cای@example.com", "contains an invisible character")]
    [InlineData("jos\uFFFD@example.com", "contains U+FFFD in place of a character that was lost")]
    [InlineData("ann@b\uFFFDcher.example", "contains U+FFFD in place of a character that was lost")]
    [InlineData("ann\uE000@example.com", "contains a private-use or undefined character")]
    [InlineData("ann\uFFFF@example.com", "contains a private-use or undefined character")]
    [InlineData("ａｎｎ@example.com", "compatibility character, such as a full-width letter, before \"@\"")]
    [InlineData("\uFB01n@example.com", "compatibility character, such as a full-width letter, before \"@\"")]
    [InlineData("“ann@example.com”", "contains punctuation beyond ASCII, or a symbol in the domain")]
    [InlineData("«ann@example.com", "contains punctuation beyond ASCII, or a symbol in the domain")]
    [InlineData("ann@example.com’", "contains punctuation beyond ASCII, or a symbol in the domain")]
    [InlineData("ann@example.com™", "contains punctuation beyond ASCII, or a symbol in the domain")]
    [InlineData("ann@example.com•", "contains punctuation beyond ASCII, or a symbol in the domain")]
    [InlineData("ann@example.com²", "contains punctuation beyond ASCII, or a symbol in the domain")]
    [InlineData("ann@example.com،", "contains punctuation beyond ASCII, or a symbol in the domain")]
    [InlineData("ann@→.example", "contains punctuation beyond ASCII, or a symbol in the domain")]
    [InlineData("ann@example", "no dot in the domain")]
    [InlineData("ann@localhost", "no dot in the domain")]
    [InlineData("ann@example.com.", "leading, trailing or consecutive dots in the domain")]
    [InlineData("ann@.example.com", "leading, trailing or consecutive dots in the domain")]
    [InlineData("ann@bücher..example", "leading, trailing or consecutive dots in the domain")]
    [InlineData("ann@ex_ample.com", "underscore in the domain")]
    [InlineData("ann@example,com", "invalid character in the domain")]
    [InlineData("ann@example.com/x", "invalid character in the domain")]
    [InlineData("ann@-example.com", "part of the domain starts or ends with a hyphen")]
    [InlineData("ann@example-.com", "part of the domain starts or ends with a hyphen")]
    [InlineData("ann@192.0.2.1", "domain ends in a number")]
    [InlineData("ann@example.123", "domain ends in a number")]
    [InlineData("ann@xn--a.example", "invalid internationalized domain name")]
    [InlineData("ann@xn--bcher-kvb1.example", "invalid internationalized domain name")]
    [InlineData("ann@\u0301bc.example", "invalid internationalized domain name")]
    public void Invalid_addresses_are_rejected_with_a_reason(string value, string detail)
    {
        var (_, reason) = Canonical.Of(ColumnType.Email, value);
        reason.ShouldNotBeNull().Reason.ShouldBe($"not an email address ({detail})");
        reason.Code.ShouldBe(RejectCodes.InvalidEmail);
        reason.Column.ShouldBe("value");
    }

    [Fact]
    public void The_examples_of_the_document_are_accepted_or_rejected_as_documented()
    {
        var examples = File.ReadLines(Repository.PathOf("docs", "email.md"))
            .Where(line => line.StartsWith("| ", StringComparison.Ordinal))
            .Select(line => line.Split(" | "))
            .Where(cells => cells[1].Contains('@', StringComparison.Ordinal) || cells[1].Contains('＠', StringComparison.Ordinal))
            .Select(cells => (Value: cells[1].Split('`')[1], Accepted: cells[2] == "accepted"))
            .ToList();
        examples.Count.ShouldBeGreaterThan(15);
        examples.ShouldAllBe(example => (Canonical.Of(ColumnType.Email, example.Value).Form != null) == example.Accepted);
    }

    [Fact]
    public void Lengths_count_octets_of_the_canonical_form()
    {
        Accepts($"{new string('a', 64)}@example.com");
        Rejects($"{new string('a', 65)}@example.com", "more than 64 octets before \"@\"");
        Accepts($"{new string('é', 32)}@example.com");
        Rejects($"{new string('é', 33)}@example.com", "more than 64 octets before \"@\"");
        Accepts($"a@{new string('b', 63)}.example");
        Rejects($"a@{new string('b', 64)}.example", "part of the domain is longer than 63 octets");

        var domain = $"{new string('b', 63)}.{new string('c', 63)}.{new string('d', 61)}";
        Accepts($"{new string('a', 64)}@{domain}");
        Rejects($"{new string('a', 64)}@{domain}d", "longer than 254 octets");
        Rejects($"é{new string('a', 63)}@{domain}", "more than 64 octets before \"@\"");
        Rejects(new string('é', 1_000_000), "longer than 254 octets");
        Rejects(new string('a', 1_000_000), "no \"@\"");
    }

    [Fact]
    public void Invalid_UTF8_is_an_encoding_error_and_NUL_a_forbidden_character()
    {
        var rules = Canonical.RulesOf(new Column("email", ColumnType.Email));
        Canonical.Of(rules, [.. "ann"u8, 0xFF, .. "@example.com"u8]).RejectReason!.Code.ShouldBe(RejectCodes.InvalidEncoding);
        Canonical.Of(rules, [.. "ann\0@example.com"u8]).RejectReason!.Code.ShouldBe(RejectCodes.ForbiddenCharacter);
        Canonical.Of(rules, [.. "ann\0\u00E9@example.com"u8]).RejectReason!.Code.ShouldBe(RejectCodes.ForbiddenCharacter);
    }

    [Fact]
    public void Neither_an_ordinary_nor_a_rejected_address_allocates()
    {
        var rules = Canonical.RulesOf(new Column("email", ColumnType.Email));
        var output = new System.Buffers.ArrayBufferWriter<byte>(4096);
        Run();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Run();
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
        rules.Canonicalize(0, "ann@"u8, output).ShouldBeSameAs(rules.Canonicalize(0, "bob@"u8, output));

        void Run()
        {
            output.ResetWrittenCount();
            rules.Canonicalize(0, " Ann.Lee+news@Example.COM"u8, output).ShouldBeNull();
            rules.Canonicalize(0, "ann"u8, output);
        }
    }

    [Fact]
    public void Every_code_point_has_one_form_or_none()
    {
        var rules = Canonical.RulesOf(new Column("email", ColumnType.Email));
        // A sample of the tens of thousands of ideographs and syllables is enough.
        var defined = Enumerable.Range(1, 0x10FFFF).Where(Rune.IsValid).Select(code => new Rune(code))
            .Where(rune => rune.Value < 0x3400 || rune.Value % 64 == 0 || Rune.GetUnicodeCategory(rune) != UnicodeCategory.OtherLetter)
            .Where(rune => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse));
        foreach (var text in defined.Select(rune => rune.ToString()))
        {
            foreach (var value in new[] { $"a{text}b@example.com", $"{text}\u0301@example.com", $"a@{text}b.example" })
            {
                var (form, _) = Canonical.Of(rules, Encoding.UTF8.GetBytes(value));
                if (form is not null)
                {
                    Canonical.Of(rules, Encoding.UTF8.GetBytes(form)).Form.ShouldBe(form, $"U+{char.ConvertToUtf32(text, 0):X4}");
                }
            }
        }
    }

    private static void Accepts(string value) => Canonical.Of(ColumnType.Email, value).Form.ShouldBe(value);

    private static void Rejects(string value, string detail) =>
        Canonical.FormOrReason(ColumnType.Email, value).ShouldBe($"not an email address ({detail})");
}
