using CsvIngest.Values;

namespace CsvIngest.Datasets.Drafting;

/// <summary>The columns that a draft proposes, by type and format, in order of preference.</summary>
internal static class ColumnCandidates
{
    private static readonly string[] Dates =
    [
        "dd.MM.yyyy", "d.M.yyyy", "yyyy.MM.dd", "dd.MM.yy", "d.M.yy", "yy.MM.dd",
        "dd/MM/yyyy", "d/M/yyyy", "MM/dd/yyyy", "M/d/yyyy", "yyyy/MM/dd", "yyyy/M/d", "dd/MM/yy", "d/M/yy", "MM/dd/yy", "M/d/yy", "yy/MM/dd",
        "dd-MM-yyyy", "d-M-yyyy", "MM-dd-yyyy", "M-d-yyyy", "dd-MM-yy", "d-M-yy", "MM-dd-yy", "M-d-yy", "yy-MM-dd",
        "dd-MMM-yyyy", "d-MMM-yyyy", "dd-MMM-yy", "d-MMM-yy", "d MMM yyyy", "d MMMM yyyy", "MMM d, yyyy", "MMMM d, yyyy",
    ];

    private static readonly string[] Times = ["HH:mm", "HH:mm:ss", "H:mm", "H:mm:ss", "h:mm tt", "h:mm:ss tt"];

    private static readonly (string[] True, string[] False)[] Words =
    [
        (["ja", "j"], ["nein", "n"]), (["oui", "o"], ["non", "n"]), (["sí", "si", "s"], ["no", "n"]), (["sì", "si", "s"], ["no", "n"]),
        (["sim", "s"], ["não", "nao", "n"]), (["ja", "j"], ["nee", "n"]), (["ja", "j"], ["nej", "n"]), (["ja", "j"], ["nei", "n"]),
        (["tak", "t"], ["nie", "n"]), (["ano", "a"], ["ne", "n"]), (["wahr"], ["falsch"]), (["vrai"], ["faux"]),
        (["verdadero"], ["falso"]), (["vero"], ["falso"]), (["verdadeiro"], ["falso"]), (["waar"], ["onwaar"]), (["on"], ["off"]),
    ];

    /// <summary>All of them. None is text, which everything can be.</summary>
    public static IReadOnlyList<Column> All { get; } =
    [
        Of(ColumnType.Uuid),
        Of(ColumnType.Integer),
        .. ".,' ".Select(group => Of(ColumnType.Integer, new NumberFormat(ColumnType.Integer, '.', group))),
        Of(ColumnType.Decimal),
        Of(ColumnType.Decimal, new NumberFormat(ColumnType.Decimal, ',', null)),
        .. ".' ".Select(group => Of(ColumnType.Decimal, new NumberFormat(ColumnType.Decimal, ',', group))),
        .. ",' ".Select(group => Of(ColumnType.Decimal, new NumberFormat(ColumnType.Decimal, '.', group))),
        Of(ColumnType.Date),
        .. Dates.Select(date => Of(ColumnType.Date, FormatOf(ColumnType.Date, date))),
        Of(ColumnType.Timestamp),
        .. from date in Dates from time in Times select Of(ColumnType.Timestamp, FormatOf(ColumnType.Timestamp, $"{date} {time}")),
        Of(ColumnType.Boolean),
        .. Words.Select(words => Of(ColumnType.Boolean, new BooleanWords(words.True, words.False))),
        Of(ColumnType.Email),
    ];

    private static Column Of(ColumnType type, ValueFormat? format = null) => new("", type, Trim: true, Format: format);

    private static DateFormats FormatOf(ColumnType type, string pattern) => new(type, [DatePattern.TryParse(pattern, type, out _)!]);
}
