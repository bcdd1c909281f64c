using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CsvIngest.Datasets;
using CsvIngest.Importing;
using CsvIngest.Importing.Sources;
using CsvIngest.Store;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Importing;

/// <summary>Imports are resumed from state files, also from those of earlier versions of the producer.</summary>
public sealed class ResumingTests : IDisposable
{
    private const string Header = "E-Mail;name;town\n";

    private static readonly Dataset Contacts = DatasetCatalog.Contacts;
    private static readonly string[] Rows = [.. Enumerable.Range(0, 10).Select(i => $"u{i}@example.com;N{i};\"X {i}\"\n")];

    private readonly WorkFolder _folder = new();
    private readonly DecodingPublisher _publisher = new(Contacts);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_state_file_of_version_0_1_is_resumed_with_its_own_options()
    {
        var path = WriteFile();
        WriteState(path, confirmed: 4);
        var observer = new RecordingObserver();

        var result = await ImportAsync(path, observer);

        result.Failure.ShouldBeNull();
        result.ImportId.ShouldBe(new Guid("01a2184e-a828-7a7e-baf9-2d91ac6f665c"));
        observer.Events.ShouldBe(
        [
            "options kept since 2026-11-26 14:42:17Z",
            "began `;` separated, UTF-8, header on line 1",
            "resumed after 2 slices, 4 rows",
        ]);
        _publisher.Parts.OfType<SlicePart>().Select(slice => (slice.Number, slice.RowsBefore, slice.RowCount))
            .ShouldBe([(3, 4, 2), (4, 6, 2), (5, 8, 2)]);
        _publisher.Parts[^1].ShouldBeOfType<ClosingPart>().RowsRead.ShouldBe(10);
        (result.RowsRead, result.RowsSent, result.Messages).ShouldBe((10, 10, 4));
        (result.RowsConfirmedBefore, result.RowsSentBefore).ShouldBe((4, 4));
        File.Exists(_folder[".f.csv.csvingest"]).ShouldBeFalse();
    }

