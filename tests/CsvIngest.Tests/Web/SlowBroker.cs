using CsvIngest.Testing;

namespace CsvIngest.Tests.Web;

/// <summary>
/// Makes every message cost the SQLite broker of a folder about 10 ms, until it is disposed. An import of the long file takes
/// seconds then, so that a test can stop it midway on a machine of any speed.
/// </summary>
internal sealed class SlowBroker : IDisposable
{
    private readonly WorkFolder _folder;

    private SlowBroker(WorkFolder folder) => _folder = folder;

    /// <summary>How many rows the long file has.</summary>
    public const int LongFileRows = 100_000;

    /// <summary>A file of two columns that becomes some hundred messages.</summary>
    /// <param name="header">The names of its columns: one for any text, and one for e-mail addresses, each of them another.</param>
    public static string LongFile(string header = "name,email")
    {
        var text = new string('a', 200);
        return $"{header}\n" + string.Concat(Enumerable.Range(0, LongFileRows).Select(n => $"{text},{n}@x.example\n"));
    }

    /// <summary>Slows the broker down.</summary>
    /// <param name="folder">The folder in which the programs use it.</param>
    public static async Task<SlowBroker> StartAsync(WorkFolder folder)
    {
        // The first program that uses the broker creates its tables.
        (await Programs.RunAsync("consumer", ["--drain"], folder)).ShouldExitWith(0);
        EmbeddedDatabase.Execute(folder, "CREATE TRIGGER slow AFTER INSERT ON broker_messages BEGIN SELECT randomblob(3000000); END");
        return new SlowBroker(folder);
    }

    /// <inheritdoc/>
    public void Dispose() => EmbeddedDatabase.Execute(_folder, "DROP TRIGGER slow");
}
