using System.Text.RegularExpressions;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Deployment;

/// <summary>The commands of deploy/cron.d/csvingest, run as cron runs them. Cron mails whatever they print.</summary>
public sealed partial class CrontabTests : IDisposable
{
    private readonly Installation _installation = new();
    private readonly Dictionary<string, string> _environment = new(StringComparer.Ordinal);
    private readonly List<string> _commands = [];

    public CrontabTests()
    {
        foreach (var line in _installation.Relocate(File.ReadAllText(Repository.PathOf("deploy", "cron.d", "csvingest"))).Split('\n'))
        {
            if (Setting().Match(line) is { Success: true } setting)
            {
                _environment[setting.Groups["name"].Value] = setting.Groups["value"].Value;
            }
            else if (Entry().Match(line) is { Success: true } entry)
            {
                _commands.Add(entry.Groups["command"].Value);
            }
            else
            {
                line.ShouldMatch("^(#.*)?$", "this line would be ignored by cron, with an error in its log");
            }
        }
    }

    public void Dispose() => _installation.Dispose();

    [Fact]
    public void Commands_contain_no_percent_sign_which_cron_takes_for_a_line_end() =>
        _commands.ShouldAllBe(command => !command.Contains('%'));

    [Fact]
    public async Task Nothing_is_printed_while_all_is_well()
    {
        (await _installation.RunAsync("consumer", "migrate")).ShouldExitWith(0);

        _installation.Receive("contacts.csv");
        await RunAllSilentlyAsync();
        // With an empty folder.
        await RunAllSilentlyAsync();

        _installation.NamesIn("in").ShouldBeEmpty();
        _installation.NamesIn("done").ShouldBe(["contacts.csv"]);
        (await _installation.RunAsync("consumer", "status")).ShouldExitWith(0).Output.ShouldContain("contacts.csv");
    }

    [Fact]
    public async Task Rejected_rows_and_unusable_files_are_printed_once()
    {
        (await _installation.RunAsync("consumer", "migrate")).ShouldExitWith(0);
        _installation.Receive("contacts-messy.csv");
        _installation.Folder.Write("var/lib/csvingest/in/towns.csv", "town\nUlm\n");

        var printed = await RunAllAsync();

        printed[0].ExitCode.ShouldNotBe(0, printed[0].ToString());
        (printed[0].Output + printed[0].Error).ShouldContain("contacts-messy.csv", customMessage: printed[0].ToString());
        (printed[0].Output + printed[0].Error).ShouldContain("towns.csv", customMessage: printed[0].ToString());
        _installation.NamesIn("in").ShouldBeEmpty();
        _installation.NamesIn("done").ShouldBe(["contacts-messy.csv"]);
        _installation.NamesIn("failed").ShouldContain("towns.csv");
        _installation.NamesIn("rejects").ShouldContain("contacts-messy.rejected.csv");
        await RunAllSilentlyAsync();
    }

    private async Task RunAllSilentlyAsync()
    {
        foreach (var result in await RunAllAsync())
        {
            result.ShouldExitWith(0);
            (result.Output + result.Error).ShouldBeEmpty(result.ToString());
        }
    }

    private async Task<IReadOnlyList<ProgramResult>> RunAllAsync()
    {
        var results = new List<ProgramResult>();
        foreach (var command in _commands)
        {
            results.Add(await Programs.RunAsync(_environment["SHELL"], ["-c", command], _installation.Folder, environment: _environment));
        }

        results.ShouldNotBeEmpty();
        return results;
    }

    [GeneratedRegex("^(?<name>[A-Z_]+)=(?<value>.*)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Setting();

    // Five fields of time, the user, the command.
    [GeneratedRegex(@"^([-\d*/,]+\s+){5}csvingest\s+(?<command>\S.*)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Entry();
}
