using System.Text;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Harness;

/// <summary>The harness that runs the built programs, tested with a shell.</summary>
public sealed class RunningProgramTests : IDisposable
{
    private readonly WorkFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Exit_code_and_both_streams_are_captured()
    {
        var result = await RunAsync("echo out; echo err >&2; exit 65");

        result.ShouldExitWith(65);
        result.Output.ShouldBe("out\n");
        result.Error.ShouldBe("err\n");
        result.ToString().ShouldContain("exit code 65");
    }

    [Fact]
    public async Task A_different_exit_code_fails_and_shows_everything()
    {
        var result = await RunAsync("echo this failed >&2; exit 3");

        Should.Throw<ShouldAssertException>(() => result.ShouldExitWith(0)).Message.ShouldContain("this failed");
    }

    [Fact]
    public async Task A_program_runs_in_its_folder_without_settings_from_outside()
    {
        var result = await RunAsync("pwd -P; env", new() { ["CSVINGEST_BROKER"] = "given" });

        result.Output.ShouldStartWith(_folder.FullPath);
        result.Output.Split('\n').Where(line => line.StartsWith("CSVINGEST_", StringComparison.Ordinal))
            .ShouldBe(["CSVINGEST_BROKER=given"]);
    }

    [Fact]
    public async Task Standard_input_arrives_and_ends()
    {
        var result = await Programs.RunAsync("cat", [], _folder, input: Encoding.UTF8.GetBytes("ä\n"));

        result.Output.ShouldBe("ä\n");
    }

    [Fact]
    public async Task Each_wait_resumes_after_the_line_that_the_last_one_found()
    {
        await using var program = Start("echo back 1; echo other; echo back 2");

        (await program.WaitForOutputLine("back")).ShouldBe("back 1");
        (await program.WaitForOutputLine("back")).ShouldBe("back 2");
        await Should.ThrowAsync<TimeoutException>(() => program.WaitForOutputLine("back"));
    }

    [Fact]
    public async Task A_line_that_does_not_come_in_time_fails_and_shows_what_came()
    {
        await using var program = Start("echo one; exec sleep 600");
        await program.WaitForOutputLine("one");

        var fault = await Should.ThrowAsync<TimeoutException>(() => program.WaitForErrorLine("two", TimeSpan.FromMilliseconds(20)));

        fault.Message.ShouldContain("one");
    }

    [Fact]
    public async Task A_program_that_ends_without_the_line_ends_the_wait()
    {
        await using var program = Start("echo why it failed >&2");

        var fault = await Should.ThrowAsync<TimeoutException>(() => program.WaitForErrorLine("ready", TimeSpan.FromMinutes(5)));
        fault.Message.ShouldContain("why it failed");
    }

    [Fact]
    public async Task A_program_that_exceeds_its_time_is_killed_and_shown()
    {
        await using var program = Start("echo began; exec sleep 600");
        await program.WaitForOutputLine("began");

        var fault = await Should.ThrowAsync<TimeoutException>(() => program.WaitForExitAsync(TimeSpan.FromMilliseconds(50)));
        fault.Message.ShouldContain("began");
        program.HasExited.ShouldBeTrue();
    }

    [Theory]
    [InlineData(Signal.Interrupt, 41)]
    [InlineData(Signal.Terminate, 42)]
    [InlineData(Signal.Kill, 137)]
    public async Task Signals_arrive(Signal signal, int exitCode)
    {
        await using var program = Start("trap 'exit 41' INT; trap 'exit 42' TERM; echo ready; while :; do sleep 0.1 & wait $!; done");
        await program.WaitForOutputLine("ready");

        program.SendSignal(signal);

        (await program.WaitForExitAsync()).ShouldExitWith(exitCode);
    }

    [Fact]
    public async Task A_stopped_program_handles_nothing_until_it_is_continued()
    {
        // No trap for CONT: bash forgets the other signal when two arrive together.
        await using var program = Start("trap 'exit 7' TERM; echo ready; while :; do sleep 0.1 & wait $!; done");
        await program.WaitForOutputLine("ready");

        program.SendSignal(Signal.Stop);
        program.SendSignal(Signal.Terminate);
        program.HasExited.ShouldBeFalse();
        program.SendSignal(Signal.Continue);

        (await program.WaitForExitAsync()).ShouldExitWith(7);
    }

    [Theory]
    [InlineData("producer")]
    [InlineData("consumer")]
    public void Both_programs_are_built(string name) =>
        File.Exists(Path.Combine(Programs.FolderOf(name), name)).ShouldBeTrue(Programs.FolderOf(name));

    private RunningProgram Start(string script) => Programs.Start("bash", ["-c", script], _folder);

    private Task<ProgramResult> RunAsync(string script, Dictionary<string, string>? environment = null) =>
        Programs.RunAsync("bash", ["-c", script], _folder, environment: environment);
}
