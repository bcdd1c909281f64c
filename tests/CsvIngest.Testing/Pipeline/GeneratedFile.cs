using System.Text;

namespace CsvIngest.Testing;

/// <summary>
/// A contacts file whose every row has a known fate: the oracle that a run is compared with. One row in ten repeats the key of a
/// much earlier row in another spelling and with another name; one in a hundred has an invalid address.
/// </summary>
public sealed class GeneratedFile
{
    private readonly Dictionary<string, string> _firstNames = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _firstLines = new(StringComparer.Ordinal);
    private readonly List<long> _duplicateLines = [];
    private readonly List<long> _rejectedLines = [];

    private GeneratedFile(string path) => Path = path;

    public string Path { get; }

    public string Name => System.IO.Path.GetFileName(Path);

    public int Rows { get; private set; }

    public int Duplicates => _duplicateLines.Count;

    public int Rejected => _rejectedLines.Count;

    /// <summary>The lines of the duplicates, in order.</summary>
    public IReadOnlyList<long> DuplicateLines => _duplicateLines;

    /// <summary>The lines of the rejected rows, in order.</summary>
    public IReadOnlyList<long> RejectedLines => _rejectedLines;

    /// <summary>Every valid email in canonical form, with the name on the first line that has it.</summary>
    public IReadOnlyDictionary<string, string> FirstNames => _firstNames;

    /// <summary>Every valid email in canonical form, with the first line that has it.</summary>
    public IReadOnlyDictionary<string, long> FirstLines => _firstLines;

    /// <summary>Writes a file.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="people">Makes the addresses this file's own, so that several files can share a table.</param>
    /// <param name="duplicateEvery">One row in so many is a duplicate.</param>
    public static GeneratedFile Write(string path, int rows, string people = "person", int duplicateEvery = 10)
    {
        var file = new GeneratedFile(path);
        using var writer = new StreamWriter(path, append: false, new UTF8Encoding(false)) { NewLine = "\n" };
        writer.WriteLine("Email,Full Name,Company,Phone");
        for (var row = 0; row < rows; row++)
        {
            file.WriteRow(writer, row, people, duplicateEvery);
        }

        return file;
    }

    private void WriteRow(StreamWriter writer, int row, string people, int duplicateEvery)
    {
        Rows++;
        // The header is line 1, and no record has two lines.
        var line = row + 2L;
        if (row % 100 == 57)
        {
            _rejectedLines.Add(line);
            writer.WriteLine($"{people} without an address {row},Nobody {row},Company {row % 97},+49 30 {row}");
        }
        else if (row % duplicateEvery == 3 && row > 10)
        {
            // Half the way back, a row with an address of its own.
            var earlier = row / 2 / duplicateEvery * duplicateEvery;
            _duplicateLines.Add(line);
            writer.WriteLine($" {people.ToUpperInvariant()}.{earlier}@EXAMPLE.com,Late {row},Company {row % 97},+49 30 {row}");
        }
        else
        {
            var email = $"{people}.{row}@example.com";
            _firstNames.Add(email, $"Name \"{row}\", née Größe");
            _firstLines.Add(email, line);
            writer.WriteLine($"{email},\"Name \"\"{row}\"\", née Größe\",Company {row % 97},+49 30 {row}");
        }
    }
}
