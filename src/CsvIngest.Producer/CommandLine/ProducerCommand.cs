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
        Description = "A file, a folder, a pattern such as 'in/*.csv', or - for standard input; can be repeated; .gz files are decompressed on the fly",
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

    private readonly Option<string> _dataset = new("--dataset")
    {
        Description = "Dataset that the columns belong to: its name, or the path of its JSON file",
        HelpName = "NAME",
        DefaultValueFactory = _ => SliceDefaults.Dataset,
    };

    private readonly Option<string[]> _map = new("--map")
    {
        Description = "Map a file header to a dataset column, such as email=\"Correo electrónico\"; can be repeated",
        HelpName = "COLUMN=HEADER",
    };

    private readonly Option<int> _rowsPerMessage = new("--rows-per-message")
    {
        Description = "Rows per message", HelpName = "N", DefaultValueFactory = _ => SliceDefaults.RowsPerMessage,
    };

    private readonly Option<string?> _maxRejects = new("--max-rejects")
    {
        Description = "Stop the import if more than N rows (or P%) are rejected; first checked after 1,000 rows, before anything is published [default: no limit]",
        HelpName = "N|P%",
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
        Description = "Wait until the size of the file has not changed for this long, such as 10s [default: no wait]", HelpName = "TIME",
    };

    private readonly Option<int> _maxExpansion = new("--max-expansion")
    {
        Description = "Largest ratio to which gzip data can expand", HelpName = "N", DefaultValueFactory = _ => new ImportOptions().MaxExpansion,
    };

    private readonly Option<string?> _moveTo = new("--move-to")
    {
        Description = "Move the file to this folder once everything is confirmed; never overwrites another file", HelpName = "DIR",
    };

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
        foreach (var option in (Option[])[_file, _rejects, _state, _moveTo])
        {
            option.Validators.Add(RejectEmpty);
        }

        Root = new RootCommand(
            "Reads CSV files, validates every row and publishes the rows to a queue. The README lists the exit codes.")
        {
            _files, _file, _dataset, _map, _rowsPerMessage, _maxRejects, _rejects, _state, _noDedupe, _checkDomains, _nameServer, _restart,
        };
        _reading.AddTo(Root);
        foreach (var option in (Option[])[
            _settle, _maxExpansion, _moveTo, _dryRun, _print, _json, Quiet, _brokerTimeout])
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
        var options = new ProducerOptions
        {
            Files = [.. arguments.GetValue(_files) ?? [], .. arguments.GetValue(_file) ?? []],
            Import = new ImportOptions
            {
                Slices = new SliceOptions
                {
                    Dataset = arguments.GetValue(_dataset)!,
                    Map = ParseMap(arguments.GetValue(_map) ?? [], faults),
                    RowsPerMessage = arguments.GetValue(_rowsPerMessage),
                    Dedupe = !arguments.GetValue(_noDedupe),
                    CheckDomains = arguments.GetValue(_checkDomains),
                    Reading = _reading.Options(arguments, faults),
                },
                MaxRejects = arguments.GetValue(_maxRejects) is { } limit ? RejectLimit.Parse(limit, faults) : RejectLimit.None,
                StateFolder = state is null ? null : Path.GetFullPath(state),
                Restart = arguments.GetValue(_restart),
                NameServer = arguments.GetValue(_nameServer) is { } server ? NameServerAddress.Parse(server, faults) : null,
                MaxExpansion = arguments.GetValue(_maxExpansion),
            },
            WriteRejects = rejects != "none",
            RejectsFolder = rejects is null or "none" ? null : Path.GetFullPath(rejects),
            Settle = arguments.GetValue(_settle) is { } settle ? ParseTime(_settle.Name, settle, others) : TimeSpan.Zero,
            DryRun = arguments.GetValue(_dryRun),
            Print = arguments.GetValue(_print),
            Json = arguments.GetValue(_json),
            Quiet = arguments.GetValue(Quiet),
            BrokerTimeout = ParseTime(_brokerTimeout.Name, arguments.GetValue(_brokerTimeout)!, others),
            MoveTo = arguments.GetValue(_moveTo),
        };
        string[] all = [.. faults.Select(RemedyWording.Describe), .. others, .. options.Faults()];
        return all.Length == 0 ? options : throw new UsageException(string.Join(Environment.NewLine + "  ", all));
    }

    private void RequireFile(CommandResult command)
    {
        if (command.GetResult(_file) is null && command.GetResult(_files) is not { Tokens.Count: > 0 })
        {
            command.AddError("No file specified. Use --file F.");
        }
    }

    private static void RejectEmpty(OptionResult option)
    {
        if (option.Tokens.Any(token => token.Value.Length == 0))
        {
            option.AddError($"{option.Option.Name} is empty");
        }
    }

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
