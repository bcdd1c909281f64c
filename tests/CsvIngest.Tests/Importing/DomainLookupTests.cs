using System.Net;
using CsvIngest.Importing.Domains;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Importing;

/// <summary>What name servers answer about a domain, and what follows from it, with a name server on loopback.</summary>
public sealed class DomainLookupTests : IAsyncLifetime
{
    private const int ServerFailure = 2;
    private const int Refused = 5;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ShortTimeout = TimeSpan.FromMilliseconds(700);
    private static readonly NamedDomain Mail = new() { MailServers = ["mail.example"] };

    private readonly NameServer _server = new();

    public static TheoryData<string, NamedDomain> Accepting => new()
    {
        { "a mail server", Mail },
        { "several mail servers", new() { MailServers = ["one.example", "two.example"] } },
        { "an IPv4 address alone", new() { HasIPv4 = true } },
        { "an IPv6 address alone", new() { HasIPv6 = true } },
        { "an IPv6 address where the question for IPv4 fails", new() { HasIPv6 = true, Code = ServerFailure, CodeOnlyFor = RecordType.A } },
        { "a null MX beside a mail server, which RFC 7505 forbids", new() { MailServers = [".", "mail.example"] } },
        { "a slow answer", Mail with { Delay = TimeSpan.FromMilliseconds(150) } },
        { "an answer that needs TCP", Mail with { IsTruncated = true } },
    };

    public static TheoryData<string, NamedDomain> Undecided => new()
    {
        { "SERVFAIL", new() { Code = ServerFailure } },
        { "REFUSED", new() { Code = Refused } },
        { "silence", new() { IsSilent = true } },
        { "too late", Mail with { Delay = TimeSpan.FromSeconds(10) } },
        { "SERVFAIL for the address, and nothing else", new() { Code = ServerFailure, CodeOnlyFor = RecordType.A } },
        { "SERVFAIL for mail servers although there is an address", new() { HasIPv4 = true, Code = ServerFailure, CodeOnlyFor = RecordType.MX } },
    };

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [MemberData(nameof(Accepting))]
    public async Task A_domain_that_can_take_mail_is_accepted(string what, NamedDomain domain) =>
        (await FindAsync(domain, Timeout)).ShouldBe(DomainVerdict.AcceptsMail, what);

    [Theory]
    [MemberData(nameof(Undecided))]
    public async Task No_answer_is_no_verdict(string what, NamedDomain domain) =>
        (await FindAsync(domain, ShortTimeout)).ShouldBe(DomainVerdict.NotChecked, what);

    [Fact]
    public async Task A_domain_that_cannot_take_mail_is_told_apart()
    {
        _server.With("null.example", new() { MailServers = ["."], HasIPv4 = true }).With("empty.example", new());

        (await Lookup().FindAsync("null.example", Token)).ShouldBe(DomainVerdict.RefusesMail);
        (await Lookup().FindAsync("empty.example", Token)).ShouldBe(DomainVerdict.HasNoServer);
        (await Lookup().FindAsync("missing.example", Token)).ShouldBe(DomainVerdict.DoesNotExist);
        _server.Questions.ShouldBe(["MX null.example", "MX empty.example", "A empty.example", "AAAA empty.example", "MX missing.example"]);
    }

    [Fact]
    public async Task Where_one_name_server_fails_the_next_one_is_asked_and_a_final_answer_is_not_asked_for_again()
    {
        await using var broken = new NameServer { Others = new() { Code = ServerFailure } };
        _server.With("a.example", Mail);
        var lookup = new DomainLookup([broken.EndPoint, _server.EndPoint], Timeout);

        (await lookup.FindAsync("a.example", Token)).ShouldBe(DomainVerdict.AcceptsMail);
        (await lookup.FindAsync("missing.example", Token)).ShouldBe(DomainVerdict.DoesNotExist);
        (await new DomainLookup([_server.EndPoint, broken.EndPoint], Timeout).FindAsync("gone.example", Token)).ShouldBe(DomainVerdict.DoesNotExist);
        broken.Questions.ShouldNotContain("MX gone.example");
    }

    [Fact]
    public async Task Nobody_listens_is_no_verdict()
    {
        IPEndPoint gone;
        await using (var server = new NameServer())
        {
            gone = server.EndPoint;
        }

        (await new DomainLookup([gone], ShortTimeout).FindAsync("a.example", Token)).ShouldBe(DomainVerdict.NotChecked);
    }

    [Fact]
    public async Task Many_domains_are_asked_about_at_once_and_not_too_many()
    {
        _server.Others = Mail with { Delay = TimeSpan.FromMilliseconds(200) };
        var lookup = new DomainLookup([_server.EndPoint]);

        var verdicts = await Task.WhenAll(Enumerable.Range(0, 300).Select(i => lookup.FindAsync($"d{i}.example", Token)));

        verdicts.ShouldAllBe(verdict => verdict == DomainVerdict.AcceptsMail);
        _server.MostAtOnce.ShouldBeInRange(10, 100);
    }

    [Fact]
    public async Task What_is_cancelled_has_no_verdict()
    {
        _server.With("silent.example", new() { IsSilent = true });
        using var stop = new CancellationTokenSource();
        var finding = new DomainLookup([_server.EndPoint]).FindAsync("silent.example", stop.Token);
        await Poll.UntilAsync(() => Task.FromResult(_server.Questions.Count > 0), () => "no question came");

        await stop.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => finding);
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1", 53)]
    [InlineData("127.0.0.1:5353", "127.0.0.1", 5353)]
    [InlineData("::1", "::1", 53)]
    [InlineData("[::1]:5353", "::1", 5353)]
    [InlineData("ns1.example", "ns1.example", 53)]
    [InlineData("ns1.example:54", "ns1.example", 54)]
    public void A_name_server_is_a_host_with_or_without_a_port(string text, string host, int port)
    {
        var faults = new List<OptionFault>();

        NameServerAddress.Parse(text, faults).ShouldBe(new DnsEndPoint(host, port));
        faults.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("")]
    [InlineData(":53")]
    [InlineData("ns1.example:")]
    [InlineData("ns1.example:0")]
    [InlineData("ns1.example:65536")]
    [InlineData("ns1.example:dns")]
    [InlineData("udp://ns1.example")]
    [InlineData("two words")]
    public void Anything_else_is_a_fault(string text)
    {
        var faults = new List<OptionFault>();

        NameServerAddress.Parse(text, faults).ShouldBeNull();
        faults.ShouldHaveSingleItem().Text.ShouldContain("expected HOST or HOST:PORT");
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Task<DomainVerdict> FindAsync(NamedDomain domain, TimeSpan timeout)
    {
        _server.With("d.example", domain);
        return new DomainLookup([_server.EndPoint], timeout).FindAsync("d.example", Token);
    }

    private DomainLookup Lookup() => new([_server.EndPoint], Timeout);
}
