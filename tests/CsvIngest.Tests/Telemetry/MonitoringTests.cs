using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using CsvIngest.Testing;
using CsvIngest.Tests.Docs;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Telemetry;

/// <summary>The ports of the consumer: probes and scrapes.</summary>
public sealed partial class MonitoringTests : IDisposable
{
    private readonly WorkFolder _folder = new();
    private readonly HttpClient _client = new();

    public void Dispose()
    {
        _client.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_consumer_that_waits_for_its_servers_is_alive_and_not_ready()
    {
        await using var consumer = Programs.Start("consumer", ["--health-port", "0", "--database", "postgres://127.0.0.1:1/none"], _folder);
        var probes = await AddressAsync(consumer, "--health-port");

        (await GetAsync(probes, "/livez")).ShouldBe((HttpStatusCode.OK, "ok\n"));
        (await GetAsync(probes, "/readyz")).ShouldBe((HttpStatusCode.ServiceUnavailable, "not ready\n"));
        (await CheckHealthAsync(probes)).ShouldExitWith(1).ShouldSay("not ready");
        // Metrics were not asked for.
        (await GetAsync(probes, "/metrics")).Status.ShouldBe(HttpStatusCode.NotFound);
        consumer.HasExited.ShouldBeFalse();
    }

    [Fact]
    public async Task Probes_and_scrapes_have_ports_of_their_own_and_the_dashboard_shows_what_is_scraped()
    {
        (await Programs.RunAsync("consumer", ["migrate"], _folder)).ShouldExitWith(0);
        await using var consumer = Programs.Start("consumer", ["--health-port", "0", "--metrics-port", "0"], _folder);
        var probes = await AddressAsync(consumer, "--health-port");
        var metrics = await AddressAsync(consumer, "--metrics-port");
        probes.Host.ShouldBe("127.0.0.1");
        metrics.Host.ShouldBe("127.0.0.1");

        (await Programs.RunAsync("producer", ["--file", _folder.CopyIn("samples/contacts-messy.csv")], _folder)).ShouldExitWith(0);
        (await Programs.RunAsync("consumer", ["status", "--wait", "30"], _folder)).ShouldExitWith(0);

        await Poll.UntilAsync(async () => await GetAsync(probes, "/readyz") == (HttpStatusCode.OK, "ok\n"));
        (await CheckHealthAsync(probes)).ShouldExitWith(0).Output.ShouldBe("ready\n");
        (await CheckHealthAsync(metrics)).ShouldExitWith(1).ShouldSay("answered with 404; expected 200 or 503");
        (await GetAsync(probes, "/metrics")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await GetAsync(metrics, "/livez")).Status.ShouldBe(HttpStatusCode.NotFound);
        var scraped = "";
        await Poll.UntilAsync(async () => (scraped = (await GetAsync(metrics, "/metrics")).Text).Contains("csvingest_oldest_unfinished_import_age_seconds", StringComparison.Ordinal));
        scraped.ShouldContain("csvingest_code=\"invalid-email\"");
        Compare(scraped);
        var (status, promtool) = await CheckAsync(scraped);
        status.ShouldBe(0, $"{promtool}\n{scraped}");

        // Another import of the same kind has no series of its own.
        (await Programs.RunAsync("producer", ["--file", _folder["contacts-messy.csv"], "--source-name", "again.csv"], _folder)).ShouldExitWith(0);
        (await Programs.RunAsync("consumer", ["status", "--wait", "30"], _folder)).ShouldExitWith(0);
        Series((await GetAsync(metrics, "/metrics")).Text).Except(Series(scraped)).ShouldBeEmpty();

        consumer.SendSignal(Signal.Terminate);
        (await consumer.WaitForExitAsync()).ShouldExitWith(0).Error.ShouldNotContain("[WRN]");
        (await CheckHealthAsync(probes)).ShouldExitWith(1).ShouldSay($"{probes}readyz does not answer: ");
    }

    [Theory]
    [InlineData("--health-port")]
    [InlineData("--metrics-port")]
    public async Task A_port_in_use_ends_the_consumer_before_it_takes_a_message(string option)
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;

        (await Programs.RunAsync("consumer", [option, $"{port}"], _folder)).ShouldExitWith(74)
            .ShouldSay($"Cannot listen on {port}: ").ShouldSay($"Choose another address with {option}.");
    }

    [Theory]
    [InlineData("9464", "127.0.0.1", true)]
    [InlineData("*:9464", null, false)]
    [InlineData("0.0.0.0:9464", "0.0.0.0", false)]
    [InlineData("[::1]:9464", "::1", true)]
    public void A_port_alone_is_one_of_this_machine(string text, string? address, bool isLoopback)
    {
        var parsed = Monitoring.ListenAddress.Parse(text, "--metrics-port");

        (parsed.Address?.ToString(), parsed.Port, parsed.IsLoopback).ShouldBe((address, 9464, isLoopback));
    }

    [Fact]
    public async Task A_health_check_without_a_valid_address_is_a_usage_error() =>
        (await Programs.RunAsync("consumer", ["health", "ready"], _folder)).ShouldExitWith(64).ShouldSay("the address is \"ready\"");

    // A proxy that does not exist: it must not be asked.
    private Task<ProgramResult> CheckHealthAsync(Uri address) => Programs.RunAsync(
        "consumer", ["health", address.Authority], _folder, environment: new Dictionary<string, string>(StringComparer.Ordinal) { ["http_proxy"] = "http://127.0.0.1:1" });

    private static async Task<Uri> AddressAsync(RunningProgram consumer, string option) =>
        new((await consumer.WaitForErrorLine($"Listening for {option} on ")).Split(" on ")[1]);

    private async Task<(HttpStatusCode Status, string Text)> GetAsync(Uri address, string path)
    {
        using var answer = await _client.GetAsync(new Uri(address, path));
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>The dashboard asks for metrics and labels that exist, and the document lists all metrics of our own.</summary>
    private static void Compare(string scraped)
    {
        var dashboard = Name().Matches(File.ReadAllText(Repository.PathOf("deploy", "grafana", "csvingest.json"))).Select(name => name.Value).ToList();
        dashboard.ShouldContain("csvingest_rows_total", "this test reads the dashboard wrongly");
        dashboard.Except(Name().Matches(scraped).Select(name => name.Value)).ShouldBeEmpty(scraped);

        var documented = Markdown.Read("docs/telemetry.md").Tables.Single(table => table.IsOf("metric")).Rows.Select(row => row[0].Trim('`').Replace('.', '_'));
        Family().Matches(scraped).Select(family => family.Groups["name"].Value).Append("messaging_client_sent_messages")
            .ShouldBe(documented, ignoreOrder: true);
    }

    private static IEnumerable<string> Series(string scraped) => scraped.Split('\n').Select(line => line.Split("} ")[0]);

    private async Task<(int Status, string Output)> CheckAsync(string scraped)
    {
        var result = await Programs.RunAsync("promtool", ["check", "metrics"], _folder, input: System.Text.Encoding.UTF8.GetBytes(scraped));
        return (result.ExitCode, result.ToString());
    }

    [GeneratedRegex(@"\b(csvingest|messaging)_[a-z_]+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Name();

    [GeneratedRegex(@"^# TYPE (?<name>(csvingest|messaging)_[a-z_]+?)(_seconds|_total)? ", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Family();
}
