using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Contracts;

/// <summary>What a collector receives of an import, on one kind of broker and database after the other.</summary>
public abstract class TracedPipelineContract<TFixture>(TFixture fixture) : IClassFixture<TFixture>, IAsyncLifetime
    where TFixture : PipelineFixture
{
    /// <summary>In every value and name that an operator has not chosen.</summary>
    private const string Marker = "Zyxmarker";

    private const string TraceId = "0af7651916cd43dd8448eb211c80319c";
    private const string ParentId = "b7ad6b7169203331";

    /// <summary>More messages in one transaction than the 128 links that a span has by default.</summary>
    private const int Messages = 200;

    private OtlpReceiver _collector = null!;

    /// <summary>The environment of this test, with tables.</summary>
    protected PipelineEnvironment Environment { get; private set; } = null!;

    /// <summary>The value of <c>messaging.system</c>.</summary>
    protected abstract string MessagingSystem { get; }

    public async ValueTask InitializeAsync()
    {
        Environment = await fixture.CreateAsync();
        _collector = await OtlpReceiver.StartAsync();
        (await Environment.MigrateAsync()).ShouldExitWith(0);
    }

    public virtual async ValueTask DisposeAsync()
    {
        await _collector.DisposeAsync();
        await Environment.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task One_trace_leads_from_the_file_to_the_transaction_and_holds_nothing_of_the_file()
    {
        await RefuseAsync($"refused.{Marker}@example.com".ToLowerInvariant(), Marker);
        var file = Path.Combine(Environment.Folder.FullPath, $"{Marker}.csv");
        await File.WriteAllLinesAsync(file,
        [
            $"Name,E-Mail,{Marker} header",
            $"Refused {Marker},refused.{Marker}@example.com,{Marker}",
            $"No address {Marker},{Marker},{Marker}",
            .. Enumerable.Range(0, Messages - 4).Select(i => $"{Marker} {i},{Marker}.{i}@example.com,{Marker}"),
            $"{Marker} again,{Marker}.0@example.com,{Marker}",
        ]);

        await RunAsync("producer", ["--file", file, "--rows-per-message", "1", .. Environment.ProducerFlags]);
        await RedeliverAsync();
        await RunAsync("consumer", ["--drain", "--prefetch", "1000", .. Environment.ConsumerFlags]);

        var import = _collector.SpansOf("import").ShouldHaveSingleItem();
        Hex(import.TraceId).ShouldBe(TraceId);
        Hex(import.ParentSpanId).ShouldBe(ParentId);
        var published = _collector.SpansOf($"publish {Environment.Queue}");
        // The opening and the closing are messages too.
        published.Count.ShouldBe(Messages + 1);
        published.ShouldAllBe(span => span.TraceId.Equals(import.TraceId) && span.ParentSpanId.Equals(import.SpanId) && span.Kind == 4);
        var processed = _collector.SpansOf($"process {Environment.Queue}");
        processed.ShouldAllBe(span => span.TraceId.Equals(import.TraceId) && span.Kind == 5 && span.DroppedLinksCount == 0);
        processed.Max(span => span.Links.Count).ShouldBeGreaterThan(128);
        processed.SelectMany(span => span.Links).Select(link => Hex(link.SpanId)).ToHashSet(StringComparer.Ordinal)
            .ShouldBe(published.Select(span => Hex(span.SpanId)), ignoreOrder: true);
        foreach (var span in published.Concat(processed))
        {
            span.Attributes.Text("messaging.system").ShouldBe(MessagingSystem);
            span.Attributes.Text("messaging.destination.name").ShouldBe(Environment.Queue);
        }

        // Every message came twice, and the rows count once.
        var delivered = _collector.Total("messaging.client.consumed.messages", "messaging.operation.name", "process");
        delivered.ShouldBeGreaterThan(published.Count);
        _collector.Total("messaging.client.sent.messages", "messaging.operation.name", "publish").ShouldBe(published.Count);
        foreach (var fate in new[] { "inserted", "duplicate", "rejected" })
        {
            _collector.Total("csvingest.rows", "csvingest.fate", fate).ShouldBe(
                await Environment.CountAsync($"SELECT sum({fate}) FROM import_slices"), fate);
        }

        _collector.Total("csvingest.rows", "csvingest.code", "invalid-email").ShouldBe(1);
        _collector.Total("csvingest.rows", "csvingest.code", "database-refused").ShouldBe(1);
        _collector.Metrics.ShouldContain(each => each.Metric.Name == "messaging.process.duration" && each.Metric.Unit == "s");

        DriverMetrics.Except(_collector.Metrics.Select(each => each.Metric.Name)).ShouldBeEmpty();
        _collector.AllBytes.ShouldNotContain(Marker, Case.Insensitive);
        _collector.Spans.ShouldAllBe(span => span.Events.Count == 0 && (span.Status == null || span.Status.Message == ""));
        foreach (var secret in Secrets)
        {
            _collector.AllBytes.ShouldNotContain(secret);
        }
    }

    /// <summary>Some of the metrics that the driver of the database has.</summary>
    protected virtual IReadOnlyList<string> DriverMetrics => [];

    /// <summary>What must not be in any telemetry, such as the password of the database.</summary>
    protected virtual IEnumerable<string> Secrets => [];

    /// <summary>Makes the database reject a row, with a message that quotes a value.</summary>
    protected abstract Task RefuseAsync(string email, string value);

    /// <summary>Has the messages that wait in the queue delivered twice.</summary>
    protected abstract Task RedeliverAsync();

    private async Task RunAsync(string program, IReadOnlyList<string> arguments) =>
        (await Programs.RunAsync(
            program,
            arguments,
            Environment.Folder,
            environment: new Dictionary<string, string>(_collector.Environment) { ["TRACEPARENT"] = $"00-{TraceId}-{ParentId}-01" }))
        .ShouldExitWith(0).Error.ShouldNotContain("elemetry");

    private static string Hex(Google.Protobuf.ByteString id) => Convert.ToHexStringLower(id.Span);
}
