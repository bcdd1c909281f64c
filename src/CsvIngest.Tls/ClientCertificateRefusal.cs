using System.Net.Security;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace CsvIngest.Tls;

/// <summary>Finds out whether a server has ended a connection because of the client's certificate, or because there is none.</summary>
public static partial class ClientCertificateRefusal
{
    /// <summary>How long to wait for a server's alert. A guess: it comes within a round trip.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    /// <summary>The server's reason, such as "unknown ca"; null if a failure has another cause, or does not tell.</summary>
    public static string? ReasonOf(Exception failure) => Alert().Match(FailureReason.Of(failure)) is { Success: true } alert ? alert.Value : null;

    /// <summary>
    /// Connects once more, only to listen. With TLS 1.3, a server checks the client's certificate after the client has begun to send; what it
    /// sends then closes the connection in such a way that the server's reason is often lost.
    /// </summary>
    /// <param name="host">The host.</param>
    /// <param name="port">The port, which speaks TLS from the first byte on.</param>
    /// <param name="options">The options of the connection that has failed.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>As <see cref="ReasonOf"/>.</returns>
    public static async Task<string?> ListenAsync(
        string host, int port, SslClientAuthenticationOptions options, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Timeout);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(host, port, limit.Token);
            await using var stream = new SslStream(client.GetStream());
            await stream.AuthenticateAsClientAsync(options, limit.Token);
            await stream.ReadExactlyAsync(new byte[1], limit.Token);
            return null;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            return ReasonOf(e);
        }
    }

    /// <summary>What to tell people about it.</summary>
    /// <param name="reason">See <see cref="ReasonOf"/>.</param>
    /// <param name="certificateFile">The file of the client's certificate; null if there is none.</param>
    /// <param name="terms">What errors call the parameters of the address.</param>
    public static string Explain(string reason, string? certificateFile, TlsTerms terms) => certificateFile is null
        ? $"the server requires a client certificate ({reason}). Pass the files of one and of its key (PEM) in {terms.Setting}: "
            + $"{terms.Certificate}=FILE and {terms.Key}=FILE."
        : $"the server does not accept the client certificate in {certificateFile} ({terms.Certificate} in {terms.Setting}): {reason}. "
            + "Pass one that is valid, by an issuer that the server trusts.";

    // As OpenSSL words what the other side has sent, such as "SSL routines::tlsv13 alert certificate required".
    [GeneratedRegex(@"(?<=\balert )((bad|unsupported) certificate|certificate \w+|unknown ca)\b", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Alert();
}
