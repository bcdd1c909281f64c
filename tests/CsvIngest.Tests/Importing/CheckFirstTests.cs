using System.IO.Compression;
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

/// <summary>A first pass over the whole file decides whether anything of it is published.</summary>
public sealed class CheckFirstTests : IDisposable
{
    private const int RowCount = 3000;

    private static readonly Dataset Contacts = DatasetCatalog.Contacts;

    private readonly WorkFolder _folder = new();
    private readonly DecodingPublisher _publisher = new(Contacts);
    private readonly RecordingObserver _observer = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_limit_that_is_passed_at_the_end_of_the_file_publishes_nothing()
    {
        var result = await ImportAsync(Rows(badFrom: RowCount - 20), Limit("10"));

        var failure = result.Failure.ShouldBeOfType<UnusableFileException>();
        failure.Message.ShouldBe("20 of 3,000 rows are rejected, more than the limit of 10; nothing is published. The reasons are in the errors file.");
        failure.Remedies.ShouldBe([new Remedy(ImportOption.MaxRejects)]);
        (result.RowsRead, result.RowsSent, result.RowsRejected, result.Messages).ShouldBe((3000, 0, 20, 0));
        result.Check.ShouldBe(new FileCheck(3000, 20));
        File.ReadLines(result.ErrorsPath!).Count().ShouldBe(21);
        _publisher.Parts.ShouldBeEmpty();
        File.Exists(_folder[".data.csv.csvingest"]).ShouldBeFalse();
        // Once the file is corrected, it is a new file.
        (await ImportAsync(Rows(badFrom: RowCount - 10), Limit("10"))).Outcome.ShouldBe(ImportOutcome.Done);
    }

    [Fact]
    public async Task A_percentage_is_one_of_all_rows()
    {
        // More than half of the first 1,000 rows, and a fifth of all.
        var result = await ImportAsync(Rows(badTo: 600), Limit("20%"));

        (result.Outcome, result.RowsSent, result.RowsRejected).ShouldBe((ImportOutcome.Done, 2400, 600));
        result.Check.ShouldBe(new FileCheck(3000, 600));
        File.ReadLines(result.ErrorsPath!).Count().ShouldBe(601);
        _publisher.Parts.OfType<SlicePart>().Sum(slice => slice.RowCount).ShouldBe(3000);
    }

    [Fact]
    public async Task Without_the_check_what_comes_before_the_limit_is_published()
    {
        var result = await ImportAsync(Rows(badFrom: RowCount - 20), Limit("10") with { CheckFirst = false });

        result.Failure.ShouldBeOfType<UnusableFileException>().Message.ShouldContain("nothing more is published");
        result.Check.ShouldBeNull();
        _publisher.Parts.OfType<SlicePart>().ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_file_that_is_damaged_at_its_end_publishes_nothing_if_it_is_checked()
    {
        var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(Encoding.UTF8.GetBytes(Rows()));
        }

        await File.WriteAllBytesAsync(_folder["data.csv.gz"], zipped.ToArray()[..^4], TestContext.Current.CancellationToken);

        var result = await ImportFileAsync(Source.FromFile(_folder["data.csv.gz"]), new ImportOptions { CheckFirst = true });
        result.Failure.ShouldBeOfType<UnusableFileException>();
        _publisher.Parts.ShouldBeEmpty();

        await File.WriteAllBytesAsync(_folder["data.csv.gz"], zipped.ToArray(), TestContext.Current.CancellationToken);
        (await ImportFileAsync(Source.FromFile(_folder["data.csv.gz"]), new ImportOptions { CheckFirst = true })).RowsSent.ShouldBe(3000);
    }

    [Fact]
    public async Task The_observer_is_told_everything_once()
    {
        var observer = new RecordingObserver { WantsRows = true };
        var rows = "email,name\na@example.com,A\nnobody,N\nb@example.com,\uFFFD\n";

        await ImportFileAsync(Source.FromFile(_folder.Write("data.csv", rows)), Limit("1"), observer);

        observer.Events.ShouldBe(
        [
            "began `,` separated, UTF-8, header on line 1", "warned",
            "row 2 email=a@example.com full_name=A", "row 4 email=b@example.com full_name=\uFFFD",
        ]);
        // What was shown of the check is that of the import now.
        (observer.Beginning!.Progress.IsChecking, observer.Beginning.Progress.RowsRead).ShouldBe((false, 3));
    }

