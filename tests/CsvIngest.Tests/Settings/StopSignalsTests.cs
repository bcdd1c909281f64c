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
    public async Task A_signal_interrupts_a_command_that_waits(Signal signal)
    {
        await using var status = Programs.Start("consumer", ["status", "--wait", "--database", "postgres://ada@127.0.0.1:1/none"], _folder);
        await status.WaitForErrorLine("127.0.0.1:1");

        status.SendSignal(signal);

        (await status.WaitForExitAsync()).ShouldExitWith(130).Error.ShouldEndWith("consumer: interrupted\n");
    }
}
