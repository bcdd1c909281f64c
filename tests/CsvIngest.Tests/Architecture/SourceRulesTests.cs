using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using CsvIngest.Testing;
using CsvIngest.Store;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Architecture;

/// <summary>Rules about the sources that no compiler or analyzer checks.</summary>
public sealed class SourceRulesTests
{
    private const int LongFileLines = 500;
    private const int HeaderLines = 10;

    [Fact]
    public void A_long_file_says_in_its_header_why()
    {
        var unjustified =
            from file in Repository.FilesUnder("src", "*.cs").Concat(Repository.FilesUnder("tests", "*.cs"))
            let lines = File.ReadAllLines(Repository.PathOf(file))
            where lines.Length > LongFileLines
                && !lines.Take(HeaderLines).Any(line => line.StartsWith("// Long because ", StringComparison.Ordinal))
            select $"{file}: {lines.Length} lines; split it, or begin it with \"// Long because …\"";

        unjustified.ShouldBeEmpty();
    }

    [Fact]
    public void Serilog_appears_only_where_a_program_is_put_together()
    {
        var found =
            from file in Repository.FilesUnder("src", "*.cs")
            where Path.GetFileName(file) != "Program.cs" && File.ReadAllText(Repository.PathOf(file)).Contains("Serilog", StringComparison.Ordinal)
            select file;

        found.ShouldBeEmpty("Everything else logs through ILogger.");
    }

    [Fact]
    public void Core_opens_no_socket_and_no_file()
    {
        string[] forbidden =
        [
            "System.IO.Directory", "System.IO.File", "System.IO.FileInfo", "System.IO.FileStream", "System.Net.Sockets.Socket",
            "System.Net.Sockets.TcpClient", "System.Net.Http.HttpClient", "System.Diagnostics.Process",
        ];
        using var assembly = new PEReader(File.OpenRead(typeof(IStore).Assembly.Location));
        var metadata = assembly.GetMetadataReader();

        var used = metadata.TypeReferences.Select(metadata.GetTypeReference)
            .Select(type => $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}")
            .ToList();

        used.ShouldContain("System.IO.StreamReader", "this test reads the wrong thing");
        used.Intersect(forbidden, StringComparer.Ordinal).ShouldBeEmpty();
    }

    [Fact]
    public void No_name_is_a_catch_all()
    {
        string[] endings = ["Manager", "Helper", "Helpers", "Util", "Utils", "Utilities", "Common", "Base", "Processor", "Service"];

        var found =
            from file in Repository.FilesUnder("src", "*.cs").Concat(Repository.FilesUnder("tests", "*.cs"))
            let name = Path.GetFileNameWithoutExtension(file)
            where endings.Any(ending => name.EndsWith(ending, StringComparison.Ordinal))
                // The host's own word for what it runs.
                && !File.ReadAllText(Repository.PathOf(file)).Contains(": BackgroundService", StringComparison.Ordinal)
            select file;

        found.ShouldBeEmpty("Name a type for what it does.");
    }
}
