using System.CommandLine;
using System.Net;
using CsvIngest.Hosting;

namespace CsvIngest.Monitoring;

/// <summary>
/// <c>health [ADDRESS:]PORT</c>: asks the program that runs at an address whether it is ready, by <see cref="Probes"/>. It is the health check
/// of a container whose image has no shell and no other program that could ask.
/// </summary>
public static class HealthCommand
{
    /// <summary>
    /// How long an answer may take. 3 s, a guess: less than the 10 s of the health checks in docker-compose.yml, after which this command is
    /// killed, also on a busy machine where its start takes seconds.
    /// </summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Makes the command. It exits with <see cref="ExitCodes.Done"/> if the program is ready, and with <see cref="ExitCodes.Incomplete"/> if it
    /// is not, or does not answer. It reads no settings and exports no telemetry: it runs every few seconds.
    /// </summary>
    /// <param name="program">The program's name.</param>
    /// <param name="where">What determines the address at which the running program answers, for help: an option of it.</param>
    public static Command Create(string program, string where)
    {
        var address = new Argument<string>("address")
        {
            Description = $"Where it answers: that of its {where}, such as 9465 or 127.0.0.1:9465", HelpName = "[ADDRESS:]PORT",
        };
        var command = new Command("health", $"Exit with 0 if the {program} that is running at an address is ready, otherwise with 1") { address };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var url = UrlOf(ListenAddress.Parse(arguments.GetRequiredValue(address), "the address"));
            if (await FindFaultAsync(url, cancellationToken) is not { } fault)
            {
                Console.WriteLine("ready");
                return ExitCodes.Done;
            }

            Console.Error.WriteLine($"{program}: {fault}");
            return ExitCodes.Incomplete;
        });
        return command;
    }

    private static Uri UrlOf(ListenAddress address) =>
        new UriBuilder(Uri.UriSchemeHttp, (address.Address ?? IPAddress.Loopback).ToString(), address.Port, "/readyz").Uri;

    private static async Task<string?> FindFaultAsync(Uri url, CancellationToken cancellationToken)
    {
        // A proxy of the environment is for other machines.
        using var handler = new SocketsHttpHandler { UseProxy = false };
        using var client = new HttpClient(handler) { Timeout = Timeout };
        try
        {
            using var answer = await client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return answer.StatusCode switch
            {
                HttpStatusCode.OK => null,
                HttpStatusCode.ServiceUnavailable => $"{url} answered that the program is not ready. Its log reports what is unavailable.",
                _ => $"{url} answered with {(int)answer.StatusCode}; expected 200 or 503. Specify the address at which it answers probes.",
            };
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return $"{url} does not answer: {FailureReason.Of(e)}";
        }
    }
}
