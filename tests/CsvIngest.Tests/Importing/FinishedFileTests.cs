using CsvIngest.Datasets;
using CsvIngest.Importing;
using CsvIngest.Importing.Rows;
using CsvIngest.Importing.Sources;
using CsvIngest.Store;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Importing;

/// <summary>What becomes of a file when its import has ended, and of one whose producer was killed on the way there.</summary>
public sealed class FinishedFileTests : IDisposable
{
    private const string Ann = "email,name\nann@example.com,Ann\n";

    private static readonly Dataset Contacts = DatasetCatalog.Contacts;

    private readonly WorkFolder _folder = new();
    private readonly DecodingPublisher _publisher = new(Contacts);

    public FinishedFileTests()
    {
        Directory.CreateDirectory(_folder["in"]);
        Directory.CreateDirectory(_folder["done"]);
    }

    private ImportOptions Moving => new() { MoveTo = _folder["done"], FailedTo = _folder["failed"], RejectsFolder = _folder["in"] };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_file_is_imported_once_while_it_does_not_change()
    {
        var path = _folder.Write("in/a.csv", Ann);
        var once = new ImportOptions { Once = true };

        var first = await ImportAsync(path, once);
        var second = await ImportAsync(path, once);
        _folder.Write("in/a.csv", Ann + "bob@example.com,Bob\n");
        var changed = await ImportAsync(path, once);

        (first.Outcome, second.Outcome, changed.Outcome).ShouldBe((ImportOutcome.Done, ImportOutcome.AlreadyDone, ImportOutcome.Done));
        second.ImportId.ShouldBe(first.ImportId);
        changed.ImportId.ShouldNotBe(first.ImportId);
        _publisher.Parts.OfType<ClosingPart>().Select(closing => closing.RowsRead).ShouldBe([1, 2]);
    }

    [Fact]
    public async Task A_file_that_is_imported_again_by_hand_is_still_remembered()
    {
        var path = _folder.Write("in/a.csv", Ann);
        await ImportAsync(path, new ImportOptions { Once = true });

        (await ImportAsync(path, new ImportOptions())).Outcome.ShouldBe(ImportOutcome.Done);

        (await ImportAsync(path, new ImportOptions { Once = true })).Outcome.ShouldBe(ImportOutcome.AlreadyDone);
    }

