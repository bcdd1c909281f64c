using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Xml.Linq;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Distribution;

/// <summary>What <c>make dist</c> makes, installed in empty folders. <c>make test-dist</c> runs the tests that are marked Explicit.</summary>
public sealed class DistributionTests : IDisposable
{
    private static readonly string Version = Repository.Version;

    private static readonly Dictionary<string, string> WithoutDotnet = new(StringComparer.Ordinal) { ["DOTNET_ROOT"] = "/nonexistent" };

    private readonly WorkFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("producer")]
    [InlineData("consumer")]
    public async Task Programs_have_the_version_of_the_repository(string program) =>
        (await Programs.RunAsync(program, ["--version"], _folder)).ShouldExitWith(0).Output.Trim().ShouldBe(Version);

    [Fact(Explicit = true)]
    public async Task The_archive_for_this_machine_runs_without_an_installed_runtime()
    {
        var name = $"csvingest-{Version}-{RuntimeInformation.RuntimeIdentifier}";
        await ShouldRunAsync("tar", ["--extract", "--gzip", "--file", Repository.PathOf("dist", $"{name}.tar.gz")]);

        await ShouldImportWithAsync(_folder[name], WithoutDotnet);
    }

    [Fact(Explicit = true)]
    public async Task The_tool_packages_can_be_installed_and_run()
    {
        foreach (var package in new[] { "CsvIngest.Producer", "CsvIngest.Consumer" })
        {
            await ShouldRunAsync(
                "dotnet", ["tool", "install", package, "--version", Version, "--source", Repository.PathOf("dist"), "--tool-path", "tools"]);
        }

        await ShouldImportWithAsync(_folder["tools"], environment: null);
    }

    [Fact(Explicit = true)]
    public async Task Every_archive_contains_both_programs()
    {
        var archives = Directory.GetFiles(Repository.PathOf("dist"), "*.tar.gz");

        archives.ShouldNotBeEmpty();
        foreach (var archive in archives)
        {
            var suffix = archive.Contains("-win-", StringComparison.Ordinal) ? ".exe" : "";
            var name = Path.GetFileName(archive)[..^".tar.gz".Length];
            var files = (await ShouldRunAsync("tar", ["--list", "--file", archive])).Output.Split('\n');

            files.ShouldContain($"{name}/producer{suffix}");
            files.ShouldContain($"{name}/web{suffix}");
            files.ShouldContain($"{name}/consumer{suffix}");
        }
    }

    [Fact(Explicit = true)]
    public async Task Every_archive_has_the_bills_of_materials_of_its_programs()
    {
        foreach (var archive in Directory.GetFiles(Repository.PathOf("dist"), "*.tar.gz"))
        {
            var name = Path.GetFileName(archive)[..^".tar.gz".Length];
            string[] programs = ["producer", "consumer", "web"];
            await ShouldRunAsync("tar", ["--extract", "--gzip", "--file", archive, .. programs.Select(program => $"{name}/{program}.cdx.json")]);

            foreach (var program in programs)
            {
                using var bill = JsonDocument.Parse(File.ReadAllText(_folder[$"{name}/{program}.cdx.json"]));
                var packages = bill.RootElement.GetProperty("components").EnumerateArray()
                    .Select(package => $"{package.GetProperty("name")} {package.GetProperty("version")}").ToList();

                bill.RootElement.GetProperty("metadata").GetProperty("component").GetProperty("version").GetString().ShouldBe(Version);
                packages.ShouldContain($"RabbitMQ.Client {VersionOf("RabbitMQ.Client")}");
                packages.Contains($"Npgsql {VersionOf("Npgsql")}").ShouldBe(program != "producer", $"{program}: {string.Join(", ", packages)}");
            }
        }
    }

    [Fact(Explicit = true)]
    public void Every_file_has_its_checksum()
    {
        var checksums = Directory.GetFiles(Repository.PathOf("dist")).Where(file => Path.GetFileName(file) != "SHA256SUMS")
            .Select(file => $"{Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))}  {Path.GetFileName(file)}");

        File.ReadLines(Repository.PathOf("dist", "SHA256SUMS")).ShouldBe(checksums, ignoreOrder: true);
    }

    private static string VersionOf(string package) => XDocument.Load(Repository.PathOf("Directory.Packages.props")).Descendants("PackageVersion")
        .Single(one => one.Attribute("Include")!.Value == package).Attribute("Version")!.Value;

    private async Task ShouldImportWithAsync(string programs, IReadOnlyDictionary<string, string>? environment)
    {
        _folder.CopyIn("samples/contacts.csv");
        var (producer, consumer) = (Path.Combine(programs, "producer"), Path.Combine(programs, "consumer"));

        await ShouldRunAsync(consumer, ["migrate"], environment);
        await ShouldRunAsync(producer, ["--file", "contacts.csv"], environment);
        await ShouldRunAsync(consumer, ["--drain"], environment);
        var status = await ShouldRunAsync(consumer, ["status", "--json"], environment);

        status.Output.ShouldContain("contacts.csv");
    }

    private async Task<ProgramResult> ShouldRunAsync(
        string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null) =>
        (await Programs.RunAsync(program, arguments, _folder, environment: environment)).ShouldExitWith(0);
}
