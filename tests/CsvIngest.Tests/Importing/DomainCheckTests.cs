using System.Net;
using System.Text;
using CsvIngest.Datasets;
using CsvIngest.Importing;
using CsvIngest.Importing.Rows;
using CsvIngest.Importing.Sources;
using CsvIngest.Messages;
using CsvIngest.Store;
using CsvIngest.Testing;
using CsvIngest.Values;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Importing;

/// <summary>Imports that check the domains of email addresses, with a name server on loopback.</summary>
public sealed class DomainCheckTests : IAsyncLifetime
{
    private const string Header = "email,name\n";

    private static readonly Dataset Contacts = DatasetCatalog.Contacts;
    private static readonly NamedDomain Mail = new() { MailServers = ["mail.example"] };

    private readonly NameServer _server = new();
    private readonly WorkFolder _folder = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _folder.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Rows_whose_domain_cannot_take_mail_are_rejected_in_file_order()
    {
        _server.With("good.example", Mail with { Delay = TimeSpan.FromMilliseconds(150) })
            .With("null.example", new() { MailServers = ["."] })
            .With("empty.example", new())
            .With("broken.example", new() { Code = 2 });

        var file = await ImportAsync(
            Header + "a@good.example,A\nb@gone.example,B\nno address,C\nd@null.example,D\ne@empty.example,E\nf@broken.example,F\n"
            + "a@good.example,G\nB@GONE.example,H\n");

        file.Rows.Select(row => row.Line).ShouldBe([2, 7]);
        file.DuplicateLines.ShouldBe([8]);
        file.RejectReasons.ShouldBe(
            ["3 email unknown-domain", "4 email invalid-email", "5 email unknown-domain", "6 email unknown-domain", "9 email unknown-domain"]);
        file.Rejections.Select(rejection => rejection.Reason).Distinct().ShouldBe(
        [
            "the domain of the address does not exist",
            "not an email address (no \"@\")",
            "the domain of the address states that it accepts no mail (null MX)",
            "the domain of the address has no mail server: no MX, A or AAAA record",
        ]);
        file.ShouldBalance(rowsPerMessage: 3);
        file.ShouldExplainItsRejects();
        Encoding.UTF8.GetString(file.Rejected).ShouldBe(
            Header + "b@gone.example,B\nno address,C\nd@null.example,D\ne@empty.example,E\nB@GONE.example,H\n");
        file.Result.RowsUnchecked.ShouldBe(1);
        _server.Questions.Count(question => question.StartsWith("MX ", StringComparison.Ordinal)).ShouldBe(5, "each domain is asked about once");
    }

    /// <summary>Where all domains are good, the check changes neither fates nor slices, whatever the file holds.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(200)]
    public async Task The_check_changes_nothing_about_other_rows(int rowsPerMessage)
    {
        _server.Others = Mail;
        var text = File.ReadAllText(Repository.PathOf("samples", "contacts-messy.csv"), Encoding.Latin1);

        var plain = await ImportAsync(text, rowsPerMessage, checkDomains: false);
        var looked = await ImportAsync(text, rowsPerMessage);

        looked.Fates().ShouldBe(plain.Fates());
        looked.Slices.Select(slice => (slice.Number, slice.RowsBefore, slice.FirstLine, slice.LastLine))
            .ShouldBe(plain.Slices.Select(slice => (slice.Number, slice.RowsBefore, slice.FirstLine, slice.LastLine)));
        looked.Rejected.ShouldBe(plain.Rejected);
        looked.Errors.ShouldBe(plain.Errors);
    }

