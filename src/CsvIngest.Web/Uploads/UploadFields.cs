using System.Security.Cryptography;
using System.Text.Json;
using CsvIngest.Importing;
using CsvIngest.Importing.Detection;
using CsvIngest.Importing.Rows;

namespace CsvIngest.Web.Uploads;

/// <summary>
/// The options of an upload as they are sent in a form or a query: named as the producer's, without the dashes. A field without a value is
/// as good as none, since forms send all of their fields.
/// </summary>
internal sealed class UploadFields
{
    /// <summary>Whether to check the file only, as a preview: it is imported when that is confirmed.</summary>
    public const string DryRun = "dry-run";

    /// <summary>Whether to import a file that was imported already once more.</summary>
    public const string Again = "again";

    /// <summary>The most values that an upload may have; a guess, far above what datasets have columns for.</summary>
    private const int MaxValues = 1000;

    private static readonly string[] Switches = ["no-header", "no-dedupe", "check-domains", DryRun, Again];

    private static readonly string[] Values =
    [
        "dataset", "map", "null", "delimiter", "quote", "escape", "encoding", "comment", "skip-lines", "header-lines", "rows-per-message", "max-rejects",
    ];

    private readonly SortedDictionary<string, List<string>> _values = new(StringComparer.Ordinal);
    private int _count;

    /// <summary>The fields that decide what is imported, by name. Kept with the upload.</summary>
    public IReadOnlyDictionary<string, string[]> Options =>
        _values.Where(each => each.Key is not (DryRun or Again)).ToDictionary(each => each.Key, each => each.Value.ToArray(), StringComparer.Ordinal);

    /// <summary>Adds a field.</summary>
    /// <exception cref="RequestException">There is no such field, or it has an invalid value.</exception>
    public void Add(string name, string value)
    {
        if (!Values.Contains(name, StringComparer.Ordinal) && !Switches.Contains(name, StringComparer.Ordinal))
        {
            throw RequestException.Invalid(
                $"There is no field \"{DisplayText.OneLine(name)}\"; available: file, {string.Join(", ", Values.Concat(Switches))}.");
        }

        // The value of a mapping is COLUMN=HEADER; a column without a header is matched by name.
        if (value.Length == 0 || (name == "map" && value.EndsWith('=')))
        {
            return;
        }

        if (++_count > MaxValues)
        {
            throw RequestException.Invalid($"The request has more than {MaxValues} fields.");
        }

        if (Switches.Contains(name, StringComparer.Ordinal))
        {
            if (value is "false" or "0")
            {
                return;
            }

            value = value is "true" or "on" or "1" ? "true" : throw RequestException.Invalid($"{name} is \"{DisplayText.OneLine(value)}\"; expected true or false.");
        }

        if (!_values.TryGetValue(name, out var values))
        {
            _values.Add(name, values = []);
        }

        if (values.Count > 0 && name is not ("map" or "null"))
        {
            throw RequestException.Invalid($"{name} is specified more than once.");
        }

        values.Add(value);
    }

    /// <summary>Whether a switch is on.</summary>
    public bool IsOn(string name) => _values.ContainsKey(name);

    /// <summary>What is the same for the same options.</summary>
    public static string HashOf(IReadOnlyDictionary<string, string[]> options) => Convert.ToHexStringLower(SHA256.HashData(
        JsonSerializer.SerializeToUtf8Bytes(options.OrderBy(field => field.Key, StringComparer.Ordinal).ToList())));

    /// <summary>Makes import options of the fields.</summary>
    /// <exception cref="RequestException">Values are not valid; the detail lists all of them.</exception>
    public static ImportOptions ToImportOptions(IReadOnlyDictionary<string, string[]> fields)
    {
        var faults = new List<OptionFault>();
        var options = new ImportOptions
        {
            Slices = new SliceOptions
            {
                Dataset = Value("dataset") ?? new SliceOptions().Dataset,
                Map = Map(fields.GetValueOrDefault("map", []), faults),
                NullMarkers = fields.GetValueOrDefault("null", []),
                RowsPerMessage = Number(ImportOption.RowsPerMessage, Value("rows-per-message"), faults) ?? new SliceOptions().RowsPerMessage,
                Dedupe = Value("no-dedupe") is null,
                CheckDomains = Value("check-domains") is not null,
                Reading = new ReadingOptions
                {
                    Delimiter = Value("delimiter") is { } delimiter ? ReadingOptions.ParseDelimiter(delimiter) : null,
                    Quote = Value("quote") is { } quote ? QuoteSetting.Parse(quote, faults) : QuoteSetting.Auto,
                    Escape = Value("escape") is { } escape ? EscapeSetting.Parse(escape, faults) : EscapeSetting.Auto,
                    Encoding = Value("encoding"),
                    NoHeader = Value("no-header") is null ? null : true,
                    SkipLines = Number(ImportOption.SkipLines, Value("skip-lines"), faults),
                    HeaderLines = Number(ImportOption.HeaderLines, Value("header-lines"), faults),
                    Comment = Value("comment") is { } comment ? ReadingOptions.ParseComment(comment, faults) : null,
                },
            },
            MaxRejects = Value("max-rejects") is { } limit ? RejectLimit.Parse(limit, faults) : RejectLimit.None,
        };
        faults.AddRange(options.Faults());
        return faults.Count == 0 ? options : throw RequestException.Invalid(string.Join(" ", faults.Select(FieldWording.Describe)));

        string? Value(string name) => fields.TryGetValue(name, out var values) ? values[0] : null;
    }

    private static int? Number(ImportOption option, string? text, List<OptionFault> faults)
    {
        if (text is null || int.TryParse(text, out var number))
        {
            return text is null ? null : int.Parse(text);
        }

        faults.Add(new(option, $"\"{DisplayText.OneLine(text)}\" is not a number."));
        return null;
    }

    private static Dictionary<string, string> Map(string[] pairs, List<OptionFault> faults)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in pairs)
        {
            var at = pair.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0)
            {
                faults.Add(new(ImportOption.Map, $"\"{DisplayText.OneLine(pair)}\" is not a mapping; expected COLUMN=HEADER."));
            }
            else if (!map.TryAdd(pair[..at], pair[(at + 1)..]))
            {
                faults.Add(new(ImportOption.Map, $"column \"{DisplayText.OneLine(pair[..at])}\" is mapped twice."));
            }
        }

        return map;
    }
}
