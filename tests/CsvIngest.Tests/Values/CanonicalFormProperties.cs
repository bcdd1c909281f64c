using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using CsvIngest.Tests.Harness;
using CsvIngest.Values;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace CsvIngest.Tests.Values;

public sealed partial class CanonicalFormProperties
{
    private static readonly IdnMapping Idn = new();

    /// <summary>Fragments of values, so that arbitrary values come close to valid ones.</summary>
    private static readonly string[] Pieces =
    [
        "@", ".", "-", "+", " ", "0", "1", "9", "12", "2024", "02", "29", ":", "T", "Z", "e", "a", "F", "{", "}", "xn--", "com",
        "é", "e\u0301", "İ", "Σ", "ß", "ａ", "\u200B", "\u00A0", "用户", "\U0001F600", "\uFEFF", "\0", "true", "YES", ",", "\u0345", "ǅ",
    ];

    private static readonly string[] Locals = ["ann", "Ann.Lee", "jos\u00E9", "JOSE\u0301", "σοφος", "用户", "x_1", "o'brien"];
    private static readonly string[] Domains = ["example.com", "bücher.example", "straße.example", "例え.example", "mail.éa.example"];

    [Fact]
    public void Canonicalizing_twice_equals_once() => Prop.ForAll(Values.ToArbitrary(), value => Canonical.AllTypes.All(type =>
        Canonical.Of(type, value).Form is not { } form || Canonical.Of(type, form).Form == form))
        .Check(PropertyConfig.Of(1000));

    [Fact]
    public void What_is_accepted_has_the_canonical_shape() => Prop.ForAll(Values.ToArbitrary(), value => Canonical.AllTypes.All(type =>
        Canonical.Of(type, value).Form is not { Length: > 0 } form || ShapeOf(type).IsMatch(form)))
        .Check(PropertyConfig.Of(1000));

    [Fact]
    public void Numbers_and_timestamps_survive_a_round_trip() => Prop.ForAll<long, decimal, DateTime>((number, amount, timestamp) =>
        Canonical.Of(ColumnType.Integer, $" {number} ").Form == number.ToString(CultureInfo.InvariantCulture)
        && decimal.Parse(Canonical.Of(ColumnType.Decimal, amount.ToString(CultureInfo.InvariantCulture)).Form!, CultureInfo.InvariantCulture) == amount
        && Canonical.Of(ColumnType.Date, timestamp.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)).Form is not null
        && DateTime.Parse(
            Canonical.Of(ColumnType.Timestamp, timestamp.ToString("yyyy-MM-ddTHH:mm:ss.ffffff", CultureInfo.InvariantCulture)).Form!,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AdjustToUniversal).Ticks == timestamp.Ticks / 10 * 10)
        .Check(PropertyConfig.Of(1000));

    [Fact]
    public void Every_spelling_of_an_address_is_one_key()
    {
        var spellings =
            from local in Gen.Elements(Locals)
            from domain in Gen.Elements(Domains)
            from localFlags in Gen.ListOf(Gen.Elements(true, false), local.Length)
            from domainFlags in Gen.ListOf(Gen.Elements(true, false), domain.Length)
            from decomposed in Gen.Elements(NormalizationForm.FormC, NormalizationForm.FormD)
            from ascii in Gen.Elements(true, false)
            from dot in Gen.Elements(".", "。", "．")
            from blank in Gen.Elements("", " ", "\u00A0", "\t")
            let host = ascii ? Idn.GetAscii(domain) : domain.Replace(".", dot, StringComparison.Ordinal)
            let spelling = $"{blank}{Capitalize(local, localFlags)}@{Capitalize(host, domainFlags)}{blank}".Normalize(decomposed)
            select ($"{local}@{domain}", spelling);
        Prop.ForAll(spellings.ToArbitrary(), pair =>
            Canonical.Of(ColumnType.Email, pair.Item1).Form is { } form && Canonical.Of(ColumnType.Email, pair.spelling).Form == form)
            .Check(PropertyConfig.Of(1000));
    }

    private static Gen<string> Values =>
        Gen.OneOf(
            Gen.ListOf(Gen.Elements(Pieces)).Select(string.Concat),
            ArbMap.Default.GeneratorFor<string>().Where(value => value is not null),
            from local in Gen.Elements(Locals)
            from piece in Gen.Elements(Pieces)
            from domain in Gen.Elements(Domains)
            select $"{local}{piece}@{domain}");

    private static string Capitalize(string text, IEnumerable<bool> flags) =>
        string.Concat(text.Zip(flags.Concat(Enumerable.Repeat(false, text.Length)), (c, up) => up ? char.ToUpperInvariant(c) : c));

    private static Regex ShapeOf(ColumnType type) => type switch
    {
        ColumnType.Email => EmailShape(),
        ColumnType.Integer => IntegerShape(),
        ColumnType.Decimal => DecimalShape(),
        ColumnType.Timestamp => TimestampShape(),
        ColumnType.Date => DateShape(),
        ColumnType.Boolean => BooleanShape(),
        ColumnType.Uuid => UuidShape(),
        _ => TextShape(),
    };

    [GeneratedRegex(@"\A[^\s@A-Z""(),:;<>\[\\\]]+@[a-z0-9-]+(\.[a-z0-9-]+)+\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex EmailShape();

    [GeneratedRegex(@"\A(0|-?[1-9][0-9]*)\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex IntegerShape();

    [GeneratedRegex(@"\A-?(0|[1-9][0-9]*)(\.[0-9]+)?\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex DecimalShape();

    [GeneratedRegex(@"\A[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{0,5}[1-9])?Z\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TimestampShape();

    [GeneratedRegex(@"\A[0-9]{4}-[0-9]{2}-[0-9]{2}\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex DateShape();

    [GeneratedRegex(@"\A(true|false)\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex BooleanShape();

    [GeneratedRegex(@"\A[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex UuidShape();

    [GeneratedRegex(@"\A[^\0]+\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TextShape();
}
