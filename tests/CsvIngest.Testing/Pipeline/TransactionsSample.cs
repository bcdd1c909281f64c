using System.Globalization;

namespace CsvIngest.Testing;

/// <summary>samples/transactions.csv, read without the programs.</summary>
public static class TransactionsSample
{
    /// <summary>Its rows, in the order of the file.</summary>
    public static IReadOnlyList<TransactionRow> Rows() => Read(File.ReadLines(Repository.PathOf("samples", "transactions.csv")));

    /// <summary>Reads lines in the form of the sample, of which the first is the header. Only the reference may contain commas.</summary>
    public static IReadOnlyList<TransactionRow> Read(IEnumerable<string> lines) =>
    [
        .. lines.Skip(1).Select(line => line.Split(',')).Select(
            fields => new TransactionRow(fields[0], fields[1], decimal.Parse(fields[^1], CultureInfo.InvariantCulture))),
    ];
}

/// <summary>A transaction, as far as its total depends on it.</summary>
/// <param name="Id">The key.</param>
/// <param name="Account">The account number.</param>
/// <param name="Amount">Exact.</param>
public sealed record TransactionRow(string Id, string Account, decimal Amount);
