using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using CsvHelper;
using CsvIngest.Importing;
using CsvIngest.Importing.Detection;

namespace CsvIngest.Benchmarks;

/// <summary>
/// How well polluted CSV files are read, by the measure of Pollock: G. Vitagliano et al., "Pollock: A Data Loading Benchmark", VLDB 2023,
/// https://github.com/HPI-Information-Systems/Pollock. Of each file, success counts 1, and so do the precision, the recall and the F1 of its
/// header, of its records and of its cells, each as a bag: at most 10. The simple score is the mean of all files, and the weighted one counts
/// each pollution as often as it was met in a survey of public files.
/// </summary>
/// <remarks>
/// Values are compared as they are, not after both have been normalized as dates or numbers, so that the score can only be lower than
/// that of the original program.
/// </remarks>
internal static class PollockScore
{
    /// <summary>The largest possible score of a file.</summary>
    private const double Best = 10;

    /// <summary>How many of the files with the lowest scores are printed.</summary>
    private const int PrintedFiles = 20;

    /// <summary>Prints the scores with everything detected, and with the parameters that the benchmark gives for each file.</summary>
    /// <param name="folder">The repository of Pollock, with its files in <c>polluted_files</c>.</param>
    public static void Print(string folder)
    {
        var weights = JsonSerializer.Deserialize<Dictionary<string, double>>(File.ReadAllText(Path.Combine(folder, "pollock_weights.json")))!;
        var files = Path.Combine(folder, "polluted_files");
        var names = Directory.GetFiles(Path.Combine(files, "csv")).Select(Path.GetFileName).Order(StringComparer.Ordinal).ToList();
        foreach (var isDetected in (bool[])[true, false])
        {
            var scores = names.ConvertAll(name => (Name: name!, Value: Score(files, name!, isDetected), Weight: weights.GetValueOrDefault(name!)));
            var simple = scores.Average(score => score.Value);
            var weighted = scores.Sum(score => score.Value * score.Weight) / scores.Sum(score => score.Weight);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{(isDetected ? "everything detected" : "with the parameters of each file")}: {scores.Count} files, simple {simple:F3}, weighted {weighted:F3}"));
            foreach (var (name, value, weight) in scores.Where(score => score.Value < Best).OrderBy(score => score.Value).Take(PrintedFiles))
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {value,6:F3}  {name} (weight {weight})"));
            }
        }
    }

    private static double Score(string files, string name, bool isDetected)
    {
        var expected = ReadClean(Path.Combine(files, "clean", name));
        List<string[]> rows;
        try
        {
            rows = Read(Path.Combine(files, "csv", name), isDetected ? new ReadingOptions() : OptionsOf(files, name));
        }
        catch (UnusableFileException)
        {
            return 0;
        }

        if (expected.Count == 0)
        {
            return Best;
        }

        return 1
            + Similarity(expected[0], rows.Count == 0 ? [] : rows[0])
            + Similarity(expected.Skip(1).Select(Text), rows.Skip(1).Select(Text))
            + Similarity(expected.SelectMany(row => row), rows.SelectMany(row => row));
    }

    private static string Text(string[] row) => string.Concat(row);

    /// <summary>Precision, recall and F1, added; the benchmark calls the share of what was expected the precision.</summary>
    private static double Similarity(IEnumerable<string> expected, IEnumerable<string> actual)
    {
        var left = new Dictionary<string, int>(StringComparer.Ordinal);
        int expectedCount = 0, actualCount = 0, shared = 0;
        foreach (var value in expected)
        {
            expectedCount++;
            left[value] = left.GetValueOrDefault(value) + 1;
        }

        foreach (var value in actual)
        {
            actualCount++;
            if (left.TryGetValue(value, out var count) && count > 0)
            {
                shared++;
                left[value] = count - 1;
            }
        }

        if (expectedCount == 0)
        {
            return 3;
        }

        if (shared == 0)
        {
            return 0;
        }

        var (precision, recall) = ((double)shared / expectedCount, (double)shared / actualCount);
        return precision + recall + (2 * precision * recall / (precision + recall));
    }

    private static List<string[]> ReadClean(string path)
    {
        using var clean = CsvReader.FromFile(path, CsvReaderOptions.Default with { HasHeader = false });
        var rows = new List<string[]>();
        while (clean.Read())
        {
            rows.Add([.. Enumerable.Range(0, clean.FieldCount).Select(clean.GetString)]);
        }

        return rows;
    }

    /// <summary>The header, if the file has one, and the rows that are not rejected.</summary>
    private static List<string[]> Read(string path, ReadingOptions options)
    {
        using var file = File.OpenRead(path);
        using var reader = RecordReader.Open(file, options, _ => { });
        var rows = new List<string[]>();
        if (reader.Shape.HeaderLine > 0)
        {
            rows.Add([.. reader.Shape.Names]);
        }

        while (reader.Read())
        {
            if (reader.RejectReason is null)
            {
                rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(i => Encoding.UTF8.GetString(reader.Field(i)))]);
            }
        }

        return rows;
    }

    private static ReadingOptions OptionsOf(string files, string name)
    {
        using var json = File.OpenRead(Path.Combine(files, "parameters", name + "_parameters.json"));
        var given = JsonSerializer.Deserialize<Parameters>(json)!;
        var isDoubled = given.EscapeCharacter == given.QuoteCharacter;
        return new ReadingOptions
        {
            Delimiter = given.Delimiter.Length == 0 ? null : given.Delimiter,
            Quote = given.QuoteCharacter.Length == 0 ? QuoteSetting.None : QuoteSetting.Of(given.QuoteCharacter),
            Escape = isDoubled || given.EscapeCharacter.Length == 0 ? EscapeSetting.Auto : EscapeSetting.Of(given.EscapeCharacter),
            Encoding = given.Encoding,
            SkipLines = given.PreambleLines,
            NoHeader = given.HeaderLines == 0,
            HeaderLines = given.HeaderLines == 0 ? null : given.HeaderLines,
        };
    }

    private sealed record Parameters(
        [property: JsonPropertyName("encoding")] string Encoding,
        [property: JsonPropertyName("delimiter")] string Delimiter,
        [property: JsonPropertyName("quotechar")] string QuoteCharacter,
        [property: JsonPropertyName("escapechar")] string EscapeCharacter,
        [property: JsonPropertyName("header_lines")] int HeaderLines,
        [property: JsonPropertyName("preamble_lines")] int PreambleLines);
}
