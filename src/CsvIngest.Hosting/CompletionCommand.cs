using System.CommandLine;

namespace CsvIngest.Hosting;

/// <summary>
/// <c>completion SHELL</c>: prints a script with which a shell completes the commands, options and values of a program. The script asks
/// the program, by the parser's directive <c>[suggest]</c>, and leaves the names of files to the shell.
/// </summary>
internal static class CompletionCommand
{
    // Options are proposed only after a dash: the next word is more often a file or a command.
    private const string Bash =
        """
        _PROGRAM_complete() {
            local candidate word="${COMP_WORDS[COMP_CWORD]}"
            COMPREPLY=()
            while IFS= read -r candidate; do
                [[ $candidate == "$word"* && ( $candidate != -* || $word == -* ) ]] && COMPREPLY+=("$candidate")
            done < <("$1" "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)
        }
        complete -o default -F _PROGRAM_complete PROGRAM
        """;

    private const string Zsh =
        """
        #compdef PROGRAM
        _PROGRAM_complete() {
            local word="${words[CURRENT]}"
            local line="${(j: :)words[1,CURRENT]}"
            local -a candidates=("${(@f)$("${words[1]}" "[suggest:${#line}]" "$line" 2>/dev/null)}")
            candidates=("${(@M)candidates:#$word*}")
            [[ $word == -* ]] || candidates=("${(@)candidates:#-*}")
            candidates=("${(@)candidates:#}")
            (( $#candidates )) && compadd -a candidates || _files
        }
        compdef _PROGRAM_complete PROGRAM
        """;

    private const string Fish =
        """
        function _PROGRAM_complete
            set -l line (commandline -cp)
            PROGRAM "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
        end
        complete -c PROGRAM -a "(_PROGRAM_complete)"
        """;

    private static readonly Dictionary<string, string> Scripts = new(StringComparer.Ordinal) { ["bash"] = Bash, ["zsh"] = Zsh, ["fish"] = Fish };

    /// <summary>Makes the command.</summary>
    /// <param name="program">The program's name.</param>
    public static Command Create(string program)
    {
        var shell = new Argument<string>("shell") { Description = Setting.Choice([.. Scripts.Keys]) };
        shell.AcceptOnlyFromAmong([.. Scripts.Keys]);
        // Hidden, because it would otherwise be the only word, beside the options, that completes the command line of the producer.
        var command = new Command("completion", $"Print a script for shell completion: source <({program} completion bash)") { shell };
        command.Hidden = true;
        command.SetAction(arguments => Console.WriteLine(Scripts[arguments.GetRequiredValue(shell)].Replace("PROGRAM", program, StringComparison.Ordinal)));
        return command;
    }
}
