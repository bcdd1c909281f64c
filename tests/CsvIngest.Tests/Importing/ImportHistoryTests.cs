using System.IO.Compression;
using System.Text;
using CsvIngest.Datasets;
using CsvIngest.Importing;
using CsvIngest.Importing.Sources;
using CsvIngest.Store;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Importing;

/// <summary>A content that was published completely before is announced, and can be skipped.</summary>
public sealed class ImportHistoryTests : IDisposable
{
    private const string Ann = "email,name,nick\nann@example.com,Ann,A\nbob@example.com,Bob,B\n";

    private static readonly ImportOptions Skip = new() { SkipImported = true };

    private readonly WorkFolder _folder = new();
    private readonly DecodingPublisher _publisher = new(DatasetCatalog.Contacts);
    private readonly RecordingObserver _observer = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_same_content_is_announced_whatever_its_name_and_skipped_if_that_is_wanted()
    {
        var first = await ImportAsync(_folder.Write("monday.csv", Ann), Skip);

        var again = await ImportAsync(_folder.Write("tuesday.csv", Ann), new ImportOptions());
        var skipped = await ImportAsync(_folder.Write("wednesday.csv", Ann), Skip);

        (first.Outcome, first.Before).ShouldBe((ImportOutcome.Done, null));
        (again.Outcome, again.RowsSent, again.Before!.Source, again.Before.Import).ShouldBe((ImportOutcome.Done, 2, "monday.csv", first.ImportId!.Value));
        _observer.Events.ShouldContain($"imported before as monday.csv, {first.ImportId}, same way: True");
        (skipped.Outcome, skipped.ImportId, skipped.Failure, skipped.Messages).ShouldBe((ImportOutcome.Skipped, null, null, 0));
        (skipped.Before!.Source, skipped.Before.Import).ShouldBe(("tuesday.csv", again.ImportId!.Value));
        _publisher.Parts.OfType<ClosingPart>().Count().ShouldBe(2);
    }

    [Fact]
    public async Task A_compressed_copy_has_the_same_content_and_another_content_of_the_same_size_has_not()
    {
        await ImportAsync(_folder.Write("a.csv", Ann), Skip);
        await using (var gzip = new GZipStream(File.Create(_folder["a.csv.gz"]), CompressionLevel.Fastest))
        {
            gzip.Write(Encoding.UTF8.GetBytes(Ann));
        }

        (await ImportAsync(_folder["a.csv.gz"], Skip)).Outcome.ShouldBe(ImportOutcome.Skipped);
        (await ImportAsync(_folder.Write("b.csv", Ann.Replace("ann", "ben", StringComparison.Ordinal)), Skip)).Outcome.ShouldBe(ImportOutcome.Done);
    }

    [Fact]
    public async Task Another_result_is_never_skipped()
    {
        var path = _folder.Write("a.csv", Ann);
        await ImportAsync(path, Skip);

        ImportOptions[] others =
        [
            Skip with { Slices = new() { Dataset = "subscribers" } },
            Skip with { Slices = new() { Map = new Dictionary<string, string> { ["full_name"] = "nick" } } },
            Skip with { Slices = new() { NullMarkers = ["Bob"] } },
            Skip with { Slices = new() { Reading = new() { SkipLines = 1, NoHeader = true } } },
        ];
        foreach (var other in others)
        {
            (await ImportAsync(path, other)).Outcome.ShouldBe(ImportOutcome.Done);
        }

        (await ImportAsync(path, Skip, queue: "another")).Outcome.ShouldBe(ImportOutcome.Done);
        _observer.Events.ShouldContain(text => text.EndsWith("same way: False"));
        // How large the messages are makes no difference.
        (await ImportAsync(path, Skip with { Slices = new() { RowsPerMessage = 1, BytesPerMessage = 1 } })).Outcome.ShouldBe(ImportOutcome.Skipped);
    }

    [Fact]
    public async Task An_import_that_is_not_complete_is_resumed_and_not_skipped()
    {
        var path = _folder.Write("a.csv", Ann);
        using var stop = new CancellationTokenSource();
        var stopping = new RecordingObserver { WantsRows = true, OnEvent = text => StopAt(text, "row 3 ", stop) };
        var options = Skip with { Slices = new() { RowsPerMessage = 1 } };
        var first = await ImportAsync(path, options, observer: stopping, cancellationToken: stop.Token);
        first.Outcome.ShouldBe(ImportOutcome.Interrupted);

        (await ImportAsync(_folder.Write("copy.csv", Ann), options)).Outcome.ShouldBe(ImportOutcome.Done);
        var resumed = await ImportAsync(path, options);

        (resumed.Outcome, resumed.ImportId).ShouldBe((ImportOutcome.Done, first.ImportId));
        (await ImportAsync(path, options)).Before!.Import.ShouldBe(first.ImportId!.Value);
    }

    [Fact]
    public async Task A_skipped_file_is_moved_and_another_state_folder_knows_nothing_of_it()
    {
        var state = Skip with { StateFolder = _folder["state"] };
        await ImportAsync(_folder.Write("a.csv", Ann), state);
        (await ImportAsync(_folder["a.csv"], Skip with { StateFolder = _folder["other"] })).Outcome.ShouldBe(ImportOutcome.Done);

        var moving = state with { MoveTo = _folder["done"] };
        moving.PrepareFolders();
        var result = await ImportAsync(_folder["a.csv"], moving);

        (result.Outcome, result.MovedTo).ShouldBe((ImportOutcome.Skipped, _folder["done/a.csv"]));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("no JSON")]
    public async Task A_damaged_record_skips_nothing(string damage)
    {
        await ImportAsync(_folder.Write("a.csv", Ann), Skip);
        foreach (var record in Directory.GetFiles(_folder[".csvingest"], "*.imported.json"))
        {
            await File.WriteAllTextAsync(record, damage, TestContext.Current.CancellationToken);
        }

        (await ImportAsync(_folder["a.csv"], Skip)).Outcome.ShouldBe(ImportOutcome.Done);
    }

    [Fact]
    public async Task Imports_of_the_same_content_that_end_at_the_same_time_are_all_remembered()
    {
        var history = new ImportHistory(
            _folder.FullPath, new SliceOptions(), DatasetCatalog.Contacts, new ImportDestination(_publisher, "this process", "queue"));

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var round = 0; round < 50; round++)
            {
                history.Add("a.csv", Guid.NewGuid(), DateTimeOffset.UnixEpoch, new ContentDigest(1, "00"));
            }
        })));

        Path.GetFileName(Directory.GetFiles(_folder[".csvingest"]).ShouldHaveSingleItem()).ShouldStartWith("1-00-");
    }

    private static void StopAt(string text, string row, CancellationTokenSource stop)
    {
        if (text.StartsWith(row, StringComparison.Ordinal))
        {
            stop.Cancel();
        }
    }

    private Task<ImportResult> ImportAsync(
        string path, ImportOptions options, string queue = "queue", IImportObserver? observer = null, CancellationToken? cancellationToken = null) =>
        new Importer(
            name => name == "contacts" ? DatasetCatalog.Contacts : DatasetCatalog.Subscribers,
            new ImportDestination(options.Slices.Dataset == "contacts" ? _publisher : new DecodingPublisher(DatasetCatalog.Subscribers), "this process", queue))
        .ImportAsync(Source.FromFile(path), options, observer ?? _observer, cancellationToken ?? TestContext.Current.CancellationToken);
}