    [Fact]
    public async Task Reading_goes_on_while_domains_are_looked_up()
    {
        _server.Others = Mail with { Delay = TimeSpan.FromMilliseconds(100) };
        var text = Header + string.Concat(Enumerable.Range(0, 400).Select(i => $"a@d{i}.example,A\n"));

        var file = await ImportAsync(text, rowsPerMessage: 10);

        file.Result.RowsSent.ShouldBe(400);
        // One after the other, they would take 40 s.
        file.Result.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(20));
        _server.MostAtOnce.ShouldBeInRange(11, 100);
    }

    [Fact]
    public async Task A_row_that_is_rejected_does_not_make_a_later_one_a_duplicate()
    {
        _server.With("good.example", Mail);
        var orders = new Dataset(
            "orders", "orders", "number",
            [new Column("number", ColumnType.Text), new Column("email", ColumnType.Email), new Column("copy", ColumnType.Email)], null);

        var file = await ImportedFile.FromAsync(
            Stream("number,email,copy\n1,a@gone.example,b@good.example\n1,a@good.example,b@gone.example\n1,a@good.example,\n1,a@good.example,\n"),
            Options(), orders);

        file.RejectReasons.ShouldBe(["2 email unknown-domain", "3 copy unknown-domain"]);
        file.Rows.Select(row => row.Line).ShouldBe([4]);
        file.DuplicateLines.ShouldBe([5]);
    }

    [Fact]
    public async Task Without_a_column_of_addresses_a_warning_says_that_no_domain_is_checked()
    {
        var visits = new Dataset("visits", "visits", "page", [new Column("page", ColumnType.Text)], null);
        var observer = new RecordingObserver();

        await new Importer(_ => visits, destination: null).ImportAsync(Stream("page\n/\n"), Options(), observer, TestContext.Current.CancellationToken);

        observer.Warnings.ShouldHaveSingleItem().Text.ShouldBe("Dataset visits has no column of type email, so no domain is checked.");
    }

    [Fact]
    public async Task An_unusable_name_server_is_a_wrong_option()
    {
        var options = Options() with { NameServer = new DnsEndPoint("host.invalid", 53) };

        var failure = await Should.ThrowAsync<ImportOptionsException>(() => ImportedFile.FromAsync(Stream(Header), options, Contacts));

        failure.Faults.ShouldHaveSingleItem().Option.ShouldBe(ImportOption.NameServer);
    }

    /// <summary>
    /// A slice number means the same rows with the same fates for ever: what was published is published again as it was, even if name
    /// servers have changed their minds.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_resumed_import_keeps_its_verdicts(bool isConfirmed)
    {
        _server.With("good.example", Mail).With("slow.example", new() { Code = 2 });
        var path = _folder.Write("f.csv", Header + string.Concat(Enumerable.Range(0, 40).Select(i => $"a{i}@{(i % 4) switch
        {
            0 => "good",
            1 => "gone",
            2 => "slow",
            _ => $"d{i}",
        }}.example,{new string('x', 100)}\n")));
        var first = new StoppingPublisher(after: 4, isConfirmed);

        var stopped = await ImportAsync(path, first);
        File.ReadAllText(_folder[".f.csv.csvingest.domains"]).ShouldContain("slow.example NotChecked\n");
        _server.With("good.example", new() { MailServers = ["."] }).With("gone.example", Mail).With("slow.example", Mail);
        var second = new StoppingPublisher(after: int.MaxValue, isConfirmed: true);
        var resumed = await ImportAsync(path, second);

        stopped.Failure.ShouldBeOfType<BrokerUnavailableException>();
        (resumed.Outcome, resumed.ImportId).ShouldBe((ImportOutcome.Done, stopped.ImportId));
        var slices = second.Slices();
        first.Slices().Values.ShouldAllBe(slice => !slices.ContainsKey(slice.Number) || Fates(slices[slice.Number]) == Fates(slice));
        first.Slices().Count.ShouldBe(4);
        slices.Keys.ShouldBe(Enumerable.Range(isConfirmed ? 5 : 1, isConfirmed ? 6 : 10));
        // The domains that decided rows of the first run have the same verdict in all rows.
        foreach (var slice in first.Slices().Values.Concat(slices.Values))
        {
            slice.Rows.ShouldAllBe(row => !row.Texts()[0]!.EndsWith("@gone.example", StringComparison.Ordinal));
            slice.Rows.Count(row => row.Texts()[0]!.EndsWith("@good.example", StringComparison.Ordinal)).ShouldBe(1);
            slice.Rows.Count(row => row.Texts()[0]!.EndsWith("@slow.example", StringComparison.Ordinal)).ShouldBe(1);
        }

        resumed.RowsUnchecked.ShouldBe(10);
        resumed.RowsRejected.ShouldBe(20);
        File.ReadLines(resumed.ErrorsPath!).Count().ShouldBe(21, "the reasons of both runs");
        Directory.GetFiles(_folder.FullPath, ".*").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_check_that_finds_the_file_unusable_keeps_the_rejects_and_no_verdicts()
    {
        var path = _folder.Write("f.csv", Header + "a@gone.example,A\n");

        var result = await ImportAsync(path, new StoppingPublisher(after: int.MaxValue, isConfirmed: true), RejectLimit.Parse("0", []));

        result.Failure.ShouldBeOfType<UnusableFileException>().Message.ShouldContain("more than the limit");
        File.ReadAllText(result.RejectedPath!).ShouldBe(Header + "a@gone.example,A\n");
        Directory.GetFiles(_folder.FullPath, ".*").ShouldBeEmpty();
    }

    [Fact]
    public async Task Verdicts_that_are_missing_or_damaged_are_not_guessed()
    {
        _server.With("good.example", Mail);
        var path = _folder.Write("f.csv", Header + string.Concat(Enumerable.Range(0, 40).Select(i => $"a{i}@good.example,A\n")));
        var verdicts = _folder[".f.csv.csvingest.domains"];
        (await ImportAsync(path, new StoppingPublisher(after: 4, isConfirmed: true))).Failure.ShouldBeOfType<BrokerUnavailableException>();
        File.ReadAllText(verdicts).ShouldBe("good.example AcceptsMail\n");

        // A line that a crash cut short decided nothing.
        File.AppendAllText(verdicts, "gone.exam");
        (await ImportAsync(path, new StoppingPublisher(after: 1, isConfirmed: true))).Failure.ShouldBeOfType<BrokerUnavailableException>();
        File.ReadAllText(verdicts).ShouldBe("good.example AcceptsMail\n");

        foreach (var text in (string?[])["good.example Perhaps\n", null])
        {
            File.Delete(verdicts);
            if (text is not null)
            {
                File.WriteAllText(verdicts, text);
            }

            var failure = (await ImportAsync(path, new StoppingPublisher(after: 1, isConfirmed: true))).Failure.ShouldBeOfType<UnusableFileException>();
            failure.Message.ShouldContain(text is null ? "is missing" : "is damaged");
            failure.Remedies.ShouldBe([new Remedy(ImportOption.Restart)]);
        }
    }

    private static Source Stream(string text) => Source.FromStream("f.csv", () => new MemoryStream(Encoding.Latin1.GetBytes(text)));

    private static string Fates(SlicePart slice) => string.Join('\n',
    [
        $"{slice.RowsBefore}", .. slice.Rows.Select(row => $"{row.Line} {string.Join(',', row.Texts())}"),
        .. slice.Rejections.Select(rejection => $"{rejection}"), .. slice.DuplicateLines.Select(line => $"{line}"),
    ]);

    private ImportOptions Options(int rowsPerMessage = 3, bool checkDomains = true) => new()
    {
        Slices = new() { CheckDomains = checkDomains, RowsPerMessage = rowsPerMessage },
        NameServer = checkDomains ? new DnsEndPoint(_server.EndPoint.Address.ToString(), _server.EndPoint.Port) : null,
    };

    private Task<ImportedFile> ImportAsync(string text, int rowsPerMessage = 3, bool checkDomains = true) => ImportedFile.FromAsync(
        Stream(text), Options(rowsPerMessage, checkDomains) with { RejectsFolder = _folder[$"rejects-{checkDomains}"] }, Contacts);

    private Task<ImportResult> ImportAsync(string path, IPublisher publisher, RejectLimit? limit = null) =>
        new Importer(_ => Contacts, new ImportDestination(publisher, "this process", "queue")).ImportAsync(
            Source.FromFile(path),
            Options(rowsPerMessage: 4) with { RejectsFolder = _folder["rejects"], MaxRejects = limit ?? RejectLimit.None },
            new RecordingObserver(),
            TestContext.Current.CancellationToken);

    /// <summary>Takes some messages and then fails; those it takes are confirmed or not.</summary>
    private sealed class StoppingPublisher(int after, bool isConfirmed) : IPublisher
    {
        private readonly DecodingPublisher _taken = new(Contacts);

        public BrokerCondition Condition => BrokerCondition.Flowing;

        public SortedDictionary<int, SlicePart> Slices() =>
            new(_taken.Parts.OfType<SlicePart>().ToDictionary(slice => slice.Number));

        public async Task PublishAsync(OutgoingMessage message)
        {
            if (_taken.Parts.OfType<SlicePart>().Count() < after)
            {
                await _taken.PublishAsync(message);
                if (isConfirmed)
                {
                    return;
                }
            }

            throw new BrokerUnavailableException("The test stops here.");
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