    [Fact]
    public async Task A_resumed_import_keeps_its_null_markers()
    {
        var path = _folder.Write("f.csv", "email,name\n" + string.Concat(Enumerable.Range(0, 10).Select(i => $"u{i}@example.com,{(i < 8 ? "N" : "NULL")}\n")));
        using var stop = new CancellationTokenSource();
        var stopping = new RecordingObserver { WantsRows = true, OnEvent = text => StopAt(text, "row 7 ", stop) };
        var options = new ImportOptions { Slices = new() { RowsPerMessage = 2, NullMarkers = ["NULL"] } };
        (await ImportAsync(path, stopping, options, stop.Token)).Outcome.ShouldBe(ImportOutcome.Interrupted);
        var observer = new RecordingObserver();

        var result = await ImportAsync(path, observer);

        (result.Outcome, result.RowsRead, result.RowsRejected).ShouldBe((ImportOutcome.Done, 10, 2));
        observer.Events.ShouldContain(text => text.StartsWith("options kept", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_import_of_an_earlier_version_keeps_the_size_of_its_messages()
    {
        var note = new string('n', 40_000);
        var path = _folder.Write("f.csv", "email,name,note\n" + string.Concat(Enumerable.Range(0, 60).Select(i => $"u{i}@example.com,N,{note}\n")));
        using var stop = new CancellationTokenSource();
        var stopping = new RecordingObserver { WantsRows = true, OnEvent = text => StopAt(text, "row 40 ", stop) };
        var options = new ImportOptions { Slices = new() { RowsPerMessage = 200, BytesPerMessage = 1024 * 1024 } };
        (await ImportAsync(path, stopping, options, stop.Token)).Outcome.ShouldBe(ImportOutcome.Interrupted);
        File.ReadAllText(_folder[".f.csv.csvingest"]).ShouldNotContain("bytesPerMessage", Case.Insensitive);

        var result = await ImportAsync(path, new RecordingObserver());

        result.Failure.ShouldBeNull();
        result.RowsConfirmedBefore.ShouldBePositive();
        _publisher.Parts.OfType<SlicePart>().Select(slice => (slice.Number, slice.RowsBefore, slice.RowCount)).Distinct()
            .ShouldBe([(1, 0, 27), (2, 27, 27), (3, 54, 6)]);
    }

    [Theory]
    [InlineData("content", "the part up to row 4, which is already published, has changed")]
    [InlineData("size", "that file had")]
    [InlineData("time", "was last written at")]
    [InlineData("queue", "goes to queue other at this process, not to queue queue at this process")]
    [InlineData("dataset", "has changed since the unfinished import")]
    [InlineData("version", "has version 2; expected 1")]
    [InlineData("json", "is damaged")]
    public async Task Anything_else_is_not_resumed_and_restart_begins_anew(string difference, string message)
    {
        var path = WriteFile();
        WriteState(path, confirmed: 4, difference);

        var result = await ImportAsync(path, new RecordingObserver());

        var failure = result.Failure.ShouldBeOfType<UnusableFileException>();
        failure.Message.ShouldContain(message);
        failure.Remedies.ShouldBe([new Remedy(ImportOption.Restart)]);
        _publisher.Parts.ShouldBeEmpty();
        (await ImportAsync(path, new RecordingObserver(), new ImportOptions { Restart = true })).Outcome.ShouldBe(ImportOutcome.Done);
    }

    private string WriteFile() => _folder.Write("f.csv", Header + string.Concat(Rows));

    /// <summary>Writes what producer 0.1 wrote, for this file.</summary>
    private void WriteState(string path, int confirmed, string difference = "")
    {
        var prefix = Encoding.UTF8.GetBytes(Header + string.Concat(Rows.Take(confirmed)));
        var time = new DateTimeOffset(File.GetLastWriteTimeUtc(path)).AddSeconds(difference == "time" ? 1 : 0);
        _folder.Write(".f.csv.csvingest", difference == "json" ? "{ \"version\": 1, " : $$"""
            {
              "version": {{(difference == "version" ? 2 : 1)}},
              "import": "01a2184e-a828-7a7e-baf9-2d91ac6f665c",
              "startedAt": "2026-11-26T14:42:17.7688514+00:00",
              "broker": "this process",
              "queue": "{{(difference == "queue" ? "other" : "queue")}}",
              "shape": {
                "dataset": "contacts",
                "datasetHash": "{{(difference == "dataset" ? "0" : "5")}}c36b340d383ec21e58b3897ff59c9d69088a8de1c4141f72981b6b0916a3907",
                "rowsPerMessage": 2,
                "dedupe": true,
                "map": {
                  "email": "E-Mail"
                },
                "reading": {
                  "delimiter": ";",
                  "quote": {
                    "isAuto": false,
                    "mark": "\u0022"
                  },
                  "escape": {
                    "isAuto": false,
                    "style": 1,
                    "mark": null
                  },
                  "encoding": null,
                  "noHeader": null,
                  "skipLines": 0,
                  "headerLines": null,
                  "comment": null,
                  "width": 3,
                  "maxRecordBytes": 16777216,
                  "maxFields": 4096,
                  "hashPrefix": true
                },
                "readingAsked": {
                  "delimiter": null,
                  "quote": {
                    "isAuto": true,
                    "mark": null
                  },
                  "escape": {
                    "isAuto": true,
                    "style": 1,
                    "mark": null
                  },
                  "encoding": null,
                  "noHeader": null,
                  "skipLines": null,
                  "headerLines": null,
                  "comment": null,
                  "width": null,
                  "maxRecordBytes": 16777216,
                  "maxFields": 4096,
                  "hashPrefix": true
                }
              },
              "size": {{new FileInfo(path).Length + (difference == "size" ? 1 : 0)}},
              "modifiedAt": "{{time.ToString("O", CultureInfo.InvariantCulture)}}",
              "changed": false,
              "confirmedSlices": 2,
              "confirmedRows": 4,
              "confirmedPosition": {{prefix.Length}},
              "confirmedHash": "{{(difference == "content" ? "00" : Convert.ToHexStringLower(SHA256.HashData(prefix)))}}"
            }
            """);
    }

    private static void StopAt(string text, string start, CancellationTokenSource stop)
    {
        if (text.StartsWith(start, StringComparison.Ordinal))
        {
            stop.Cancel();
        }
    }

    private Task<ImportResult> ImportAsync(
        string path, RecordingObserver observer, ImportOptions? options = null, CancellationToken? cancellationToken = null) =>
        new Importer(_ => Contacts, new ImportDestination(_publisher, "this process", "queue")).ImportAsync(
            Source.FromFile(path), options ?? new ImportOptions(), observer, cancellationToken ?? TestContext.Current.CancellationToken);
}
