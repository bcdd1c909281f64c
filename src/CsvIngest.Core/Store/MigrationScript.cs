using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace CsvIngest.Store;

/// <summary>One numbered SQL file of <c>migrations/</c>, embedded in the adapter that runs it.</summary>
/// <param name="Name">The file name, such as <c>0001_ledger.sql</c>, which identifies it.</param>
/// <param name="Sql">The statements, with LF line ends.</param>
public sealed record MigrationScript(string Name, string Sql)
{
    private const string Prefix = "migrations/";

    /// <summary>SHA-256 of <see cref="Sql"/>, in hex: an applied file that has changed since is an error.</summary>
    public string Hash { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Sql)));

    /// <summary>The scripts embedded in an assembly, in the order of their names.</summary>
    public static IReadOnlyList<MigrationScript> LoadFrom(Assembly assembly) =>
        [.. assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name => Load(assembly, name))];

    private static MigrationScript Load(Assembly assembly, string resource)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
        return new MigrationScript(resource[Prefix.Length..], reader.ReadToEnd().ReplaceLineEndings("\n"));
    }
}
