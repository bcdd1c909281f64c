using System.Globalization;
using System.Text.Json;
using CsvIngest.Testing;
using Shouldly;

namespace CsvIngest.ServerTests.EndToEnd;

// The one verdict.
public sealed partial class FaultScenario
{
    /// <summary>So many of what is wrong are shown.</summary>
    private const int Shown = 20;

    private readonly Dictionary<string, string> _otherContacts = new(StringComparer.Ordinal);

    /// <summary>Tells the verdict of contacts that come from elsewhere than the scenario's files: every email with its name.</summary>
    public void ExpectContacts(IEnumerable<KeyValuePair<string, string>> contacts)
    {
        foreach (var (email, name) in contacts)
        {
            _otherContacts.Add(email, name);
        }
    }

    /// <summary>
    /// The verdict: a fresh import goes through; of this and all imports before it every line has the fate that the oracle
    /// knows, in books, ledger, table and, where they tell of it, the producer's summary and files; nothing else is in the
    /// table; the consumers (one, where none runs) end well, and no message is left.
    /// </summary>
    /// <returns>What the consumers' closing lines say, added up.</returns>
    public async Task<ClosingLine> VerdictAsync()
    {
        await ImportAsync(500, people: $"after{_files.Count}");
        _files.ForEach(CheckProducer);
        var closing = ClosingLine.Zero;
        if (_consumers.Count > 0)
        {
            await UntilCompleteAsync();
            closing = await TerminateAsync();
        }

        // Messages that were published twice may be left, or in hand until that signal.
        closing += await DrainAsync();
        await CheckTablesAsync();
        (await QueuedAsync()).ShouldBe(0, "messages left in the queue");
        (await DeadLetteredAsync()).ShouldBe(0, "messages left in the dead-letter queue");
        return closing;
    }

    private static void CheckProducer(ScenarioFile file)
    {
        var oracle = file.Oracle;
        file.Last.ShouldNotBeNull($"{file.Name} was never imported");
        var summary = file.Last.ShouldExitWith(0).Json();
        summary.GetProperty("outcome").GetString().ShouldBe("done");
        summary.GetProperty("source").GetString().ShouldBe(file.Name);
        summary.GetProperty("rowsRead").GetInt64().ShouldBe(oracle.Rows);
        summary.GetProperty("rowsSent").GetInt64().ShouldBe(oracle.FirstNames.Count);
        summary.GetProperty("rowsDuplicate").GetInt64().ShouldBe(oracle.Duplicates);
        summary.GetProperty("rowsRejected").GetInt64().ShouldBe(oracle.Rejected);
        var errors = File.ReadLines(file.ErrorsFile).Skip(1).Select(error => long.Parse(error[..error.IndexOf(',', StringComparison.Ordinal)], CultureInfo.InvariantCulture));
        ShouldBeLines(errors, oracle.RejectedLines, $"of {file.ErrorsFile}");
        File.Exists(file.StateFile).ShouldBeFalse($"{file.Name} is imported, and its state is still there");
    }

    // One status tells of all imports, unless there are some that nobody will complete: starting a program takes a second.
    private async Task UntilCompleteAsync()
    {
        if (_files.TrueForAll(file => file.Abandoned.Count == 0))
        {
            (await RunConsumerAsync("status", "--wait", "120", "--json", "--database", Database)).ShouldExitWith(0);
            return;
        }

        foreach (var file in _files)
        {
            await WaitUntilCompleteAsync(Folder, file.Import);
        }
    }

    private async Task<ClosingLine> DrainAsync()
    {
        var ended = await RunConsumerAsync(["--drain", .. ConsumerFlags]);
        _ended.Add(ended);
        return ClosingLine.Of(ended.ShouldExitWith(0));
    }

