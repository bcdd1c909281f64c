using System.Text;

namespace CsvIngest.Contracts;

/// <summary>
/// A contacts file whose every row has a known fate: the oracle that a run is held against. One row in ten repeats the key of a
/// far earlier row in another spelling and with another name; one in a hundred is no address.
/// </summary>
public sealed class GeneratedFile
{
    private readonly Dictionary<string, string> _firstNames = new(StringComparer.Ordinal);

    private GeneratedFile(string path) => Path = path;

    public string Path { get; }

    public string Name => System.IO.Path.GetFileName(Path);

    public int Rows { get; private set; }

    public int Duplicates { get; private set; }

    public int Rejected { get; private set; }

    /// <summary>Every valid email in canonical form, with the name on the first line that has it.</summary>
    public IReadOnlyDictionary<string, string> FirstNames => _firstNames;

    /// <summary>Writes a file.</summary>
    /// <param name="path">Where.</param>
    /// <param name="rows">How many.</param>
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
        if (row % 100 == 57)
        {
            Rejected++;
            writer.WriteLine($"{people} without an address {row},Nobody {row},Company {row % 97},+49 30 {row}");
        }
        else if (row % duplicateEvery == 3 && row > 10)
        {
            // Half the way back, at a row that has an address of its own.
            var earlier = row / 2 / duplicateEvery * duplicateEvery;
            Duplicates++;
            writer.WriteLine($" {people.ToUpperInvariant()}.{earlier}@EXAMPLE.com,Late {row},Company {row % 97},+49 30 {row}");
        }
        else
        {
            var email = $"{people}.{row}@example.com";
            _firstNames.Add(email, $"Name \"{row}\", née Größe");
            writer.WriteLine($"{email},\"Name \"\"{row}\"\", née Größe\",Company {row % 97},+49 30 {row}");
        }
    }
}
