using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Deployment;

/// <summary>The services in deploy/systemd, started as systemd starts them.</summary>
public sealed class SystemdUnitsTests : IDisposable
{
    private const string Common = "csvingest-.service.d/10-common.conf";

    private readonly Installation _installation = new();

    public void Dispose() => _installation.Dispose();

    [Fact]
    public async Task The_watching_producer_and_the_consumer_store_what_arrives_and_stop_in_order()
    {
        (await _installation.RunAsync("consumer", "migrate")).ShouldExitWith(0);
        await using var consumer = Start("csvingest-consumer.service");
        await using var producer = Start("csvingest-producer.service");
        await producer.WaitForErrorLine("Watching");
        _installation.Receive("contacts.csv");
        await producer.WaitForErrorLine("contacts.csv: done");

        (await _installation.RunAsync("consumer", "status", "--wait", "30")).ShouldExitWith(0);
        producer.SendSignal(Signal.Terminate);
        consumer.SendSignal(Signal.Terminate);

        (await producer.WaitForExitAsync()).ShouldExitWith(0);
        (await consumer.WaitForExitAsync()).ShouldExitWith(0);
        _installation.NamesIn("in").ShouldBeEmpty();
        _installation.NamesIn("done").ShouldBe(["contacts.csv"]);
    }

    [Fact]
    public async Task The_import_succeeds_with_and_without_files()
    {
        await using (var idle = Start("csvingest-import.service"))
        {
            (await idle.WaitForExitAsync()).ShouldExitWith(0);
        }

        _installation.Receive("contacts.csv");
        await using var import = Start("csvingest-import.service");

        (await import.WaitForExitAsync()).ShouldExitWith(0);
        _installation.NamesIn("done").ShouldBe(["contacts.csv"]);
    }

    [Fact]
    public async Task The_web_program_requires_its_token_and_stops_in_order()
    {
        (await _installation.RunAsync("consumer", "migrate")).ShouldExitWith(0);
        await using var web = Start("csvingest-web.service", "--listen", "127.0.0.1:0");

        await web.WaitForErrorLine("with a token");
        web.SendSignal(Signal.Terminate);

        (await web.WaitForExitAsync()).ShouldExitWith(0);
    }

    [Fact]
    public void Services_have_all_the_folders_that_their_commands_name()
    {
        var folders = ValuesOf(Common, "StateDirectory").Single().Split(' ').Select(folder => $"/var/lib/{folder}").ToList();
        var used =
            from unit in Repository.FilesUnder("deploy/systemd", "*.service")
            from command in ValuesOf(unit["deploy/systemd/".Length..], "ExecStart")
            from word in command.Split(' ')
            where word.StartsWith("/var/", StringComparison.Ordinal)
            select word;

        used.ShouldNotBeEmpty();
        used.Except(folders).ShouldBeEmpty();
    }

    private RunningProgram Start(string unit, params string[] more)
    {
        var command = ValuesOf(unit, "ExecStart").Single().Split(' ').Select(_installation.Relocate).ToList();
        var environment = ValuesOf(Common, "Environment").Concat(ValuesOf(unit, "Environment")).Select(setting => setting.Split('=', 2))
            .ToDictionary(setting => setting[0], setting => _installation.Relocate(setting[1]), StringComparer.Ordinal);
        return Programs.Start(command[0], [.. command[1..], .. more], _installation.Folder, environment);
    }

    private static List<string> ValuesOf(string unit, string key) =>
        [.. File.ReadLines(Repository.PathOf("deploy", "systemd", unit))
            .Where(line => line.StartsWith($"{key}=", StringComparison.Ordinal))
            .Select(line => line[(key.Length + 1)..])];
}
