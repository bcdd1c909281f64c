using System.Text;
using CsvIngest.Datasets;
using CsvIngest.Importing;
using CsvIngest.Importing.Rows;
using CsvIngest.Importing.Sources;
using CsvIngest.Store;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Importing;

/// <summary>The library as a front end uses it that is not a command line.</summary>
public sealed class ImporterTests : IDisposable
{
    private static readonly Dataset Contacts = DatasetCatalog.Contacts;

    private readonly WorkFolder _folder = new();
    private readonly DecodingPublisher _publisher = new(Contacts);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_preview_shows_what_the_file_is_and_its_accepted_rows()
    {
        var observer = new RecordingObserver { WantsRows = true };

        var result = await ImportAsync(
            Stream("E-Mail;Name;Phone\nAnn@EXAMPLE.com;Ann;1\nnobody;N;2\nann@example.com;Ann;3\n"), new ImportOptions(), observer, dryRun: true);

        observer.Events.ShouldBe(
        [
            "began `;` separated, UTF-8, header on line 1",
            "row 2 email=ann@example.com full_name=Ann Phone=1",
        ]);
        observer.Beginning!.Headers.ShouldBe(["E-Mail", "Name", "Phone"]);
        observer.Beginning.ImportId.ShouldBe(result.ImportId!.Value);
        (result.Outcome, result.Failure, result.Dataset).ShouldBe((ImportOutcome.DryRun, null, "contacts"));
        (result.RowsRead, result.RowsSent, result.RowsRejected, result.RowsDuplicate, result.Messages).ShouldBe((3, 1, 1, 1, 0));
    }

