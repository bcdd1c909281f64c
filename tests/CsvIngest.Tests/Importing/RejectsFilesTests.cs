using CsvIngest.Datasets;
using CsvIngest.Importing;
using CsvIngest.Importing.Rows;
using CsvIngest.Importing.Sources;
using CsvIngest.Testing;
using CsvIngest.Values;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Importing;

/// <summary>Which rejects files an import replaces, and which it keeps.</summary>
public sealed class RejectsFilesTests : IDisposable
{
    private const string Header = "email,name\n";
    private const string Ann = "ann@example.com,Ann\n";

    private static readonly Dataset Contacts = DatasetCatalog.Contacts;

    private readonly WorkFolder _folder = new();
    private readonly DecodingPublisher _publisher = new(Contacts);
    private readonly RecordingObserver _observer = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Files_that_nobody_has_changed_are_replaced_and_removed_by_the_next_import()
    {
        await ImportAsync(Ann + "one,N\n");
        await ImportAsync(Ann + "two,N\n");
        Read("data.rejected.csv").ShouldBe(Header + "two,N\n");
        Names().ShouldBe(["data.errors.csv", "data.rejected.csv"]);

        await ImportAsync(Ann);

        Names().ShouldBeEmpty();
        _observer.Warnings.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("data.rejected.csv")]
    [InlineData("data.errors.csv")]
    public async Task Files_that_somebody_has_changed_are_kept_whatever_follows(string changed)
    {
        await ImportAsync(Ann + "one,N\n");
        var time = File.GetLastWriteTimeUtc(_folder[changed]);
        // Of the same size, and with the same time.
        var mended = Read(changed).Replace('o', '0');
        _folder.Write(changed, mended);
        File.SetLastWriteTimeUtc(_folder[changed], time);

        var result = await ImportAsync(Ann + "two,N\n");

        result.RejectedPath.ShouldBe(_folder["data.2.rejected.csv"]);
        Read("data.2.rejected.csv").ShouldBe(Header + "two,N\n");
        _observer.Warnings.ShouldHaveSingleItem().Text.ShouldBe(
            "The rejects files of an earlier run are kept because they have changed since they were written. "
            + "Those of this run are data.2.rejected.csv and data.2.errors.csv.");

        // The ones with a number are this program's: the next import replaces them, and one without rejects removes them.
        (await ImportAsync(Ann + "three,N\n")).RejectedPath.ShouldBe(_folder["data.2.rejected.csv"]);
        await ImportAsync(Ann);
        Names().ShouldBe(["data.errors.csv", "data.rejected.csv"]);
        Read(changed).ShouldBe(mended);
    }

    [Fact]
    public async Task Files_of_which_nothing_is_known_are_kept()
    {
        _folder.Write("data.rejected.csv", "of an earlier version");

        (await ImportAsync(Ann + "one,N\n")).RejectedPath.ShouldBe(_folder["data.2.rejected.csv"]);

        Read("data.rejected.csv").ShouldBe("of an earlier version");
        Names().ShouldBe(["data.2.errors.csv", "data.2.rejected.csv", "data.rejected.csv"]);
    }

    [Fact]
    public async Task A_run_that_sends_nothing_keeps_the_files_of_an_import_and_replaces_those_of_its_own_kind()
    {
        await ImportAsync(Ann + "one,N\n");
        var errors = Read("data.errors.csv");

        foreach (var row in (string[])["two,N\n", "three,N\n"])
        {
            var result = await ImportAsync(Ann + row, new ImportOptions { MaxRejects = RejectLimit.Parse("0", []), Restart = true });
            result.Failure.ShouldBeOfType<UnusableFileException>();
            result.RejectedPath.ShouldBe(_folder["data.2.rejected.csv"]);
            Read("data.2.rejected.csv").ShouldBe(Header + row);
        }

        (Read("data.rejected.csv"), Read("data.errors.csv")).ShouldBe((Header + "one,N\n", errors));
        _observer.Warnings.ShouldAllBe(warning => warning.Text.Contains("because nothing of this run was sent"));
        // A file without a header that fits does not get so far.
        _folder.Write("data.csv", "town\nUlm\n");
        (await ImportFileAsync(Source.FromFile(_folder["data.csv"]), new() { Restart = true })).Failure.ShouldBeOfType<UnusableFileException>();
        Read("data.rejected.csv").ShouldBe(Header + "one,N\n");
    }

