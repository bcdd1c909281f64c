using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.EndToEnd;

/// <summary>The completion scripts of the programs, run by a real bash as it runs them.</summary>
public sealed class CompletionTests : IDisposable
{
    private readonly WorkFolder _folder = new();

    public CompletionTests() => Programs.LinkInto(_folder["bin"]);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Bash_completes_commands_options_and_values_and_leaves_files_to_itself()
    {
        Directory.CreateDirectory(_folder["datasets"]);
        File.Copy(Repository.PathOf("samples", "orders.json"), _folder["datasets/orders.json"]);
        _folder.Write("lines",
            """
            consumer st
            consumer status --state in
            producer data.csv --datasets datasets --dataset o
            producer --encoding iso-8859-1
            producer --max-f
            producer da
            """);

        var result = await Programs.RunAsync(
            "bash",
            [
                "-uc",
                """
                PATH=$PWD/bin:$PATH
                source <(producer completion bash)
                source <(consumer completion bash)
                complete -p producer consumer >&2
                while IFS= read -r COMP_LINE || [[ $COMP_LINE ]]; do
                    read -ra COMP_WORDS <<<"$COMP_LINE"
                    COMP_POINT=${#COMP_LINE} COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
                    "_${COMP_WORDS[0]}_complete" "${COMP_WORDS[0]}"
                    echo "${COMPREPLY[*]-}"
                done <lines
                """,
            ],
            _folder);

        result.ShouldExitWith(0).Output.Split('\n').ShouldBe(
            ["status", "in-progress incomplete", "orders", "iso-8859-1 iso-8859-13 iso-8859-15", "--max-fields", "", ""]);
        result.Error.ShouldContain("complete -o default -F _producer_complete producer");
    }

    [Theory]
    [InlineData("Argument 'csh' not recognized. Must be one of: 'bash', 'zsh', 'fish'", "completion", "csh")]
    [InlineData("Unrecognized option \"--jsn\".", "migrate", "--jsn")]
    public async Task Bad_use_of_a_command_without_files_is_one_message(string message, params string[] arguments) =>
        (await Programs.RunAsync("consumer", arguments, _folder)).ShouldExitWith(64)
            .Error.ShouldBe($"consumer: {message}\nRun 'consumer --help' for usage.\n");

    [Theory]
    [InlineData("zsh", "compdef _producer_complete producer")]
    [InlineData("fish", "complete -c producer -a")]
    public async Task Other_shells_have_a_script_of_their_own(string shell, string text) =>
        (await Programs.RunAsync("producer", ["completion", shell], _folder)).ShouldExitWith(0).Output.ShouldContain(text);

    [Fact]
    public async Task A_shell_without_a_script_is_wrong_usage() =>
        (await Programs.RunAsync("producer", ["completion", "csh"], _folder)).ShouldExitWith(64).Error.ShouldContain("fish");
}
