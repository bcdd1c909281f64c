using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;
using CsvIngest.Testing;
using CsvIngest.Store;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Architecture;

/// <summary>Rules for the sources that no compiler or analyzer checks.</summary>
public sealed partial class SourceRulesTests
{
    private const int LongFileLines = 500;
    private const int HeaderLines = 10;

    [Fact]
    public void A_long_file_states_the_reason_in_its_header()
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
    public void Serilog_appears_only_where_the_log_is_set_up()
    {
        var found =
            from file in Repository.FilesUnder("src", "*.cs")
            where File.ReadAllText(Repository.PathOf(file)).Contains("Serilog", StringComparison.Ordinal)
            select file;

        found.ShouldBe(["src/CsvIngest.Hosting/ConsoleLog.cs"], "Everything else logs through ILogger.");
    }

    [Theory]
    [InlineData("src/CsvIngest.Hosting")]
    [InlineData("src/CsvIngest.Core/Settings")]
    public void What_every_program_shares_knows_no_adapter(string folder)
    {
        string[] servers = ["postgres", "npgsql", "sqlite", "rabbitmq", "amqp"];

        var found =
            from file in Repository.FilesUnder(folder, "*.cs")
            let text = File.ReadAllText(Repository.PathOf(file))
            from server in servers
            where text.Contains(server, StringComparison.OrdinalIgnoreCase)
            select $"{file}: {server}";

        found.ShouldBeEmpty("Each program lists its adapters in Program.cs.");
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

        used.ShouldContain("System.IO.StreamReader", "this test reads the wrong assembly");
        used.Intersect(forbidden, StringComparer.Ordinal).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(@"\bConsole\.", "The programs own the console.")]
    [InlineData("\"[^\"\\n]*(?<![\\w-])--[a-z]", "A library names an option as data (ImportOption); the program knows the flag.")]
    [InlineData(@"\bEnvironment\.(CurrentDirectory|Exit|GetEnvironmentVariable)", "The programs know their surroundings.")]
    public void The_libraries_know_no_command_line(string pattern, string reason)
    {
        var found =
            from file in Repository.FilesUnder("src/CsvIngest.Importing", "*.cs").Concat(Repository.FilesUnder("src/CsvIngest.Core", "*.cs"))
            from line in File.ReadLines(Repository.PathOf(file))
            where !line.TrimStart().StartsWith("//", StringComparison.Ordinal)
                && Regex.IsMatch(line, pattern, RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1))
            select $"{file}: {line.Trim()}";

        found.ShouldBeEmpty(reason);
    }

    [Fact]
    public void The_message_of_an_exception_is_shown_through_FailureReason()
    {
        // What has a message and is no exception.
        string[] others = ["pending.Message", "publish.Message", "error.Message"];

        var found =
            from file in Repository.FilesUnder("src", "*.cs")
            where Path.GetFileName(file) is not ("FailureReason.cs" or "PostgresFailure.cs")
            from line in File.ReadLines(Repository.PathOf(file))
            where Regex.IsMatch(line, @"\b[a-z]\w*\.Message\b", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1))
                && !Array.Exists(others, other => line.Contains(other, StringComparison.Ordinal))
            select $"{file}: {line.Trim()}";

        found.ShouldBeEmpty("The messages of client libraries contain stack traces.");
    }

    [Fact]
    public void No_name_is_a_catch_all()
    {
        string[] endings = ["Manager", "Helper", "Helpers", "Util", "Utils", "Utilities", "Common", "Base", "Processor", "Service"];

        var found =
            from file in Repository.FilesUnder("src", "*.cs").Concat(Repository.FilesUnder("tests", "*.cs"))
            let name = Path.GetFileNameWithoutExtension(file)
            where endings.Any(ending => name.EndsWith(ending, StringComparison.Ordinal))
                // BackgroundService is the host's own name.
                && !File.ReadAllText(Repository.PathOf(file)).Contains(": BackgroundService", StringComparison.Ordinal)
            select file;

        found.ShouldBeEmpty("Name a type after what it does.");
    }

    [Fact]
    public void Sources_refer_only_to_documents_of_the_repository()
    {
        var missing =
            from file in Repository.FilesUnder("src", "*").Concat(Repository.FilesUnder("tests", "*.cs")).Concat(Repository.FilesUnder("eng", "*"))
            from Match reference in Reference().Matches(File.ReadAllText(Repository.PathOf(file)))
            where !reference.Groups["path"].Success || !File.Exists(Repository.PathOf(reference.Groups["path"].Value))
            select $"{file}: {reference.Value}";

        missing.ShouldBeEmpty("Copy what the document says, or record it in docs/decisions.");
    }

    // A path in docs/, or what cannot be looked up: a section of a private design, or a number of a private list.
    [GeneratedRegex(@"(?<path>docs/[\w/.-]+\.md)|design\s+§\s*\d+|///\s*(<summary>)?\s*F\d+:", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Reference();
}
