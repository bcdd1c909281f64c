using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Architecture;

/// <summary>
/// Proves that the analyzers and the formatter are enabled: code that violates a rule of each kind must fail to build with
/// the settings of this repository. Otherwise a mistake in .editorconfig or Directory.Build.props could disable them unnoticed.
/// </summary>
public sealed class CanaryTests : IDisposable
{
    private const string Project = """
        <Project Sdk="Microsoft.NET.Sdk">
        </Project>
        """;

    private const string Canary = """
        using System.Text;

        namespace Canary;

        internal class NotSealed
        {
            private readonly int Unused = 1;

            public static string Broken(string? text)
            {
                int indented = text.Length ;
                return  text + indented;
            }
        }

        """;

    private static readonly Dictionary<string, string> Broken = new(StringComparer.Ordinal)
    {
        ["CS8602"] = "nullable references",
        ["CA1852"] = "the SDK's analyzers",
        ["MA0053"] = "Meziantou's analyzers",
        ["IDE0005"] = "code style in the build",
        ["IDE0051"] = "unused members",
        ["IDE1006"] = "names",
    };

    // A build process that outlived its command would keep the streams open.
    private static readonly Dictionary<string, string> Environment = new(StringComparer.Ordinal)
    {
        ["MSBUILDDISABLENODEREUSE"] = "1",
        ["UseSharedCompilation"] = "false",
    };

    private readonly WorkFolder _folder = new();

    public CanaryTests()
    {
        foreach (var settings in new[] { ".editorconfig", "Directory.Build.props", "Directory.Packages.props" })
        {
            _folder.CopyIn(settings);
        }

        _folder.Write("Canary.csproj", Project);
        _folder.Write("Canary.cs", Canary);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_build_reports_each_violation_as_an_error()
    {
        var build = await DotnetAsync("build", "--verbosity", "quiet");

        build.ExitCode.ShouldNotBe(0, build.ToString());
        foreach (var (rule, source) in Broken)
        {
            build.Output.ShouldContain($"error {rule}:", customMessage: $"Not enabled: {source}\n{build}");
        }
    }

    [Fact]
    public async Task The_format_check_reports_it()
    {
        var format = await DotnetAsync("format", "whitespace", ".", "--folder", "--verify-no-changes");

        format.ExitCode.ShouldNotBe(0, format.ToString());
        format.Error.ShouldContain("Canary.cs(11,", customMessage: format.ToString());
    }

    private Task<ProgramResult> DotnetAsync(params string[] arguments) =>
        Programs.RunAsync("dotnet", arguments, _folder, TimeSpan.FromMinutes(3), Environment);
}
