using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace CsvIngest.Store;

/// <summary>One numbered SQL file of <c>migrations/</c>, embedded in the adapter that runs it.</summary>
/// <param name="Name">The file name, such as <c>0001_ledger.sql</c>: its identity.</param>
/// <param name="Sql">The statements.</param>
/// <param name="Hash">SHA-256 of the text with LF line ends, in hex: an applied file that has changed since is an error.</param>
public sealed record MigrationScript(string Name, string Sql, string Hash)
{
    private const string Prefix = "migrations/";

    /// <summary>The scripts embedded in an assembly, in the order of their names.</summary>
    public static IReadOnlyList<MigrationScript> LoadFrom(Assembly assembly) =>
        [.. assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name => Load(assembly, name))];

    private static MigrationScript Load(Assembly assembly, string resource)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
        var sql = reader.ReadToEnd().ReplaceLineEndings("\n");
        return new MigrationScript(resource[Prefix.Length..], sql, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(sql))));
    }
}
