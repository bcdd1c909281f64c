using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using CsvIngest.Producer.Importing;
using CsvIngest.Settings;

namespace CsvIngest.Producer.CommandLine;

/// <summary>The producer's flags, and what they make of <see cref="ProducerOptions"/>.</summary>
internal sealed class ProducerCommand
{
    private static readonly ProducerOptions Defaults = new() { Files = [] };

    private readonly Option<string[]> _file = new("--file", "-f")
    {
        Description = "A file, a folder, a pattern such as 'in/*.csv', or - for standard input; several may be given; .gz is read as it is",
        HelpName = "F",
        AllowMultipleArgumentsPerToken = true,
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Argument<string[]> _files = new("file")
    {
        Description = "The same as --file. After --, a name may begin with -",
        HelpName = "F",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string> _dataset = new("--dataset")
    {
        Description = "What the columns mean: a dataset's name, or the path of its JSON file",
        HelpName = "NAME",
        DefaultValueFactory = _ => Defaults.Dataset,
    };

    private readonly Option<string?> _broker = Of(Setting.Broker);
    private readonly Option<string?> _queue = Of(Setting.Queue);
    private readonly Option<string?> _datasets = Of(Setting.Datasets);
    private readonly Option<string[]> _map = new("--map")
    {
        Description = "Which header feeds a column, such as email=\"Correo electrónico\"; may be given again",
        HelpName = "COLUMN=HEADER",
    };

    private readonly Option<int> _rowsPerMessage = new("--rows-per-message")
    {
        Description = "Rows read that make a message", HelpName = "N", DefaultValueFactory = _ => Defaults.RowsPerMessage,
    };

    private readonly Option<string?> _maxRejects = new("--max-rejects")
    {
        Description = "Give the file up when more rows are rejected; looked at first after 1,000 rows, before anything is sent [default: no limit]",
        HelpName = "N|P%",
    };

    private readonly Option<string?> _rejects = new("--rejects")
    {
        Description = "The folder of X.rejected.csv and X.errors.csv, or none for no such files [CSVINGEST_REJECTS; default: beside the file]",
        HelpName = "DIR|none",
    };

    private readonly Option<string?> _state = new("--state")
    {
        Description = "The folder of the state files that resuming needs [CSVINGEST_STATE; default: beside the file]", HelpName = "DIR",
    };

    private readonly Option<bool> _noDedupe = new("--no-dedupe")
    {
        Description = "Let the database find duplicates within the file: for files whose keys do not fit in memory",
    };

    private readonly Option<bool> _restart = new("--restart") { Description = "Forget an unfinished import of the file" };
    private readonly Option<string?> _settle = new("--settle")
    {
        Description = "Wait until the file's size has not changed for this long, such as 10s [default: no wait]", HelpName = "TIME",
    };

    private readonly Option<int> _maxExpansion = new("--max-expansion")
    {
        Description = "How many times its size a .gz may expand to", HelpName = "N", DefaultValueFactory = _ => Defaults.MaxExpansion,
    };

    private readonly Option<string?> _moveTo = new("--move-to")
    {
        Description = "Move the file here once everything is confirmed; never over another file", HelpName = "DIR",
    };

    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Do everything but send" };
    private readonly Option<bool> _print = new("--print") { Description = "With --dry-run: print the accepted rows as JSON lines" };
    private readonly Option<bool> _json = new("--json") { Description = "Print the summary as JSON, one object a file" };
    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "Say only warnings and errors" };
    private readonly Option<bool> _verbose = new("--verbose") { Description = "Say more, and show stack traces" };
    private readonly Option<string> _brokerTimeout = new("--broker-timeout")
    {
        Description = "How long to go on without an answer from the broker", HelpName = "TIME", DefaultValueFactory = _ => "30s",
    };

    private readonly ReadingFlags _reading = new();

    public ProducerCommand()
    {
        foreach (var option in (Option[])[_file, _rejects, _state, _moveTo])
        {
            option.Validators.Add(RejectEmpty);
        }

        Root = new RootCommand(
            "Reads CSV files, validates every row and publishes the rows to a queue. See the README for the exit codes.")
        {
            _files, _file, _dataset, _broker, _queue, _datasets, _map, _rowsPerMessage, _maxRejects, _rejects, _state, _noDedupe, _restart,
        };
        _reading.AddTo(Root);
        foreach (var option in (Option[])[
            _settle, _maxExpansion, _moveTo, _dryRun, _print, _json, _quiet, _verbose, _brokerTimeout])
        {
            Root.Add(option);
        }

        Root.Validators.Add(RequireFile);
    }

    public RootCommand Root { get; }

    public bool IsVerbose(ParseResult arguments) => arguments.GetValue(_verbose);

    public bool IsQuiet(ParseResult arguments) => arguments.GetValue(_quiet);

    public string Broker(ParseResult arguments, SettingsReader settings) => settings.Get(Setting.Broker, arguments.GetValue(_broker));

    public string Queue(ParseResult arguments, SettingsReader settings) => settings.Get(Setting.Queue, arguments.GetValue(_queue));

    public string? Datasets(ParseResult arguments, SettingsReader settings) => settings.Find(Setting.Datasets, arguments.GetValue(_datasets));

    /// <summary>What the flags say.</summary>
    /// <exception cref="UsageException">A value is not valid.</exception>
    public ProducerOptions Options(ParseResult arguments, SettingsReader settings)
    {
        var rejects = arguments.GetValue(_rejects) ?? settings.FromEnvironment("CSVINGEST_REJECTS");
        var options = new ProducerOptions
        {
            Files = [.. arguments.GetValue(_files) ?? [], .. arguments.GetValue(_file) ?? []],
            Dataset = arguments.GetValue(_dataset)!,
            Map = ParseMap(arguments.GetValue(_map) ?? []),
            RowsPerMessage = arguments.GetValue(_rowsPerMessage),
            MaxRejects = arguments.GetValue(_maxRejects) is { } limit ? RejectLimit.Parse(limit) : RejectLimit.None,
            WriteRejects = rejects != "none",
            RejectsFolder = rejects is null or "none" ? null : Path.GetFullPath(rejects),
            StateFolder = (arguments.GetValue(_state) ?? settings.FromEnvironment("CSVINGEST_STATE")) is { } state ? Path.GetFullPath(state) : null,
            Dedupe = !arguments.GetValue(_noDedupe),
            Restart = arguments.GetValue(_restart),
            Reading = _reading.Options(arguments),
            Settle = arguments.GetValue(_settle) is { } settle ? ParseTime("--settle", settle) : TimeSpan.Zero,
            MaxExpansion = arguments.GetValue(_maxExpansion),
            DryRun = arguments.GetValue(_dryRun),
            Print = arguments.GetValue(_print),
            Json = arguments.GetValue(_json),
            Quiet = arguments.GetValue(_quiet),
            BrokerTimeout = ParseTime("--broker-timeout", arguments.GetValue(_brokerTimeout)!),
            MoveTo = arguments.GetValue(_moveTo),
        };
        options.Validate();
        return options;
    }

    private void RequireFile(CommandResult command)
    {
        if (command.GetResult(_file) is null && command.GetResult(_files) is not { Tokens.Count: > 0 })
        {
            command.AddError("No file is given. Use --file F.");
        }
    }

    private static void RejectEmpty(OptionResult option)
    {
        if (option.Tokens.Any(token => token.Value.Length == 0))
        {
            option.AddError($"{option.Option.Name} is empty");
        }
    }

    private static Option<string?> Of(Setting setting) => new(setting.Flag)
    {
        Description = $"{setting.Description} [{setting.Variable}; default: {setting.Default ?? "none"}]",
        HelpName = setting.Name,
    };

    private static Dictionary<string, string> ParseMap(string[] pairs)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in pairs)
        {
            var (column, header) = pair.IndexOf('=', StringComparison.Ordinal) is > 0 and var at ? (pair[..at].Trim(), pair[(at + 1)..]) : (null, null);
            if (column is null || header!.Length == 0)
            {
                throw new UsageException($"--map is \"{pair}\"; expected COLUMN=HEADER, such as email=\"E-mail address\".");
            }

            if (!map.TryAdd(column, header))
            {
                throw new UsageException($"--map names the column \"{column}\" twice.");
            }
        }

        return map;
    }

    /// <summary>Reads <c>30s</c>, <c>5m</c>, <c>1h</c>, <c>500ms</c>, or a plain number of seconds.</summary>
    private static TimeSpan ParseTime(string flag, string text)
    {
        var digits = text.AsSpan().TrimEnd("abcdefghijklmnopqrstuvwxyz");
        var unit = text[digits.Length..] switch
        {
            "ms" => TimeSpan.FromMilliseconds(1),
            "s" or "" => TimeSpan.FromSeconds(1),
            "m" => TimeSpan.FromMinutes(1),
            "h" => TimeSpan.FromHours(1),
            _ => TimeSpan.Zero,
        };
        return unit > TimeSpan.Zero
            && double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && number <= TimeSpan.FromDays(365) / unit
            ? unit * number
            : throw new UsageException($"{flag} is \"{text}\"; expected a time such as 500ms, 30s, 5m or 1h.");
    }
}