    [Fact]
    public async Task An_uploaded_file_keeps_its_name_and_can_be_resumed_where_it_was_spooled()
    {
        var path = _folder.Write("spooled", "email,name\n" + string.Concat(Enumerable.Range(0, 10).Select(i => $"a{i}@example.com,A\n")));
        using var stop = new CancellationTokenSource();
        var options = new ImportOptions { Slices = new() { RowsPerMessage = 2 }, StateFolder = _folder["state"] };
        // The first slice is published before the source is read to its end; later ones wait until then.
        var stopping = new RecordingObserver { WantsRows = true, OnEvent = text => Stop(text, "row 6", stop) };

        var stopped = await ImportAsync(Source.FromFile(path, "contacts.csv"), options, stopping, cancellationToken: stop.Token);
        var resumed = await ImportAsync(Source.FromFile(path, "contacts.csv"), options, new RecordingObserver());

        (stopped.Outcome, stopped.IsResumable, stopped.Source).ShouldBe((ImportOutcome.Interrupted, true, "contacts.csv"));
        stopped.Failure.ShouldBeAssignableTo<OperationCanceledException>();
        (resumed.Outcome, resumed.ImportId).ShouldBe((ImportOutcome.Done, stopped.ImportId));
        _publisher.Parts.ShouldAllBe(part => part.Source == "contacts.csv");
        _publisher.Parts.OfType<SlicePart>().Select(slice => slice.Number).Distinct().ShouldBe([1, 2, 3, 4, 5]);
        Directory.GetFiles(_folder["state"]).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("utf-8", "email,name\na@example.com,A\n")]
    [InlineData("utf-8", "email,name\na@example.com,A\nb@example.com,B\n\n\n\u001a\u001a")]
    [InlineData("utf-8", "email,name\n")]
    [InlineData("utf-16", "email,name\nä@example.com,Ä\nb@example.com,B")]
    [InlineData("iso-8859-1", "email,name\na@example.com,Ä\n")]
    public async Task The_closing_has_the_hash_of_the_whole_file(string encoding, string text)
    {
        var codec = Encoding.GetEncoding(encoding);
        byte[] content = [.. codec.GetPreamble(), .. codec.GetBytes(text)];
        await File.WriteAllBytesAsync(_folder["f.csv"], content, TestContext.Current.CancellationToken);
        var options = new ImportOptions { Slices = new() { RowsPerMessage = 1 } };

        (await ImportAsync(Source.FromFile(_folder["f.csv"]), options, new RecordingObserver())).Failure.ShouldBeNull();
        (await ImportAsync(Stream(text), options, new RecordingObserver())).Failure.ShouldBeNull();

        _publisher.Parts.OfType<ClosingPart>().Select(closing => closing.ContentHash)
            .ShouldBe([Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content)), null]);
    }

    [Fact]
    public async Task A_stream_that_can_seek_has_a_size_to_measure_the_progress_by()
    {
        var observer = new RecordingObserver();

        var result = await ImportAsync(Stream("email,name\na@example.com,A\n"), new ImportOptions(), observer);

        (observer.Beginning!.Progress.Size, observer.Beginning.Progress.BytesRead, result.Bytes).ShouldBe((27, 27, 27));
        (observer.Beginning.Progress.RowsRead, observer.Beginning.Progress.RowsConfirmed, result.IsResumable).ShouldBe((1, 1, false));
    }

    [Fact]
    public async Task A_failure_is_part_of_the_result_with_what_can_be_done_about_it()
    {
        var observer = new RecordingObserver();

        var result = await ImportAsync(Stream("name,company\nA,B\n"), new ImportOptions(), observer);

        result.Outcome.ShouldBe(ImportOutcome.Failed);
        result.Failure.ShouldBeOfType<UnusableFileException>().Remedies.ShouldBe(
            [new Remedy(ImportOption.Map, "email="), new Remedy(ImportOption.Delimiter), new Remedy(ImportOption.SkipLines)]);
        (result.ImportId, result.RowsRead).ShouldBe((null, 0));
        observer.Beginning.ShouldBeNull();
        _publisher.Parts.ShouldBeEmpty();
    }

    [Fact]
    public async Task Too_many_rejects_stop_an_import_before_anything_is_published()
    {
        var result = await ImportAsync(
            Stream("email,name\na@example.com,A\nnobody,N\n"), new ImportOptions { MaxRejects = RejectLimit.Parse("0", []) }, new RecordingObserver());

        var failure = result.Failure.ShouldBeOfType<UnusableFileException>();
        failure.Message.ShouldStartWith("1 of 2 rows is rejected, more than the limit of 0;");
        failure.Remedies.ShouldBe([new Remedy(ImportOption.MaxRejects)]);
        _publisher.Parts.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("nobody,N\n,N\nnowhere,N\n", "100%", "All 3 rows are rejected, most often as invalid-email. The file was read as `,` separated, UTF-8, header on line 1.")]
    [InlineData("a@example.com,\n", "none", "The only row is rejected, as missing-value. The file was read as `,` separated, UTF-8, header on line 1.")]
    [InlineData("nobody,N\n", "0", "The only row is rejected, as invalid-email. The file was read as `,` separated, UTF-8, header on line 1.")]
    public async Task A_file_of_which_every_row_is_rejected_is_reported_whatever_the_limit(string rows, string limit, string expected)
    {
        var observer = new RecordingObserver();
        var options = new ImportOptions { MaxRejects = limit == "none" ? RejectLimit.None : RejectLimit.Parse(limit, []) };

        await ImportAsync(Stream("email,name\n" + rows), options, observer);

        var warning = observer.Warnings.ShouldHaveSingleItem();
        warning.Text.ShouldBe(expected);
        warning.Remedies.Select(remedy => remedy.Option)
            .ShouldBe([ImportOption.Delimiter, ImportOption.Quote, ImportOption.Encoding, ImportOption.Map]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nobody,N\na@example.com,A\n")]
    [InlineData(",\n,\n")]
    public async Task A_file_with_a_valid_row_or_no_row_is_not(string rows)
    {
        var observer = new RecordingObserver();

        await ImportAsync(Stream("email,name\n" + rows), new ImportOptions(), observer);

        observer.Warnings.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_warning_that_arises_in_the_middle_of_a_file_is_reported_there()
    {
        // More ASCII than is read ahead, so that the encoding is decided later.
        var text = new StringBuilder("email,name\n");
        for (var i = 0; i < 100_000; i++)
        {
            text.Append($"a{i}@example.com,Ann\n");
        }

        byte[] file = [.. Encoding.ASCII.GetBytes(text.ToString()), .. "u@example.com,M"u8, 0xFC, .. "ller\nlast@example.com,L\n"u8];
        var observer = new RecordingObserver { WantsRows = true };

        await ImportAsync(Source.FromStream("f.csv", () => new MemoryStream(file)), new ImportOptions(), observer);

        observer.Events.IndexOf("warned").ShouldBeInRange(1, observer.Events.Count - 2, string.Join('\n', observer.Events.TakeLast(3)));
        observer.Warnings.ShouldHaveSingleItem().Remedies.ShouldBe([new Remedy(ImportOption.Encoding)]);
    }

    [Fact]
    public async Task Options_that_are_not_valid_are_all_listed_before_the_source_is_opened()
    {
        var source = Source.FromStream("f.csv", () => throw new InvalidOperationException("opened"));
        var options = new ImportOptions { MaxExpansion = 0, Slices = new() { RowsPerMessage = 0, Reading = new() { SkipLines = -1 } } };

        var failure = await Should.ThrowAsync<ImportOptionsException>(() => ImportAsync(source, options, new RecordingObserver()));

        failure.Faults.Select(fault => fault.Option)
            .ShouldBe([ImportOption.RowsPerMessage, ImportOption.MaxExpansion, ImportOption.SkipLines]);
    }

    private static void Stop(string text, string start, CancellationTokenSource stop)
    {
        if (text.StartsWith(start, StringComparison.Ordinal))
        {
            stop.Cancel();
        }
    }

    private static Source Stream(string text) => Source.FromStream("f.csv", () => new MemoryStream(Encoding.UTF8.GetBytes(text)));

    private Task<ImportResult> ImportAsync(
        Source source, ImportOptions options, RecordingObserver observer, bool dryRun = false, CancellationToken cancellationToken = default) =>
        new Importer(_ => Contacts, dryRun ? null : new ImportDestination(_publisher, "this process", "queue"))
            .ImportAsync(source, options, observer, cancellationToken);
}
