using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Settings;

/// <summary>What a signal does to a command that only waits. The faults of an import that is stopped are tested on real servers.</summary>
public sealed class StopSignalsTests : IDisposable
{
    private readonly WorkFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Signal.Interrupt)]
    [InlineData(Signal.Terminate)]
    [InlineData(Signal.Quit)]
    [InlineData(Signal.HangUp)]
    public async Task A_signal_interrupts_a_command_that_waits(Signal signal)
    {
        await using var status = Programs.Start("consumer", ["status", "--wait", "--database", "postgres://ada@127.0.0.1:1/none"], _folder);
        await status.WaitForErrorLine("127.0.0.1:1");

        status.SendSignal(signal);

        (await status.WaitForExitAsync()).ShouldExitWith(130).Error.ShouldEndWith("consumer: interrupted\n");
    }

    [Fact]
    public async Task Under_nohup_a_hang_up_stays_ignored()
    {
        (await Programs.RunAsync("mkfifo", [_folder["pipe.csv"]], _folder)).ShouldExitWith(0);
        var producer = Path.Combine(Programs.FolderOf("producer"), "producer");
        await using var shell = Programs.Start(
            "bash", ["-c", "trap '' HUP; exec \"$0\" --file pipe.csv --dry-run", producer], _folder);
        await shell.WaitForErrorLine("Dry run");
        shell.SendSignal(Signal.HangUp);

        // It still waits for the pipe's writer.
        (await Programs.RunAsync("bash", ["-c", "printf 'email,name\na@example.com,A\n' > pipe.csv"], _folder)).ShouldExitWith(0);
        (await shell.WaitForExitAsync()).ShouldExitWith(0);
    }

    [Fact]
    public async Task A_second_signal_ends_the_program_at_once_and_never_by_an_exception()
    {
        (await Programs.RunAsync("mkfifo", [_folder["pipe.csv"]], _folder)).ShouldExitWith(0);
        foreach (var gap in (int[])[0, 1, 2, 4, 8, 16])
        {
            await using var producer = Programs.Start("producer", ["--file", "pipe.csv", "--dry-run"], _folder);
            await producer.WaitForErrorLine("Dry run");
            producer.SendSignal(Signal.Terminate);
            await Task.Delay(gap, TestContext.Current.CancellationToken);
            producer.SendSignal(Signal.Terminate);

            var result = await producer.WaitForExitAsync();

            result.ExitCode.ShouldBeOneOf(130, 128 + 15);
            result.Error.ShouldNotContain("Unhandled");
        }
    }
}
