using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace CsvIngest.Testing;

/// <summary>
/// A name server (RFC 1035) on loopback, on a UDP and a TCP port of the same number. It answers questions for MX, A and AAAA records, and
/// misbehaves as a domain demands.
/// </summary>
public sealed class NameServer : IAsyncDisposable
{
    private const int HeaderBytes = 12;
    private const int NameError = 3;

    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, NamedDomain> _domains = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentQueue<string> _questions = new();
    private readonly Socket _udp;
    private readonly TcpListener _tcp;
    private readonly Task[] _serving;
    private int _atOnce;
    private int _mostAtOnce;

    /// <summary>Starts it.</summary>
    public NameServer()
    {
        (_udp, _tcp) = Bind();
        EndPoint = (IPEndPoint)_udp.LocalEndPoint!;
        _serving = [ServeUdpAsync(), ServeTcpAsync()];
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>What domains that were not added are like. Defaults to null: they do not exist.</summary>
    public NamedDomain? Others { get; set; }

    /// <summary>The questions so far: type and domain, such as <c>MX a.example</c>.</summary>
    public IReadOnlyCollection<string> Questions => _questions;

    /// <summary>How many questions were open at the same time at most.</summary>
    public int MostAtOnce => _mostAtOnce;

    /// <summary>Adds a domain, or changes it.</summary>
    public NameServer With(string name, NamedDomain domain)
    {
        _domains[name] = domain;
        return this;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _udp.Dispose();
        _tcp.Dispose();
        await Task.WhenAll(_serving);
        _stop.Dispose();
    }

    // The port that the system chooses for one protocol may be taken for the other.
    private static (Socket Udp, TcpListener Tcp) Bind()
    {
        for (var attempt = 1; ; attempt++)
        {
            var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            udp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            var tcp = new TcpListener((IPEndPoint)udp.LocalEndPoint!);
            try
            {
                tcp.Start();
                return (udp, tcp);
            }
            catch (SocketException) when (attempt < 20)
            {
                udp.Dispose();
                tcp.Dispose();
            }
        }
    }

    private async Task ServeUdpAsync()
    {
        var buffer = new byte[4096];
        var answering = new List<Task>();
        try
        {
            while (true)
            {
                var received = await _udp.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), _stop.Token);
                answering.RemoveAll(task => task.IsCompleted);
                answering.Add(AnswerUdpAsync(buffer[..received.ReceivedBytes], received.RemoteEndPoint));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // Disposed.
        }

        await Task.WhenAll(answering);
    }

