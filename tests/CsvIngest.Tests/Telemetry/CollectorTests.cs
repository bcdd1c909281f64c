using System.Net;
using System.Net.Sockets;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Telemetry;

/// <summary>What telemetry costs: nothing without a collector, and little with one that is gone.</summary>
public sealed class CollectorTests : IDisposable
{
    private readonly WorkFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Without_a_collector_nothing_of_telemetry_and_no_web_server_is_loaded()
    {
        Directory.CreateDirectory(_folder["inbox"]);
        (await Programs.RunAsync("consumer", ["migrate"], _folder)).ShouldExitWith(0);
        await using var collector = await OtlpReceiver.StartAsync();
        // Those that are published may be machine code, which is loaded as a whole.
        var (builtConsumer, builtProducer) = (Built("consumer"), Built("producer"));
        await using var consumer = Programs.Start(builtConsumer, [], _folder);
        await using var configured = Programs.Start(builtConsumer, [], _folder, collector.Environment);
        await using var producer = Programs.Start(builtProducer, ["--watch", "inbox", "--settle", "0s", "--json"], _folder);
        File.Copy(Repository.PathOf("samples", "contacts.csv"), _folder["inbox/contacts.csv"]);
        await consumer.WaitForErrorLine("Consuming from");
        await configured.WaitForErrorLine("Consuming from");
        // Then everything that an import needs is loaded.
        await producer.WaitForOutputLine("contacts.csv");

        Loaded(configured).ShouldContain("OpenTelemetry.dll", Case.Sensitive, "this test reads the wrong file");
        foreach (var program in new[] { consumer, producer })
        {
            Loaded(program).ShouldNotContain("OpenTelemetry");
            Loaded(program).ShouldNotContain("Kestrel");
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_collector_that_is_gone_costs_two_seconds_and_no_exit_code(bool isListening)
    {
        // It accepts connections and never answers; or nothing listens there.
        using var blackHole = new TcpListener(IPAddress.Loopback, 0);
        blackHole.Start();
        var port = ((IPEndPoint)blackHole.LocalEndpoint).Port;
        if (!isListening)
        {
            blackHole.Stop();
        }

        var file = _folder.CopyIn("samples/contacts.csv");
        var without = (await Programs.RunAsync("producer", ["--file", file], _folder)).ShouldExitWith(0);
        var with = (await Programs.RunAsync(
            "producer", ["--file", file], _folder,
            environment: new Dictionary<string, string> { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = $"http://127.0.0.1:{port}" })).ShouldExitWith(0);

        // Two seconds, and what it takes to load the libraries, on a busy machine. The exporter itself would wait for ten.
        (with.Duration - without.Duration).ShouldBeLessThan(TimeSpan.FromSeconds(8), with.ToString());
        with.ShouldSay("[WRN] Telemetry was not exported");
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318 Zyxmarker", "OTEL_EXPORTER_OTLP_ENDPOINT is not an address")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", "OTEL_EXPORTER_OTLP_PROTOCOL is http/json; expected http/protobuf or grpc")]
    public void A_variable_that_is_not_valid_turns_telemetry_off(string name, string value, string message)
    {
        var reasons = new List<string>();
        var environment = new Dictionary<string, string> { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://localhost:4318", [name] = value };

        Hosting.Telemetry.TelemetrySettings.Read(environment, reasons.Add).ShouldBeNull();

        reasons.ShouldHaveSingleItem().ShouldStartWith(message);
        reasons[0].ShouldNotContain("Zyxmarker");
    }

    [Theory]
    [InlineData("", false, false)]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318", true, true)]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318 OTEL_SDK_DISABLED=true", false, false)]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318 OTEL_TRACES_EXPORTER=none", false, true)]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://c:4318/v1/traces", true, false)]
    [InlineData("OTEL_SERVICE_NAME=imports", false, false)]
    public void The_variables_decide_what_is_exported(string variables, bool traces, bool metrics)
    {
        var environment = variables.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(each => each.Split('=')).ToDictionary(each => each[0], each => each[1]);

        var settings = Hosting.Telemetry.TelemetrySettings.Read(environment, reason => throw new InvalidOperationException(reason));

        (settings?.Traces ?? false, settings?.Metrics ?? false).ShouldBe((traces, metrics));
    }

    [Theory]
    [InlineData("http://c:4318", "http/protobuf")]
    [InlineData("https://c", "http/protobuf")]
    [InlineData("http://c:4317", "grpc")]
    public void The_port_decides_the_protocol_that_no_variable_names(string endpoint, string protocol) =>
        Hosting.Telemetry.TelemetrySettings.Read(new Dictionary<string, string> { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint }, _ => { })!
            .Defaults["OTEL_EXPORTER_OTLP_PROTOCOL"].ShouldBe(protocol);

    private static string Built(string program) => Path.Combine(Programs.BuiltFolderOf(program), program);

    private static string Loaded(RunningProgram program) => File.ReadAllText($"/proc/{program.Id}/maps");
}
