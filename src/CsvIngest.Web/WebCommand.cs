using System.CommandLine;
using CsvIngest.Hosting;
using CsvIngest.Monitoring;

namespace CsvIngest.Web;

/// <summary>The command line of the web program.</summary>
internal sealed class WebCommand
{
    private static readonly WebOptions Defaults = new();

    private readonly Option<string?> _listen = new("--listen")
    {
        Description = $"Address and port to listen on; *:PORT for all addresses, which requires a token [CSVINGEST_WEB_LISTEN; default: {Defaults.Listen}]",
        HelpName = "ADDRESS:PORT",
    };

    private readonly Option<string?> _uploads = new("--uploads")
    {
        Description = $"Folder of the uploaded files and their rejects files [CSVINGEST_WEB_UPLOADS; default: {Defaults.Uploads}]", HelpName = "DIR",
    };

    private readonly Option<string> _maxUpload = new("--max-upload")
    {
        Description = "Largest file that is accepted", HelpName = "SIZE", DefaultValueFactory = _ => ByteSize.ToText(Defaults.MaxUploadBytes),
    };

    private readonly Option<string> _keepFree = new("--keep-free")
    {
        Description = "Space that uploads leave free on their disk", HelpName = "SIZE", DefaultValueFactory = _ => ByteSize.ToText(Defaults.KeepFreeBytes),
    };

    private readonly Option<int> _workers = new("--workers")
    {
        Description = "Number of files that are imported at the same time; others wait in order", HelpName = "N", DefaultValueFactory = _ => Defaults.Workers,
    };

    private readonly Option<int> _keepDays = new("--keep-days")
    {
        Description = "Number of days for which the rejects files of an upload are kept", HelpName = "N", DefaultValueFactory = _ => Defaults.KeepDays,
    };

    public WebCommand() => Root = new RootCommand(
        "Takes uploads of CSV files in a browser or from curl, imports them, and shows what became of every row. "
        + "CSVINGEST_WEB_TOKEN is the token that allows everything, CSVINGEST_WEB_READ_TOKEN one that allows looking only; "
        + "without a token, only this machine has access.")
    {
        _listen, _uploads, _maxUpload, _keepFree, _workers, _keepDays, Quiet,
        HealthCommand.Create("web", _listen.Name),
    };

    public RootCommand Root { get; }

    /// <summary>The option that limits what is reported to warnings and errors.</summary>
    public Option<bool> Quiet { get; } = new("--quiet", "-q") { Description = "Log warnings and errors only" };

    /// <summary>The options that the command line and the environment specify.</summary>
    /// <exception cref="Settings.UsageException">Values are not valid.</exception>
    public WebOptions Options(ParseResult arguments, ProgramSettings settings)
    {
        var options = new WebOptions
        {
            Listen = (arguments.GetValue(_listen) ?? settings.FromEnvironment("CSVINGEST_WEB_LISTEN")) is { } listen
                ? ListenAddress.Parse(listen, "--listen")
                : Defaults.Listen,
            Uploads = Path.GetFullPath(arguments.GetValue(_uploads) ?? settings.FromEnvironment("CSVINGEST_WEB_UPLOADS") ?? Defaults.Uploads),
            MaxUploadBytes = ByteSize.Parse(_maxUpload.Name, arguments.GetValue(_maxUpload)!),
            KeepFreeBytes = ByteSize.Parse(_keepFree.Name, arguments.GetValue(_keepFree)!),
            Workers = arguments.GetValue(_workers),
            KeepDays = arguments.GetValue(_keepDays),
            Token = settings.FromEnvironment("CSVINGEST_WEB_TOKEN"),
            ReadToken = settings.FromEnvironment("CSVINGEST_WEB_READ_TOKEN"),
        };
        options.Validate();
        return options;
    }
}