    private async Task AnswerUdpAsync(byte[] question, EndPoint client)
    {
        try
        {
            if (await AnswerAsync(question, isUdp: true) is { } answer)
            {
                await _udp.SendToAsync(answer, client, _stop.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task ServeTcpAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _tcp.AcceptTcpClientAsync(_stop.Token);
                var stream = client.GetStream();
                var length = new byte[2];
                await stream.ReadExactlyAsync(length, _stop.Token);
                var question = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
                await stream.ReadExactlyAsync(question, _stop.Token);
                if (await AnswerAsync(question, isUdp: false) is { } answer)
                {
                    BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)answer.Length);
                    await stream.WriteAsync((byte[])[.. length, .. answer], _stop.Token);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException or IOException)
        {
            // Disposed.
        }
    }

    private async Task<byte[]?> AnswerAsync(byte[] question, bool isUdp)
    {
        var (name, type, end) = ReadQuestion(question);
        _questions.Enqueue($"{type} {name}");
        var domain = _domains.GetValueOrDefault(name) ?? Others;
        var atOnce = Interlocked.Increment(ref _atOnce);
        InterlockedMax(ref _mostAtOnce, atOnce);
        try
        {
            await Task.Delay(domain?.Delay ?? TimeSpan.Zero, _stop.Token);
        }
        finally
        {
            Interlocked.Decrement(ref _atOnce);
        }

        if (domain is { IsSilent: true })
        {
            return null;
        }

        var isTruncated = isUdp && domain is { IsTruncated: true };
        var code = domain is null ? NameError : domain.CodeFor(type);
        var records = domain is null || isTruncated || code != 0 ? [] : domain.Records(type);
        var header = new byte[HeaderBytes];
        question.AsSpan(0, 2).CopyTo(header);
        // An answer, recursion desired and available.
        header[2] = (byte)(0x81 | (isTruncated ? 0x02 : 0));
        header[3] = (byte)(0x80 | code);
        header[5] = 1;
        header[7] = (byte)records.Count;
        return [.. header, .. question[HeaderBytes..end], .. records.SelectMany(record => Record(type, record))];
    }

    private static (string Name, RecordType Type, int End) ReadQuestion(byte[] question)
    {
        var labels = new List<string>();
        var at = HeaderBytes;
        while (question[at] > 0)
        {
            labels.Add(Encoding.ASCII.GetString(question, at + 1, question[at]));
            at += 1 + question[at];
        }

        return (string.Join('.', labels), (RecordType)BinaryPrimitives.ReadUInt16BigEndian(question.AsSpan(at + 1)), at + 5);
    }

    // The name is a pointer to the question; class IN; to be kept for a minute.
    private static byte[] Record(RecordType type, byte[] data) =>
        [0xC0, HeaderBytes, 0, (byte)type, 0, 1, 0, 0, 0, 60, 0, (byte)data.Length, .. data];

    private static void InterlockedMax(ref int target, int value)
    {
        for (var known = target; value > known; known = target)
        {
            Interlocked.CompareExchange(ref target, value, known);
        }
    }
}

/// <summary>The types of records that <see cref="NameServer"/> answers, with their numbers.</summary>
public enum RecordType
{
    /// <summary>An IPv4 address.</summary>
    A = 1,

    /// <summary>A mail server.</summary>
    MX = 15,

    /// <summary>An IPv6 address.</summary>
    AAAA = 28,
}

/// <summary>What <see cref="NameServer"/> answers about a domain. Without any record, the domain exists and has nothing.</summary>
public sealed record NamedDomain
{
    /// <summary>Its mail servers; a single dot is the root.</summary>
    public IReadOnlyList<string> MailServers { get; init; } = [];

    /// <summary>Whether it has an A record.</summary>
    public bool HasIPv4 { get; init; }

    /// <summary>Whether it has an AAAA record.</summary>
    public bool HasIPv6 { get; init; }

    /// <summary>The response code, such as 2 for SERVFAIL; 0 for an answer.</summary>
    public int Code { get; init; }

    /// <summary>The only type of question that <see cref="Code"/> answers; null for all.</summary>
    public RecordType? CodeOnlyFor { get; init; }

    /// <summary>How long it takes to answer.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Whether there is no answer at all.</summary>
    public bool IsSilent { get; init; }

    /// <summary>Whether the answer does not fit into a UDP packet, so that the client has to ask again by TCP.</summary>
    public bool IsTruncated { get; init; }

    internal int CodeFor(RecordType type) => CodeOnlyFor is null || CodeOnlyFor == type ? Code : 0;

    internal IReadOnlyList<byte[]> Records(RecordType type) => type switch
    {
        RecordType.MX => [.. MailServers.Select((server, i) => (byte[])[0, (byte)(10 * i), .. Name(server)])],
        RecordType.A when HasIPv4 => [[192, 0, 2, 1]],
        RecordType.AAAA when HasIPv6 => [[0x20, 0x01, 0x0d, 0xb8, .. new byte[11], 1]],
        _ => [],
    };

    private static byte[] Name(string name) =>
    [
        .. name.Split('.', StringSplitOptions.RemoveEmptyEntries).SelectMany(label => (byte[])[(byte)label.Length, .. Encoding.ASCII.GetBytes(label)]),
        0,
    ];
}
