using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using CsvIngest.Testing;
using CsvIngest.Hosting;
using CsvIngest.Tests.Settings;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Docs;

/// <summary>
/// The tables in the documents agree with the programs. The name of its first column says what a table lists: <c>Option</c> (of the
/// command in the heading above it, such as <c>`producer`</c> or <c>`consumer status`</c>), <c>Setting</c> or <c>Exit code</c>.
/// </summary>
public sealed partial class DocumentedOptionsTests : IDisposable
{
    private readonly WorkFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Option_tables_equal_the_help()
    {
        var documented = Documents.Read().SelectMany(document => document.Tables).Where(table => table.IsOf("Option"))
            .GroupBy(table => CommandIn(table.Heading), StringComparer.Ordinal)
            .ToDictionary(
                tables => tables.Key,
                tables => tables.SelectMany(table => table.Rows).SelectMany(row => FlagsIn(row[0])).ToHashSet(StringComparer.Ordinal),
                StringComparer.Ordinal);

        foreach (var (command, flags) in documented)
        {
            var known = await FlagsOfAsync(command);
            // Options that all commands of a program share are documented once.
            var program = command.Split(' ')[0];
            var shared = documented.GetValueOrDefault(program, []);

            flags.Except(known, StringComparer.Ordinal).ShouldBeEmpty($"{command} does not have these options");
            known.Except(flags.Concat(shared), StringComparer.Ordinal).ShouldBeEmpty($"no table documents these options of {command}");
        }

        if (Documents.All.Contains("README.md", StringComparer.Ordinal))
        {
            documented.Keys.ShouldContain("producer");
            documented.Keys.ShouldContain("consumer");
        }
    }

    [Fact]
    public void Setting_tables_equal_the_settings()
    {
        foreach (var table in TablesOf("Setting"))
        {
            table.Rows.Count.ShouldBe(AdapterKindsTests.AllSettings.Count, table.ToString());
            foreach (var setting in AdapterKindsTests.AllSettings)
            {
                table.Rows.ShouldContain(
                    row => row.Contains($"`{setting.Flag}`") && row.Contains($"`{setting.Variable}`")
                        && (setting.Default == null || row.Contains($"`{setting.Default}`")),
                    $"{table} must contain for {setting.Name}: {setting.Flag}, {setting.Variable}, {setting.Default}");
            }
        }
    }

    [Fact]
    public void Exit_code_tables_equal_the_exit_codes()
    {
        var codes = typeof(ExitCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Select(field => (int)field.GetRawConstantValue()!)
            .Order()
            .ToList();

        foreach (var table in TablesOf("Exit code"))
        {
            table.Rows.Select(row => int.Parse(row[0].Trim('`'), CultureInfo.InvariantCulture)).Order()
                .ShouldBe(codes, ignoreOrder: false, table.ToString());
        }
    }

    private static List<Table> TablesOf(string firstColumn)
    {
        var tables = Documents.Read().SelectMany(document => document.Tables).Where(table => table.IsOf(firstColumn)).ToList();
        if (Documents.All.Contains("README.md", StringComparer.Ordinal))
        {
            tables.ShouldNotBeEmpty($"No document contains a table whose first column is named {firstColumn}.");
        }

        return tables;
    }

    private static string CommandIn(string heading)
    {
        var command = Code().Match(heading);
        command.Success.ShouldBeTrue($"A table of options is under \"{heading}\", which names no command.");
        return command.Groups["code"].Value;
    }

    private static IEnumerable<string> FlagsIn(string text) => Flag().Matches(text).Select(match => match.Value);

    private async Task<HashSet<string>> FlagsOfAsync(string command)
    {
        var words = command.Split(' ');
        var help = (await Programs.RunAsync(words[0], [.. words[1..], "--help"], _folder)).ShouldExitWith(0);
        // The options are at the starts of lines; an option within a line is part of a description.
        return
        [
            .. help.Output.Split('\n')
                .Select(line => line.Trim())
                .Where(line => line.StartsWith('-'))
                .SelectMany(line => FlagsIn(line.Split("  ")[0]))
                .Where(flag => flag is not ("--help" or "--version")),
        ];
    }

    [GeneratedRegex("`(?<code>[^`]+)`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Code();

    [GeneratedRegex(@"(?<![\w-])--[a-z][a-z-]*", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Flag();
}
