using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using CsvIngest.Hosting;
using CsvIngest.Importing;
using CsvIngest.Importing.Domains;
using CsvIngest.Importing.Rows;
using CsvIngest.Settings;

namespace CsvIngest.Producer.CommandLine;

/// <summary>The producer's command line.</summary>
internal sealed class ProducerCommand
{
    private static readonly SliceOptions SliceDefaults = new();

    private readonly Option<string[]> _file = new("--file", "-f")
    {
        Description = "A file, a folder, a pattern such as 'in/*.csv', or - for standard input; can be repeated; .gz and .zip files are decompressed on the fly",
        HelpName = "F",
        AllowMultipleArgumentsPerToken = true,
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Argument<string[]> _files = new("file")
    {
        Description = "Same as --file. After --, a name can begin with -",
        HelpName = "F",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string[]> _watch = new("--watch")
    {
        Description = "Stay, and import what arrives in this folder, or what matches a pattern such as 'in/*.csv'; can be repeated",
        HelpName = "DIR",
    };

    private readonly Option<string?> _sourceName = new("--source-name")
    {
        Description = "Name of the input in the books, the messages and the names of its rejects files [default: that of the file; stdin]",
        HelpName = "NAME",
    };

    /// <summary>The option that names the dataset.</summary>
    public Option<string> Dataset { get; } = new("--dataset")
    {
        Description = "Dataset that the columns belong to: its name, or the path of its JSON file",
        HelpName = "NAME",
        DefaultValueFactory = _ => SliceDefaults.Dataset,
    };

    private readonly Option<string[]> _map = new("--map")
    {
        Description = "Map a file header to a dataset column, such as email=\"Correo electrónico\", or join several: full_name=\"Prénom+Nom\"; can be repeated",
        HelpName = "COLUMN=HEADER",
    };

    private readonly Option<string[]> _null = new("--null")
    {
        Description = "Treat fields with exactly this text as empty, such as \"\\N\"; can be repeated",
        HelpName = "TEXT",
    };

    private readonly Option<int> _rowsPerMessage = new("--rows-per-message")
    {
        Description = "Rows per message", HelpName = "N", DefaultValueFactory = _ => SliceDefaults.RowsPerMessage,
    };

    private readonly Option<string?> _maxRejects = new("--max-rejects")
    {
        Description = "Import nothing if more than N rows (or P%) are rejected; of a pipe, nothing more once that is known [default: no limit]",
        HelpName = "N|P%",
    };

    private readonly Option<bool> _checkFirst = new("--check-first")
    {
        Description = "Read the whole file before anything is published [default: only with --max-rejects]",
    };

    private readonly Option<bool> _noCheckFirst = new("--no-check-first")
    {
        Description = "Read the file only once; the limit of --max-rejects is checked on the way, from row 1,000 on",
    };

    private readonly Option<bool> _skipImported = new("--skip-imported")
    {
        Description = "Skip a file whose content was published completely before with the same dataset and options, whatever its name",
    };

    private readonly Option<string?> _rejects = new("--rejects")
    {
        Description = "Folder for X.rejected.csv and X.errors.csv, or none to write no such files [CSVINGEST_REJECTS; default: beside the file]",
        HelpName = "DIR|none",
    };

    private readonly Option<string?> _state = new("--state")
    {
        Description = "Folder for the state files that resuming needs [CSVINGEST_STATE; default: beside the file]", HelpName = "DIR",
    };

    private readonly Option<bool> _noDedupe = new("--no-dedupe")
    {
        Description = "Skip in-file duplicate detection and let the database detect duplicates, for files whose keys do not fit in memory",
    };

    private readonly Option<bool> _checkDomains = new("--check-domains")
    {
        Description = "Look up the domains of email addresses, and reject those that do not exist or accept no mail",
    };

    private readonly Option<string?> _nameServer = new("--name-server")
    {
        Description = "With --check-domains, the name server to ask [default: those of the system]", HelpName = "HOST[:PORT]",
    };

    private readonly Option<bool> _restart = new("--restart") { Description = "Discard an unfinished import of the file and start over" };
    private readonly Option<string?> _settle = new("--settle")
    {
        Description = "Wait until the size and time of the file have not changed for this long, such as 10s [default: no wait; with --watch: 5s]",
        HelpName = "TIME",
    };

    private readonly Option<int> _maxExpansion = new("--max-expansion")
    {
        Description = "Largest ratio to which compressed data can expand", HelpName = "N", DefaultValueFactory = _ => new ImportOptions().MaxExpansion,
    };

    private readonly Option<string?> _moveTo = new("--move-to")
    {
        Description = "Move the file to this folder once everything is confirmed; if the name is taken, it gets a number", HelpName = "DIR",
    };

    private readonly Option<string?> _failedTo = new("--failed-to")
    {
        Description = "Move an unusable file to this folder, with its rejects files beside it", HelpName = "DIR",
    };

    private readonly Option<bool> _allowEmpty = new("--allow-empty") { Description = "Exit with 0 if a folder or pattern has no files" };
    private readonly Option<bool> _failOnRejects = new("--fail-on-rejects") { Description = "Exit with 2 if rows were rejected and all else went well" };
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Validate and report only; publish nothing" };
    private readonly Option<bool> _print = new("--print") { Description = "With --dry-run, print the accepted rows as JSON lines" };
    private readonly Option<bool> _json = new("--json") { Description = "Print the summary as JSON, one object per file" };
    private readonly Option<string> _brokerTimeout = new("--broker-timeout")
    {
        Description = "How long to wait for the broker before giving up", HelpName = "TIME", DefaultValueFactory = _ => "30s",
    };

    private readonly ReadingFlags _reading = new();

    public ProducerCommand()
    {
        foreach (var option in (Option[])[_file, _watch, _rejects, _state, _moveTo, _failedTo])
        {
            option.Validators.Add(RejectEmpty);
        }

        Root = new RootCommand(
            "Reads CSV files, validates every row and publishes the rows to a queue. The README lists the exit codes. "
            + "`producer completion bash` prints a script for shell completion.")
        {
            _files, _file, _watch, _sourceName, Dataset, _map, _null, _rowsPerMessage, _maxRejects, _checkFirst,
            _noCheckFirst, _rejects, _state, _noDedupe, _checkDomains, _nameServer, _restart, _skipImported,
        };
        _reading.AddTo(Root);
        foreach (var option in (Option[])[
            _settle, _maxExpansion, _moveTo, _failedTo, _allowEmpty, _failOnRejects, _dryRun, _print, _json, Quiet, _brokerTimeout])
        {
            Root.Add(option);
        }

        Root.Validators.Add(RequireFile);
    }

    public RootCommand Root { get; }

    /// <summary>The option that limits what is reported to warnings and errors.</summary>
    public Option<bool> Quiet { get; } = new("--quiet", "-q") { Description = "Log warnings and errors only" };

    /// <summary>The options that the command line and the environment specify.</summary>
    /// <exception cref="UsageException">Values are not valid; lists all of them.</exception>
    public ProducerOptions Options(ParseResult arguments, ProgramSettings settings)
    {
        var faults = new List<OptionFault>();
        var others = new List<string>();
        var rejects = arguments.GetValue(_rejects) ?? settings.FromEnvironment("CSVINGEST_REJECTS");
        var state = arguments.GetValue(_state) ?? settings.FromEnvironment("CSVINGEST_STATE");
        var watch = arguments.GetValue(_watch) ?? [];
        var options = new ProducerOptions
        {
            Files = [.. arguments.GetValue(_files) ?? [], .. arguments.GetValue(_file) ?? []],
            SourceName = arguments.GetValue(_sourceName),
            Watch = watch,
            Import = new ImportOptions
            {
                Slices = new SliceOptions
                {
                    Dataset = arguments.GetValue(Dataset)!,
                    Map = ParseMap(arguments.GetValue(_map) ?? [], faults),
                    NullMarkers = arguments.GetValue(_null) ?? [],
                    RowsPerMessage = arguments.GetValue(_rowsPerMessage),
                    Dedupe = !arguments.GetValue(_noDedupe),
                    CheckDomains = arguments.GetValue(_checkDomains),
                    Reading = _reading.Options(arguments, faults),
                },
                MaxRejects = arguments.GetValue(_maxRejects) is { } limit ? RejectLimit.Parse(limit, faults) : RejectLimit.None,
                CheckFirst = arguments.GetValue(_checkFirst) ? true : arguments.GetValue(_noCheckFirst) ? false : null,
                SkipImported = arguments.GetValue(_skipImported),
                StateFolder = FullPath(state),
                TraceParent = settings.FromEnvironment("TRACEPARENT"),
                Once = watch.Length > 0,
                MoveTo = FullPath(arguments.GetValue(_moveTo)),
                FailedTo = FullPath(arguments.GetValue(_failedTo)),
                Restart = arguments.GetValue(_restart),
                NameServer = arguments.GetValue(_nameServer) is { } server ? NameServerAddress.Parse(server, faults) : null,
                MaxExpansion = arguments.GetValue(_maxExpansion),
            },
            WriteRejects = rejects != "none",
            RejectsFolder = rejects == "none" ? null : FullPath(rejects),
            Settle = arguments.GetValue(_settle) is { } settle ? ParseTime(_settle.Name, settle, others)
                : watch.Length > 0 ? ProducerOptions.WatchSettle
                : TimeSpan.Zero,
            AllowEmpty = arguments.GetValue(_allowEmpty),
            FailOnRejects = arguments.GetValue(_failOnRejects),
            DryRun = arguments.GetValue(_dryRun),
            Print = arguments.GetValue(_print),
            Json = arguments.GetValue(_json),
            Quiet = arguments.GetValue(Quiet),
            BrokerTimeout = ParseTime(_brokerTimeout.Name, arguments.GetValue(_brokerTimeout)!, others),
        };
        if (arguments.GetValue(_checkFirst) && arguments.GetValue(_noCheckFirst))
        {
            others.Add($"{_checkFirst.Name} and {_noCheckFirst.Name}: choose one.");
        }

        string[] all = [.. faults.Select(RemedyWording.Describe), .. others, .. options.Faults()];
        return all.Length == 0 ? options : throw new UsageException(string.Join(Environment.NewLine + "  ", all));
    }

    private void RequireFile(CommandResult command)
    {
        if (command.GetResult(_file) is null && command.GetResult(_watch) is null && command.GetResult(_files) is not { Tokens.Count: > 0 })
        {
            command.AddError("No file specified. Use --file F, or --watch DIR.");
        }
    }

    private static void RejectEmpty(OptionResult option)
    {
        if (option.Tokens.Any(token => token.Value.Length == 0))
        {
            option.AddError($"{option.Option.Name} is empty");
        }
    }

    private static string? FullPath(string? path) => path is null ? null : Path.GetFullPath(path);

    private static Dictionary<string, string> ParseMap(string[] pairs, List<OptionFault> faults)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in pairs)
        {
            var at = pair.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0 || at == pair.Length - 1)
            {
                faults.Add(new(ImportOption.Map, $"\"{pair}\" is not a mapping; expected COLUMN=HEADER, such as email=\"E-mail address\"."));
            }
            else if (!map.TryAdd(pair[..at].Trim(), pair[(at + 1)..]))
            {
                faults.Add(new(ImportOption.Map, $"column \"{pair[..at].Trim()}\" is mapped twice."));
            }
        }

        return map;
    }

    /// <summary>Parses <c>30s</c>, <c>5m</c>, <c>1h</c>, <c>500ms</c>, or a plain number of seconds.</summary>
    private static TimeSpan ParseTime(string flag, string text, List<string> faults)
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
        if (unit > TimeSpan.Zero
            && double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && number <= TimeSpan.FromDays(365) / unit)
        {
            return unit * number;
        }

        faults.Add($"{flag}: \"{text}\" is not a time; expected a time such as 500ms, 30s, 5m or 1h.");
        // A placeholder that is not a fault itself.
        return TimeSpan.FromSeconds(1);
    }
}