    [Fact]
    public async Task Files_with_the_same_content_are_the_same_files()
    {
        await ImportAsync(Ann + "one,N\n");

        var report = await ImportAsync(Ann + "one,N\n", new ImportOptions(), isDryRun: true);

        report.RejectedPath.ShouldBe(_folder["data.rejected.csv"]);
        Names().ShouldBe(["data.errors.csv", "data.rejected.csv"]);
        // They are still those of the import.
        await ImportAsync(Ann, new ImportOptions(), isDryRun: true);
        Names().ShouldBe(["data.errors.csv", "data.rejected.csv"]);
    }

    [Fact]
    public async Task A_resumed_import_replaces_its_own_files_and_no_others()
    {
        await ImportAsync(Ann + "one,N\n");
        _folder.Write("data.rejected.csv", "mended");
        using var stop = new CancellationTokenSource();
        var stopping = new RecordingObserver
        {
            WantsRows = true,
            OnEvent = text =>
            {
                if (text.StartsWith("row 5", StringComparison.Ordinal))
                {
                    stop.Cancel();
                }
            },
        };
        var options = new ImportOptions { RejectsFolder = _folder.FullPath, Slices = new() { RowsPerMessage = 1 } };
        _folder.Write("data.csv", Header + "two,N\na@example.com,A\nb@example.com,B\nc@example.com,C\nthree,N\nd@example.com,D\n");
        var source = Source.FromFile(_folder["data.csv"]);

        var first = await NewImporter().ImportAsync(source, options, stopping, stop.Token);
        var second = await NewImporter().ImportAsync(source, options, _observer, TestContext.Current.CancellationToken);

        (first.Outcome, second.Outcome, second.ImportId).ShouldBe((ImportOutcome.Interrupted, ImportOutcome.Done, first.ImportId));
        (first.RejectedPath, second.RejectedPath).ShouldBe((_folder["data.2.rejected.csv"], _folder["data.2.rejected.csv"]));
        Read("data.2.rejected.csv").ShouldBe(Header + "two,N\nthree,N\n");
        Read("data.rejected.csv").ShouldBe("mended");
        File.Exists(_folder["data.3.errors.csv"]).ShouldBeFalse();
    }

    [Fact]
    public async Task Inputs_of_one_name_keep_their_files_from_run_to_run()
    {
        Directory.CreateDirectory(_folder["a"]);
        Directory.CreateDirectory(_folder["b"]);
        foreach (var run in (string[])["one", "two"])
        {
            foreach (var folder in (string[])["a", "b"])
            {
                await ImportFileAsync(Source.FromFile(_folder.Write($"{folder}/data.csv", $"{Header}{folder}{run},N\n")), new());
            }

            Read("data.rejected.csv").ShouldBe($"{Header}a{run},N\n");
            Read("data.2.rejected.csv").ShouldBe($"{Header}b{run},N\n");
        }
    }

    [Fact]
    public async Task What_came_through_a_pipe_is_never_replaced()
    {
        foreach (var row in (string[])["one,N\n", "two,N\n"])
        {
            await ImportFileAsync(Source.FromStream("stdin", () => new MemoryStream([.. "email,name\n"u8, .. System.Text.Encoding.UTF8.GetBytes(row)])), new());
        }

        (Read("stdin.rejected.csv"), Read("stdin.2.rejected.csv")).ShouldBe((Header + "one,N\n", Header + "two,N\n"));
        _observer.Warnings.Last().Text.ShouldContain("because they belong to another input");
    }

    [Fact]
    public async Task Producers_at_the_same_time_write_files_of_their_own_and_replace_what_a_killed_one_left()
    {
        _folder.Write(".data.errors.csv.part", "left");
        _folder.Write(".data.rejected.csv.part", "left");
        var source = Source.FromFile(_folder.Write("data.csv", $"{Header}one,N\n{Ann}two,N\n"));
        var options = new ImportOptions { RejectsFolder = _folder.FullPath };
        ImportResult? inner = null;
        var outer = new RecordingObserver
        {
            WantsRows = true,
            OnEvent = text =>
            {
                if (text.StartsWith("row", StringComparison.Ordinal))
                {
                    // The outer one has written a row already, and the other input of that name has one more.
                    var other = Source.FromStream("data.csv", () => new MemoryStream("email,name\nthree,N\n"u8.ToArray()));
                    inner = NewImporter(isDryRun: true).ImportAsync(other, options, new RecordingObserver(), CancellationToken.None).GetAwaiter().GetResult();
                }
            },
        };

        var result = await NewImporter(isDryRun: true).ImportAsync(source, options, outer, TestContext.Current.CancellationToken);

        (inner!.RejectedPath, result.RejectedPath).ShouldBe((_folder["data.rejected.csv"], _folder["data.2.rejected.csv"]));
        Read("data.rejected.csv").ShouldBe(Header + "three,N\n");
        Read("data.2.rejected.csv").ShouldBe(Header + "one,N\ntwo,N\n");
        Directory.GetFiles(_folder.FullPath, ".*").ShouldBeEmpty();
    }

