using System.Diagnostics;
using CsvIngest.Testing;

namespace CsvIngest.Tests.Fuzz;

/// <summary>A file and the flags that it is imported with.</summary>
/// <param name="Bytes">The file.</param>
/// <param name="Flags">The flags, as on the command line.</param>
/// <param name="BlockBytes">How many bytes the reader reads at once, which must have no influence on the result.</param>
internal sealed record FuzzInput(byte[] Bytes, IReadOnlyList<string> Flags, int BlockBytes)
{
    private static readonly (byte[] File, string[] Flags)[] Samples =
    [
        Sample("contacts.csv"), Sample("contacts-messy.csv"),
        Sample("orders.csv", "--dataset", Repository.PathOf("samples", "orders.json")),
        Sample("orders-messy.csv", "--dataset", Repository.PathOf("samples", "orders.json")),
    ];

    private static readonly int[] Blocks = [1, 16, 333, 4096, 1 << 16, 1 << 20];

    /// <summary>Returns the input with a number: always the same for the same seed.</summary>
    public static FuzzInput Of(int seed, int number)
    {
        var random = new Random(HashCode(seed, number));
        var (sample, dataset) = Samples[random.Next(Samples.Length)];
        var bytes = Mutations.Next(random, sample);
        List<string> flags = [.. dataset, .. FuzzedFlags.Next(random)];
        // Reading a byte at a time is slow.
        var smallest = bytes.Length > 10_000 ? 3 : 0;
        return new FuzzInput(bytes, flags, Blocks[random.Next(smallest, Blocks.Length)]);
    }

    /// <summary>Removes what the failure does not need, larger parts first, until the time is up.</summary>
    public async Task<FuzzInput> MinimiseAsync(Func<FuzzInput, Task<bool>> fails, TimeSpan time)
    {
        var clock = Stopwatch.StartNew();
        var smallest = this with { Flags = [] } is var plain && await fails(plain) ? plain : this;
        for (var part = smallest.Bytes.Length / 2; part > 0; part /= 2)
        {
            for (var at = 0; at < smallest.Bytes.Length && clock.Elapsed < time;)
            {
                var shorter = smallest with { Bytes = [.. smallest.Bytes[..at], .. smallest.Bytes[Math.Min(at + part, smallest.Bytes.Length)..]] };
                if (await fails(shorter))
                {
                    smallest = shorter;
                }
                else
                {
                    at += part;
                }
            }
        }

        return smallest;
    }

    private static (byte[] File, string[] Flags) Sample(string name, params string[] flags) =>
        (File.ReadAllBytes(Repository.PathOf("samples", name)), flags);

    // System.HashCode differs between processes.
    private static int HashCode(int seed, int number) => unchecked((seed * 1_000_003) ^ (number * 69_069));
}
