using CsvIngest.Monitoring;
using CsvIngest.Settings;

namespace CsvIngest.Web;

/// <summary>How the web program runs.</summary>
internal sealed record WebOptions
{
    /// <summary>
    /// The fewest characters of a token: 16, a guess. Whoever can reach the program can try tokens, and those that people make up are short.
    /// </summary>
    private const int LeastTokenLength = 16;

    /// <summary>Where to listen. Defaults to port 8080 of the loopback address, which only this machine reaches.</summary>
    public ListenAddress Listen { get; init; } = ListenAddress.Parse("127.0.0.1:8080", "--listen");

    /// <summary>The folder of the uploads, one folder each. Defaults to <c>uploads</c> in the current folder.</summary>
    public string Uploads { get; init; } = "uploads";

    /// <summary>The largest file that is accepted, in bytes, as it is sent. Defaults to 4 GiB, a guess.</summary>
    public long MaxUploadBytes { get; init; } = 4L << 30;

    /// <summary>
    /// How many bytes stay free on the disk of the uploads: an upload that would leave less is refused. Defaults to 1 GiB, a guess: enough
    /// for the rejects files of the imports that run.
    /// </summary>
    public long KeepFreeBytes { get; init; } = 1L << 30;

    /// <summary>How many files are imported at the same time; the others wait in order. Defaults to 2.</summary>
    public int Workers { get; init; } = 2;

    /// <summary>How many days the rejects files of an upload are kept after its end. Defaults to 30 days.</summary>
    public int KeepDays { get; init; } = 30;

    /// <summary>Who has it may do everything; null to let in everybody on this machine.</summary>
    public string? Token { get; init; }

    /// <summary>Who has it may look, and change nothing; null for none.</summary>
    public string? ReadToken { get; init; }

    /// <summary>Checks every value.</summary>
    /// <exception cref="UsageException">Lists all faults.</exception>
    public void Validate()
    {
        var faults = new List<string>();
        if (Workers is < 1 or > 64)
        {
            faults.Add($"--workers is {Workers}; expected 1 to 64");
        }

        if (KeepDays < 1)
        {
            faults.Add($"--keep-days is {KeepDays}; expected 1 or more");
        }

        if (MaxUploadBytes < 1)
        {
            faults.Add("--max-upload: expected at least 1 byte");
        }

        CheckToken("CSVINGEST_WEB_TOKEN", Token, faults);
        CheckToken("CSVINGEST_WEB_READ_TOKEN", ReadToken, faults);
        if (Token is null && ReadToken is not null)
        {
            faults.Add("CSVINGEST_WEB_READ_TOKEN is set without CSVINGEST_WEB_TOKEN; set both, or none");
        }

        if (Token is not null && Token == ReadToken)
        {
            faults.Add("CSVINGEST_WEB_TOKEN and CSVINGEST_WEB_READ_TOKEN are the same; expected two different tokens");
        }

        if (Token is null && !Listen.IsLoopback)
        {
            faults.Add(
                $"--listen {Listen} can be reached by other machines, and there is no token. Set CSVINGEST_WEB_TOKEN or "
                + "CSVINGEST_WEB_TOKEN_FILE, or listen on 127.0.0.1");
        }

        if (faults.Count > 0)
        {
            throw new UsageException(string.Join("; ", faults) + ".");
        }
    }

    private static void CheckToken(string variable, string? token, List<string> faults)
    {
        if (token is not null && (token.Length < LeastTokenLength || token.Any(character => character is <= ' ' or > '~')))
        {
            faults.Add($"{variable}: expected {LeastTokenLength} or more ASCII characters without blanks, such as the output of `openssl rand -hex 32`");
        }
    }
}