    private async Task CheckTablesAsync()
    {
        await using var connection = Connect();
        await connection.OpenAsync();
        var tables = await ScenarioTables.ReadAsync(connection);

        var expected = _files.SelectMany(file => file.Oracle.FirstNames).Concat(_otherContacts).DistinctBy(contact => contact.Key)
            .ToDictionary(StringComparer.Ordinal);
        var contacts = tables.Contacts.ToDictionary(contact => contact.Email, StringComparer.Ordinal);
        contacts.Keys.Except(expected.Keys).Take(Shown).ShouldBeEmpty("unexpected rows");
        expected.Keys.Except(contacts.Keys).Take(Shown).ShouldBeEmpty("lost rows");
        expected.Where(contact => contacts[contact.Key].Name != contact.Value).Take(Shown).ShouldBeEmpty("another line than the first won");

        var books = await BooksAsync();
        var judged = new HashSet<Guid>();
        foreach (var import in tables.Imports)
        {
            // Killed between the end of its import and its own, a producer begins another. That one counts like any other.
            var file = _files.Find(file => file.Import == import.Id) ?? _files.FindLast(file => file.Name == import.Source);
            if (file is not null)
            {
                var abandoned = file.Abandoned.Contains(import.Id);
                (import.IsClosed || abandoned).ShouldBeTrue($"{import} was left unfinished");
                CheckImport(tables, import.Id, file.Oracle, books[import.Id], abandoned);
                judged.Add(import.Id);
            }
        }

        _files.Select(file => file.Import).Except(judged).ShouldBeEmpty("imports that the ledger does not know");
        tables.Contacts.Where(contact => !judged.Contains(contact.Import) && !_otherContacts.ContainsKey(contact.Email)).Take(Shown)
            .ShouldBeEmpty("rows of another import");
    }

    /// <summary>What <c>status</c> says of every import.</summary>
    private async Task<Dictionary<Guid, JsonElement>> BooksAsync()
    {
        var status = await RunConsumerAsync("status", "--json", "--database", Database);
        var books = status.Json().EnumerateArray().ToDictionary(import => import.GetProperty("import").GetGuid());
        status.ShouldExitWith(books.Values.All(import => import.GetProperty("complete").GetBoolean()) ? 0 : 1);
        return books;
    }

    // What it inserted is in the table, what is not is a duplicate or rejected; the ledger and the books say the same.
    private static void CheckImport(ScenarioTables tables, Guid import, GeneratedFile oracle, JsonElement books, bool abandoned)
    {
        var inserted = tables.Contacts.Where(contact => contact.Import == import).ToList();
        inserted.Where(contact => oracle.FirstLines.GetValueOrDefault(contact.Email) != contact.Line).Take(Shown).ShouldBeEmpty("not on that line");
        var arrived = abandoned
            ? tables.Slices[import].SelectMany(lines => Enumerable.Range((int)lines.First, (int)(lines.Last - lines.First + 1))).Select(line => (long)line).ToHashSet()
            : null;
        var insertedLines = inserted.ConvertAll(contact => contact.Line);
        insertedLines.Where(line => arrived?.Contains(line) == false).Take(Shown).ShouldBeEmpty("inserted from a slice that did not arrive");
        ShouldBeLines(tables.Rejected[import], Arrived(oracle.RejectedLines), $"rejected in {import}");
        ShouldBeLines(
            tables.Duplicates[import],
            Arrived(oracle.DuplicateLines.Concat(oracle.FirstLines.Values.Except(insertedLines))),
            $"duplicate in {import}");

        books.GetProperty("complete").GetBoolean().ShouldBe(!abandoned);
        Book("inserted").ShouldBe(inserted.Count);
        Book("duplicate").ShouldBe(tables.Duplicates[import].LongCount());
        Book("rejected").ShouldBe(tables.Rejected[import].LongCount());
        Book("rowsRead").ShouldBe(Book("inserted") + Book("duplicate") + Book("rejected") + Book("outstanding"));
        if (!abandoned)
        {
            Book("rowsRead").ShouldBe(oracle.Rows);
            Book("outstanding").ShouldBe(0);
        }

        long Book(string fate) => books.GetProperty(fate).GetInt64();

        IEnumerable<long> Arrived(IEnumerable<long> lines) => arrived is null ? lines : lines.Where(arrived.Contains);
    }

    private static void ShouldBeLines(IEnumerable<long> found, IEnumerable<long> expected, string what)
    {
        var (all, wanted) = (found.ToList(), expected.ToList());
        all.Except(wanted).Take(Shown).ShouldBeEmpty($"lines too many, {what}");
        wanted.Except(all).Take(Shown).ShouldBeEmpty($"lines missing, {what}");
        all.Count.ShouldBe(wanted.Count, $"lines that stand there twice, {what}");
    }
}
