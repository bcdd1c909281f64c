using System.Net;
using System.Net.Sockets;
using DnsClient;
using DnsClient.Protocol;

namespace CsvIngest.Importing.Domains;

/// <summary>Asks name servers about domains, many at once.</summary>
#pragma warning disable CA1001 // A semaphore whose wait handle nobody uses holds nothing, and questions that end later still release it.
internal sealed class DomainLookup
#pragma warning restore CA1001
{
    /// <summary>How many domains are asked about at once. 100, a guess: what a name server serves to one client without slowing down.</summary>
    private const int MaxAtOnce = 100;

    /// <summary>
    /// How long everything about one domain may take, second attempts included. 5 s, a guess: a name server that has to ask others needs
    /// up to a second or two.
    /// </summary>
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(5);

    /// <summary>After how long a question is asked again: UDP packets get lost. 2 s, a guess, so that two attempts fit.</summary>
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _places = new(MaxAtOnce);
    private readonly IReadOnlyList<NameServer> _servers;
    private readonly LookupClient _client;
    private readonly TimeSpan _timeout;

    /// <param name="servers">The name servers, in the order in which they are asked.</param>
    /// <param name="timeout">How long everything about one domain may take; null for 5 s.</param>
    public DomainLookup(IReadOnlyList<IPEndPoint> servers, TimeSpan? timeout = null)
    {
        _servers = [.. servers.Select(server => new NameServer(server))];
        _timeout = timeout ?? DefaultTimeout;
        _client = new LookupClient(new LookupClientOptions([.. _servers])
        {
            Timeout = AttemptTimeout,
            Retries = 1,
            // An import asks about each domain once; and which answer is final is decided here.
            UseCache = false,
            ContinueOnDnsError = false,
            ContinueOnEmptyResponse = false,
        });
    }

    /// <summary>Opens a lookup at a name server, or at those of the system.</summary>
    /// <param name="server">The name server; null for those of the system.</param>
    /// <exception cref="ImportOptionsException">The name server's host is unknown, or the system has no name server.</exception>
    public static async Task<DomainLookup> OpenAsync(DnsEndPoint? server, CancellationToken cancellationToken)
    {
        if (server is null)
        {
            var system = NameServer.ResolveNameServers(skipIPv6SiteLocal: true, fallbackToGooglePublicDns: false)
                .Select(found => new IPEndPoint(IPAddress.Parse(found.Address), found.Port))
                .ToList();
            return system.Count > 0 ? new DomainLookup(system) : throw Unusable("the system has no name server; specify one.");
        }

        try
        {
            var addresses = await Dns.GetHostAddressesAsync(server.Host, cancellationToken);
            return new DomainLookup([.. addresses.Select(address => new IPEndPoint(address, server.Port))]);
        }
        catch (SocketException e)
        {
            throw Unusable($"the host {server.Host} cannot be found: {FailureReason.Of(e)}");
        }
    }

    /// <summary>Asks about a domain. Waits while too many others are being asked about.</summary>
    /// <param name="domain">In ASCII.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="OperationCanceledException">It was cancelled; nothing else is thrown.</exception>
    public async Task<DomainVerdict> FindAsync(string domain, CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken);
        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            deadline.CancelAfter(_timeout);
            var verdict = await JudgeAsync(domain, deadline.Token);
            // What was not answered because of this is no verdict.
            cancellationToken.ThrowIfCancellationRequested();
            return verdict;
        }
        finally
        {
            _places.Release();
        }
    }

    private async Task<DomainVerdict> JudgeAsync(string domain, CancellationToken deadline)
    {
        switch (await AskAsync(domain, QueryType.MX, deadline))
        {
            case null:
                return DomainVerdict.NotChecked;
            case { Header.ResponseCode: DnsHeaderResponseCode.NotExistentDomain }:
                return DomainVerdict.DoesNotExist;
            case var answer when answer.Answers.MxRecords().ToList() is { Count: > 0 } mailServers:
                return mailServers is [var only] && IsNull(only) ? DomainVerdict.RefusesMail : DomainVerdict.AcceptsMail;
        }

        var isAnswered = true;
        foreach (var type in (QueryType[])[QueryType.A, QueryType.AAAA])
        {
            switch (await AskAsync(domain, type, deadline))
            {
                case null:
                    isAnswered = false;
                    break;
                case var answer when answer.Answers.OfRecordType((ResourceRecordType)type).Any():
                    return DomainVerdict.AcceptsMail;
            }
        }

        return isAnswered ? DomainVerdict.HasNoServer : DomainVerdict.NotChecked;
    }

    /// <summary>Asks one server after the other.</summary>
    /// <returns>The first answer that says what there is, or that there is no such domain; null without one.</returns>
    private async Task<IDnsQueryResponse?> AskAsync(string domain, QueryType type, CancellationToken deadline)
    {
        foreach (var server in _servers)
        {
            try
            {
                var answer = await _client.QueryServerAsync([server], domain, type, QueryClass.IN, deadline);
                if (answer.Header.ResponseCode is DnsHeaderResponseCode.NoError or DnsHeaderResponseCode.NotExistentDomain)
                {
                    return answer;
                }
            }
            catch (Exception)
            {
                // No answer, or none that can be understood: whatever it was, it says nothing about the domain.
            }
        }

        return null;
    }

    // The root as the only mail server.
    private static bool IsNull(MxRecord record) => record.Exchange.Value == ".";

    private static ImportOptionsException Unusable(string text) => new([new OptionFault(ImportOption.NameServer, text)]);
}