    [Theory]
    [InlineData("append")]
    [InlineData("rewrite")]
    public async Task A_file_that_changes_after_the_check_is_not_published(string how)
    {
        var rows = Rows(lost: true);
        var path = _folder.Write("data.csv", rows);
        _folder.Write("next", how == "append" ? rows + "z@example.com,Z\n" : Rows(badFrom: 0, lost: true).PadRight(rows.Length + 2 * RowCount));
        var changing = new RecordingObserver
        {
            OnEvent = text =>
            {
                // The warning about lost characters comes at the end of the check. A shell asks for no lock.
                if (text == "warned")
                {
                    Programs.RunAsync("bash", ["-c", "cat next > data.csv"], _folder).GetAwaiter().GetResult().ShouldExitWith(0);
                }
            },
        };

        var result = await ImportFileAsync(Source.FromFile(path), Limit("10"), changing);

        result.Failure.ShouldBeOfType<FileChangedException>();
        _publisher.Parts.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_resumed_import_is_not_checked_again_and_the_limit_of_the_new_run_holds()
    {
        using var stop = new CancellationTokenSource();
        var stopping = new RecordingObserver
        {
            WantsRows = true,
            OnEvent = text =>
            {
                if (text.StartsWith("row 1500 ", StringComparison.Ordinal))
                {
                    stop.Cancel();
                }
            },
        };
        var source = Source.FromFile(_folder.Write("data.csv", Rows(badFrom: RowCount - 20)));
        (await ImportFileAsync(source, Limit("20"), stopping, stop.Token)).Outcome.ShouldBe(ImportOutcome.Interrupted);

        var stricter = await ImportFileAsync(source, Limit("19"));
        stricter.Failure!.Message.ShouldBe("20 of 3,000 rows are rejected, more than the limit of 19; nothing more is published. The reasons are in the errors file.");
        stricter.RowsRead.ShouldBe(0);

        var result = await ImportFileAsync(source, Limit("20"));
        (result.Outcome, result.RowsSent, result.Check).ShouldBe((ImportOutcome.Done, 2980, new FileCheck(3000, 20)));
        _observer.Events.ShouldContain(text => text.StartsWith("resumed after"));
        _publisher.Parts.OfType<SlicePart>().Sum(slice => slice.RowCount).ShouldBe(3000);
        File.ReadLines(result.ErrorsPath!).Count().ShouldBe(21);
    }

    [Fact]
    public async Task A_pipe_is_judged_on_the_way_and_cannot_be_checked_first()
    {
        var pipe = Source.FromStream("pipe", () => new MemoryStream(Encoding.UTF8.GetBytes(Rows(badTo: 600))));

        (await ImportFileAsync(pipe, Limit("20%"))).Failure.ShouldBeOfType<UnusableFileException>().Message.ShouldStartWith("600 of 1,000 rows");
        (await ImportFileAsync(pipe, new ImportOptions { CheckFirst = true })).Failure
            .ShouldBeOfType<ImportOptionsException>().Faults.ShouldHaveSingleItem().Option.ShouldBe(ImportOption.CheckFirst);
        _publisher.Parts.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_dry_run_decides_as_the_import_does()
    {
        var path = _folder.Write("data.csv", Rows(badTo: 600));

        var accepted = await DryRunAsync(path, Limit("20%"));
        var rejected = await DryRunAsync(path, Limit("19.9%"));

        (accepted.Outcome, accepted.RowsSent, accepted.Check).ShouldBe((ImportOutcome.DryRun, 2400, new FileCheck(3000, 600)));
        rejected.Failure.ShouldBeOfType<UnusableFileException>();
    }

    // Small blocks: what is read with the end of a file is published at the end.
    private static ImportOptions Limit(string limit) => new()
    {
        MaxRejects = RejectLimit.Parse(limit, []), Slices = new() { RowsPerMessage = 100, Reading = new() { BlockBytes = 4096, WindowBytes = 4096 } },
    };

    /// <summary>3,000 rows of one length, of which some are rejected.</summary>
    private static string Rows(int badFrom = RowCount, int badTo = 0, bool lost = false)
    {
        var text = new StringBuilder("email,name\n");
        for (var i = 0; i < RowCount; i++)
        {
            text.Append(i < badTo || i >= badFrom ? $"user{i:0000}-example.com,N\n" : $"user{i:0000}@example.com,{(lost ? '\uFFFD' : 'N')}\n");
        }

        return text.ToString();
    }

    private Task<ImportResult> ImportAsync(string text, ImportOptions options) =>
        ImportFileAsync(Source.FromFile(_folder.Write("data.csv", text)), options);

    private Task<ImportResult> ImportFileAsync(
        Source source, ImportOptions options, IImportObserver? observer = null, CancellationToken? cancellationToken = null) =>
        new Importer(_ => Contacts, new ImportDestination(_publisher, "this process", "queue")).ImportAsync(
            source, options with { RejectsFolder = _folder.FullPath }, observer ?? _observer, cancellationToken ?? TestContext.Current.CancellationToken);

    private static Task<ImportResult> DryRunAsync(string path, ImportOptions options) => new Importer(_ => Contacts, destination: null).ImportAsync(
        Source.FromFile(path), options, new RecordingObserver(), TestContext.Current.CancellationToken);
}
