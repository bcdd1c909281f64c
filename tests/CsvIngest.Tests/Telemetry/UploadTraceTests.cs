using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Telemetry;

/// <summary>Telemetry of the web program.</summary>
public sealed class UploadTraceTests
{
    private const string TraceId = "0af7651916cd43dd8448eb211c80319c";

    [Fact]
    public async Task The_trace_of_an_upload_begins_with_its_request_and_has_no_name_of_a_file()
    {
        using var folder = new WorkFolder();
        await using var collector = await OtlpReceiver.StartAsync();
        await using var web = await RunningWeb.StartAsync(folder, withConsumer: false, collector.Environment);
        web.Client.DefaultRequestHeaders.Add("traceparent", $"00-{TraceId}-b7ad6b7169203331-01");

        await web.UploadAsync(RunningWeb.Form("Zyxmarker.csv", "Name,E-Mail\nZyxmarker,zyxmarker@example.com\n"));
        await web.Program.WaitForErrorLine("Zyxmarker.csv: done");
        web.Program.SendSignal(Signal.Terminate);
        (await web.Program.WaitForExitAsync()).ShouldExitWith(0);

        var upload = collector.SpansOf("receive upload").ShouldHaveSingleItem();
        var import = collector.SpansOf("import").ShouldHaveSingleItem();
        var published = collector.SpansOf("publish csv-ingest");
        Convert.ToHexStringLower(upload.TraceId.Span).ShouldBe(TraceId);
        (import.TraceId, import.ParentSpanId).ShouldBe((upload.TraceId, upload.SpanId));
        published.Count.ShouldBe(3);
        published.ShouldAllBe(span => span.TraceId.Equals(upload.TraceId) && span.ParentSpanId.Equals(import.SpanId));
        collector.Total("messaging.client.sent.messages", "messaging.system", "sqlite").ShouldBe(3);
        collector.AllBytes.ShouldNotContain("Zyxmarker", Case.Insensitive);
    }
}