    [Fact]
    public async Task Imports_that_end_at_the_same_time_all_give_their_files_a_name()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var round = 0; round < 100; round++)
            {
                using var files = RejectsFiles.Prepare(_folder.FullPath, "data.csv", "data.csv", () => default);
                files.Write(line: 2, new RejectReason("bad-email", "email", "No @."), "one,N"u8, "\n"u8);
                files.Publish(isSent: false, isComplete: true, _ => { });
                Path.GetFileName(files.ErrorsPath).ShouldNotBeNull().ShouldStartWith("data.");
            }
        })));

        Directory.EnumerateFiles(_folder.FullPath, "*.part").ShouldBeEmpty();
        Read("data.rejected.csv").ShouldBe("one,N\n");
    }

    [Fact]
    public async Task A_name_that_another_import_gives_up_at_the_same_moment_is_not_a_failure()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var round = 0; round < 500; round++)
            {
                RejectsFiles.Prepare(_folder.FullPath, "data.csv", "data.csv", () => default).Dispose();
            }
        })));

        Directory.GetFiles(_folder.FullPath).ShouldBeEmpty();
    }

    [Fact]
    public void Records_that_a_killed_producer_left_do_not_become_those_of_a_file_without_any()
    {
        _folder.Write(".data.errors.csv.part", "left");
        _folder.Write(".data.rejected.csv.part", "left");
        _folder.Write("data.errors.csv", "line,column,code,reason\n,,unusable-file,It is empty.\n");

        using (var files = RejectsFiles.Prepare(_folder.FullPath, "data.csv", "data.csv", () => default))
        {
            files.WriteFailure("It is empty.");
            files.Publish(isSent: false, isComplete: false, _ => { });
        }

        Directory.GetFiles(_folder.FullPath).Select(Path.GetFileName).ShouldBe(["data.errors.csv"]);
    }

    [Fact]
    public void Without_rejects_no_hidden_file_is_left_when_the_program_is_killed_after_the_end_of_the_import()
    {
        using var files = RejectsFiles.Prepare(_folder.FullPath, "data.csv", "data.csv", () => default);
        Directory.GetFiles(_folder.FullPath).Length.ShouldBe(1);

        files.Publish(isSent: true, isComplete: true, _ => { });

        Directory.EnumerateFileSystemEntries(_folder.FullPath).ShouldBeEmpty();
        // The name is free for another producer, whose file stays.
        using var others = RejectsFiles.Prepare(_folder.FullPath, "data.csv", "data.csv", () => default);
        files.Dispose();
        Directory.GetFiles(_folder.FullPath).Length.ShouldBe(1);
    }

    [Fact]
    public async Task A_lock_of_the_folder_that_somebody_else_holds_is_not_waited_for()
    {
        using var held = UnixFiles.LockFolder(_folder.FullPath);

        await ImportAsync(Ann + "one,N\n");
        await ImportAsync(Ann + "two,N\n").WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        Names().ShouldBe(["data.errors.csv", "data.rejected.csv"]);
    }

    [Fact]
    public async Task Where_nothing_can_be_remembered_the_files_are_written_and_the_next_run_keeps_them()
    {
        // A file where the folder would be.
        _folder.Write(".csvingest", string.Empty);

        (await ImportAsync("one,N\n")).RejectedPath.ShouldBe(_folder["data.rejected.csv"]);
        _observer.Warnings.ShouldContain(warning => warning.Text.Contains("The next run will keep the rejects files of this one."));

        (await ImportAsync("two,N\n")).RejectedPath.ShouldBe(_folder["data.2.rejected.csv"]);
    }

    private string Read(string name) => _folder.Read(name);

    private List<string?> Names() =>
        [.. Directory.GetFiles(_folder.FullPath).Select(Path.GetFileName).Where(name => name != "data.csv").Order(StringComparer.Ordinal)];

    private Importer NewImporter(bool isDryRun = false) =>
        new(_ => Contacts, isDryRun ? null : new ImportDestination(_publisher, "this process", "queue"));

    private Task<ImportResult> ImportAsync(string rows) => ImportAsync(rows, new ImportOptions());

    private Task<ImportResult> ImportAsync(string rows, ImportOptions options, bool isDryRun = false) =>
        ImportFileAsync(Source.FromFile(_folder.Write("data.csv", Header + rows)), options, isDryRun);

    private Task<ImportResult> ImportFileAsync(Source source, ImportOptions options, bool isDryRun = false) => NewImporter(isDryRun).ImportAsync(
        source, options with { RejectsFolder = _folder.FullPath }, _observer, TestContext.Current.CancellationToken);
}