    [Fact]
    public async Task A_producer_that_dies_before_the_move_only_moves_the_file_when_it_is_run_again()
    {
        // It dies when everything is confirmed: the same file, remembered, is what it leaves.
        var path = _folder.Write("in/a.csv", Ann);
        var first = await ImportAsync(path, new ImportOptions { Once = true });

        var again = await ImportAsync(path, Moving);

        (again.Outcome, again.ImportId, again.MovedTo).ShouldBe((ImportOutcome.AlreadyDone, first.ImportId, _folder["done/a.csv"]));
        _publisher.Parts.OfType<ClosingPart>().Count().ShouldBe(1);
        Files("in").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_producer_that_dies_during_the_move_completes_it()
    {
        var path = _folder.Write("in/a.csv", Ann);
        await ImportAsync(path, new ImportOptions { Once = true });
        // A move is a link and a deletion.
        (await Programs.RunAsync("ln", ["in/a.csv", "done/a.csv"], _folder)).ShouldExitWith(0);

        (await ImportAsync(path, Moving)).MovedTo.ShouldBe(_folder["done/a.csv"]);

        Files("in").ShouldBeEmpty();
        Files("done").ShouldBe(["a.csv"]);
    }

    [Fact]
    public async Task What_a_producer_left_that_died_after_the_move_is_no_obstacle_for_the_next_file_of_the_name()
    {
        var path = _folder.Write("in/a.csv", Ann);
        await ImportAsync(path, new ImportOptions { Once = true });
        File.Move(path, _folder["done/a.csv"]);
        _folder.Write("in/a.csv", Ann + "bob@example.com,Bob\n");

        var next = await ImportAsync(path, Moving);

        (next.Outcome, next.RowsSent, next.MovedTo).ShouldBe((ImportOutcome.Done, 2, _folder["done/a.2.csv"]));
    }

    [Theory]
    [InlineData("a.csv", "a.2.csv", "a.3.csv")]
    [InlineData("a.csv.gz", "a.2.csv.gz", "a.3.csv.gz")]
    [InlineData("a", "a.2", "a.3")]
    public async Task A_name_that_is_taken_gets_a_number(string name, string second, string third)
    {
        foreach (var expected in (string[])[name, second, third])
        {
            var path = _folder.Write($"in/{name}", Ann);
            (await ImportAsync(path, Moving)).MovedTo.ShouldBe(_folder[$"done/{expected}"]);
        }

        Files("done").ShouldBe([second, third, name], ignoreOrder: true);
    }

    [Fact]
    public async Task A_file_is_not_moved_to_the_folder_that_it_is_in()
    {
        var path = _folder.Write("in/a.csv", Ann);

        var result = await ImportAsync(path, new ImportOptions { MoveTo = _folder["in"] });

        (result.Outcome, result.MovedTo).ShouldBe((ImportOutcome.Done, null));
        _folder.Read("in/a.csv").ShouldBe(Ann);
    }

    [Theory]
    [InlineData("email,name\nann@example.com,Ann\n", ImportOutcome.Done)]
    [InlineData("email,name\nann@example.com,Ann\nno one,N\nnobody,N\n", ImportOutcome.Failed)]
    public async Task A_file_that_arrives_under_the_name_during_the_import_stays_for_the_next_one(string content, ImportOutcome outcome)
    {
        const string Bob = "email,name\nbob@example.com,Bob\n";
        var path = _folder.Write("in/a.csv", content);
        var options = Moving with { MaxRejects = RejectLimit.Parse("1", []) };
        var observer = new RecordingObserver
        {
            OnEvent = text => Do(text, "began", () => File.Move(_folder.Write("next", Bob), path, overwrite: true)),
        };

        var first = await ImportAsync(path, options, observer);
        _folder.Read("in/a.csv").ShouldBe(Bob);
        var next = await ImportAsync(path, options);

        (first.Outcome, first.MovedTo).ShouldBe((outcome, null));
        observer.Warnings.ShouldHaveSingleItem().Text.ShouldBe(
            $"Another file has taken the name {path} during the import. It has not been imported, and stays where it is.");
        (next.Outcome, next.RowsSent, next.MovedTo).ShouldBe((ImportOutcome.Done, 1, _folder["done/a.csv"]));
        _folder.Read("done/a.csv").ShouldBe(Bob);
    }

    [Theory]
    [InlineData("new")]
    [InlineData("checked first")]
    [InlineData("resumed")]
    public async Task A_file_that_arrives_under_the_name_is_not_imported_beside_the_one_before(string import)
    {
        const string Bob = "email,name\nbob@example.com,Bob\n";
        var path = _folder.Write("in/a.csv", Ann + "cy@example.com,Cy\n");
        var options = Moving with { CheckFirst = import == "checked first", Slices = new() { RowsPerMessage = 1 } };
        if (import == "resumed")
        {
            using var stop = new CancellationTokenSource();
            var stopping = new RecordingObserver { WantsRows = true, OnEvent = text => Do(text, "row 3 ", stop.Cancel) };
            (await ImportAsync(path, options, stopping, stop.Token)).Outcome.ShouldBe(ImportOutcome.Interrupted);
        }

        var beside = new List<Task<ImportResult>>();
        var observer = new RecordingObserver
        {
            OnEvent = text => Do(text, "began", () =>
            {
                File.Move(_folder.Write("next", Bob), path, overwrite: true);
                beside.AddRange(Task.Run(() => ImportAsync(path, Moving)), Task.Run(() => ImportAsync(path, Moving with { Restart = true })));
                WaitHandle.WaitAll([.. beside.Select(task => ((IAsyncResult)task).AsyncWaitHandle)], Poll.Timeout).ShouldBeTrue();
            }),
        };

        var first = await ImportAsync(path, options, observer);

        foreach (var result in await Task.WhenAll(beside))
        {
            result.Failure.ShouldBeOfType<FileInUseException>().Message.ShouldBe($"{path} is being imported by another producer; wait for it to finish.");
        }

        (first.Outcome, first.RowsConfirmed).ShouldBe((ImportOutcome.Done, 2));
        (await ImportAsync(path, Moving)).RowsSent.ShouldBe(1);
        _folder.Read("done/a.csv").ShouldBe(Bob);
        Files("in").ShouldBeEmpty();
    }

    [Fact]
    public async Task The_lock_of_a_killed_producer_of_another_user_keeps_nobody_out()
    {
        var path = _folder.Write("in/a.csv", Ann);
        _folder.Write("in/.a.csv.csvingest.lock", string.Empty);
        // Nobody may write to a file of another user. (Root may: then this tests that the file is taken over.)
        File.SetUnixFileMode(_folder["in/.a.csv.csvingest.lock"], UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);

        (await ImportAsync(path, new ImportOptions { RejectsFolder = _folder["in"] })).Outcome.ShouldBe(ImportOutcome.Done);

        Files("in").ShouldBe(["a.csv"]);
    }

    [Fact]
    public async Task An_unusable_file_is_set_aside_with_the_reason_beside_it()
    {
        var path = _folder.Write("in/bad.csv", "town\nUlm\n");

        var result = await ImportAsync(path, Moving);

        result.Failure.ShouldBeOfType<UnusableFileException>();
        result.MovedTo.ShouldBe(_folder["failed/bad.csv"]);
        Files("failed").ShouldBe(["bad.csv", "bad.errors.csv"], ignoreOrder: true);
        _folder.Read("failed/bad.errors.csv").ShouldStartWith("line,column,code,reason\n,,unusable-file,\"The file's columns do not fit");
        Files("in").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_file_with_too_many_rejects_takes_its_rejects_files_along()
    {
        _folder.Write("in/bad.csv", "email,name\nann@example.com,Ann\nnobody,N\nno one,N\n");
        var options = Moving with { MaxRejects = RejectLimit.Parse("1", []) };

        // The second one has the name of the first.
        await ImportAsync(_folder["in/bad.csv"], options);
        _folder.Write("in/bad.csv", "email,name\nann@example.com,Ann\nnobody,N\nno one,N\n");
        var result = await ImportAsync(_folder["in/bad.csv"], options);

        result.MovedTo.ShouldBe(_folder["failed/bad.2.csv"]);
        result.ErrorsPath.ShouldBe(_folder["failed/bad.2.errors.csv"]);
        Files("failed").ShouldBe(
            ["bad.csv", "bad.errors.csv", "bad.rejected.csv", "bad.2.csv", "bad.2.errors.csv", "bad.2.rejected.csv"], ignoreOrder: true);
        _folder.Read("failed/bad.2.errors.csv").Split('\n').Select(line => line.Split(',')[0]).ShouldBe(["line", "3", "4", "", ""]);
        Files("in").ShouldBeEmpty();
        _publisher.Parts.ShouldBeEmpty();
    }

    [Fact]
    public async Task Setting_a_file_aside_leaves_the_rejects_files_of_others_alone()
    {
        Directory.CreateDirectory(_folder["failed"]);
        _folder.Write("in/bad.rejected.csv", "mended");
        _folder.Write("in/bad.errors.csv", "notes");
        _folder.Write("failed/bad.errors.csv", "of another file");

        var result = await ImportAsync(_folder.Write("in/bad.csv", "town\nUlm\n"), Moving);

        (result.MovedTo, result.ErrorsPath).ShouldBe((_folder["failed/bad.2.csv"], _folder["failed/bad.2.errors.csv"]));
        Files("failed").ShouldBe(["bad.errors.csv", "bad.2.csv", "bad.2.errors.csv"], ignoreOrder: true);
        _folder.Read("failed/bad.errors.csv").ShouldBe("of another file");
        Files("in").ShouldBe(["bad.rejected.csv", "bad.errors.csv"], ignoreOrder: true);
        _folder.Read("in/bad.rejected.csv").ShouldBe("mended");
    }

    [Fact]
    public async Task A_file_is_copied_to_another_file_system()
    {
        var other = Directory.CreateDirectory($"/dev/shm/csvingest-test-{Guid.NewGuid():N}").FullName;
        try
        {
            var path = _folder.Write("in/a.csv", Ann);
            File.SetLastWriteTimeUtc(path, new DateTime(2024, 5, 1, 2, 3, 4, DateTimeKind.Utc));
            await File.WriteAllTextAsync(Path.Combine(other, ".a.2.csv.part"), "what a killed copy left", TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync(Path.Combine(other, "a.csv"), "another file", TestContext.Current.CancellationToken);

            var result = await ImportAsync(path, new ImportOptions { MoveTo = other });

            result.MovedTo.ShouldBe(Path.Combine(other, "a.2.csv"));
            (await File.ReadAllTextAsync(result.MovedTo!, TestContext.Current.CancellationToken)).ShouldBe(Ann);
            File.GetLastWriteTimeUtc(result.MovedTo!).Year.ShouldBe(2024);
            Files("in").ShouldBeEmpty();
            Directory.GetFiles(other).Length.ShouldBe(2);
        }
        finally
        {
            Directory.Delete(other, recursive: true);
        }
    }

    [Fact]
    public async Task Files_of_one_name_that_are_copied_to_another_file_system_at_the_same_time_stay_whole()
    {
        const int Count = 4;
        var other = Directory.CreateDirectory($"/dev/shm/csvingest-test-{Guid.NewGuid():N}").FullName;
        try
        {
            for (var round = 0; round < 10; round++)
            {
                var contents = Enumerable.Range(0, Count).Select(i => new string((char)('a' + i), 500_000)).ToList();
                var paths = contents.ConvertAll(content =>
                {
                    Directory.CreateDirectory(_folder[content[..1]]);
                    return _folder.Write($"{content[0]}/a.csv", content);
                });

                var targets = await Task.WhenAll(paths.Select(path => Task.Run(() => FileMove.Into(other, path, prepare: _ => true))));

                targets.Select(File.ReadAllText).ShouldBe(contents);
                Directory.GetFiles(other).Length.ShouldBe(Count);
                paths.ShouldAllBe(path => !File.Exists(path));
                Array.ForEach(targets, File.Delete);
            }
        }
        finally
        {
            Directory.Delete(other, recursive: true);
        }
    }

    private IEnumerable<string?> Files(string folder) => Directory
        .GetFiles(_folder[folder], "*", new EnumerationOptions { AttributesToSkip = FileAttributes.None }).Select(Path.GetFileName);

    private static void Do(string text, string start, Action action)
    {
        if (text.StartsWith(start, StringComparison.Ordinal))
        {
            action();
        }
    }

    private Task<ImportResult> ImportAsync(
        string path, ImportOptions options, IImportObserver? observer = null, CancellationToken? cancellationToken = null)
    {
        options.PrepareFolders();
        return new Importer(_ => Contacts, new ImportDestination(_publisher, "this process", "queue")).ImportAsync(
            Source.FromFile(path), options, observer ?? new RecordingObserver(), cancellationToken ?? TestContext.Current.CancellationToken);
    }
}
