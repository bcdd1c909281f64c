using System.Globalization;
using System.Text.Json;
using Shouldly;

namespace CsvIngest.Testing;

/// <summary>
/// Holds what became of the imported files against their oracles: in books, ledger, table, rejects files and the producer's
/// summary, every line must have the fate that the oracle gives it, and the table must hold nothing else.
/// </summary>
public sealed class Verdict(PipelineEnvironment environment)
{
    /// <summary>How many of the wrong rows or lines a failure shows.</summary>
    private const int Shown = 20;

    private readonly List<TrackedFile> _files = [];
    private readonly Dictionary<string, string> _otherContacts = new(StringComparer.Ordinal);

    /// <summary>The files that the test must have imported.</summary>
    public IReadOnlyList<TrackedFile> Files => _files;

    /// <summary>Writes a file that the test must have imported by the time it asks for the verdict.</summary>
    /// <param name="rows">The number of rows.</param>
    /// <param name="people">See <see cref="GeneratedFile.Write"/>; different for each file. The file is named after it.</param>
    public TrackedFile Write(int rows, string people = "person") =>
        Track(GeneratedFile.Write(environment.Folder[$"{people}.csv"], rows, people), $"{people}.csv");

    /// <summary>Tracks a file in another form, such as a copy or a compressed one.</summary>
    /// <param name="oracle">What is in it.</param>
    /// <param name="name">Its name in the folder.</param>
    public TrackedFile Track(GeneratedFile oracle, string name)
    {
        _files.Add(new TrackedFile(environment, oracle, name));
        return _files[^1];
    }

    /// <summary>Expects contacts that come from elsewhere than the tracked files: each email with its name.</summary>
    public void ExpectContacts(IEnumerable<KeyValuePair<string, string>> contacts)
    {
        foreach (var (email, name) in contacts)
        {
            _otherContacts.Add(email, name);
        }
    }

    /// <summary>
    /// Waits until the ledger has every slice and the closing of each file's last import. Asks the database: a <c>status --wait</c>
    /// for each verdict would add a start of a program to nearly every test, and has tests of its own.
    /// </summary>
    /// <param name="check">Is called again and again meanwhile, and may throw.</param>
    public async Task WaitUntilCompleteAsync(Action? check = null)
    {
        await using var connection = await environment.ConnectAsync();
        await Poll.UntilAsync(
            async () =>
            {
                check?.Invoke();
                var complete = await StoredTables.CompleteImportsAsync(connection);
                return _files.TrueForAll(file => complete.Contains(file.Import));
            },
            () => $"not complete: {string.Join(", ", _files.Select(file => file.Name))}",
            TimeSpan.FromMilliseconds(100));
    }

    /// <summary>Asserts everything that this class promises. The imports must be complete.</summary>
    public async Task CheckAsync()
    {
        _files.ForEach(CheckProducer);
        var tables = await StoredTables.ReadAsync(environment);
        CheckContacts(tables);

        var books = await BooksAsync();
        var contacts = tables.Contacts.ToLookup(contact => contact.Import);
        var judged = new HashSet<Guid>();
        foreach (var import in tables.Imports)
        {
            // A file may have been imported before, or by a producer that was killed between the end of its import and its own
            // end: its next run begins another import. Each counts like the last one.
            var file = _files.Find(file => file.Import == import.Id) ?? _files.FindLast(file => file.Name == import.Source);
            if (file is not null)
            {
                var abandoned = file.Abandoned.Contains(import.Id);
                (import.IsClosed || abandoned).ShouldBeTrue($"{import} is unfinished");
                CheckImport(tables, contacts[import.Id], import.Id, file.Oracle, books[import.Id], abandoned);
                judged.Add(import.Id);
            }
        }

        _files.Select(file => file.Import).Except(judged).ShouldBeEmpty("imports missing from the ledger");
        tables.Contacts.Where(contact => !judged.Contains(contact.Import) && !_otherContacts.ContainsKey(contact.Email)).Take(Shown)
            .ShouldBeEmpty("rows of another import");
    }

    private static void CheckProducer(TrackedFile file)
    {
        var oracle = file.Oracle;
        var summary = file.Last.ShouldNotBeNull($"{file.Name} was never imported").ShouldExitWith(0).Json();
        summary.GetProperty("outcome").GetString().ShouldBe("done");
        summary.GetProperty("source").GetString().ShouldBe(file.Name);
        summary.GetProperty("rowsRead").GetInt64().ShouldBe(oracle.Rows);
        summary.GetProperty("rowsSent").GetInt64().ShouldBe(oracle.FirstNames.Count);
        summary.GetProperty("rowsDuplicate").GetInt64().ShouldBe(oracle.Duplicates);
        summary.GetProperty("rowsRejected").GetInt64().ShouldBe(oracle.Rejected);
        ShouldBeLines(File.ReadLines(file.ErrorsFile).Skip(1).Select(LineOf), oracle.RejectedLines, $"in {file.ErrorsFile}");
        File.Exists(file.StateFile).ShouldBeFalse($"{file.Name} is imported, but its state file still exists");

        static long LineOf(string error) => long.Parse(error.AsSpan(0, error.IndexOf(',', StringComparison.Ordinal)), CultureInfo.InvariantCulture);
    }

    private void CheckContacts(StoredTables tables)
    {
        // The same file may be tracked under several names.
        var expected = _files.SelectMany(file => file.Oracle.FirstNames).Concat(_otherContacts)
            .DistinctBy(contact => contact.Key).ToDictionary(StringComparer.Ordinal);
        var contacts = tables.Contacts.ToDictionary(contact => contact.Email, StringComparer.Ordinal);
        contacts.Keys.Except(expected.Keys).Take(Shown).ShouldBeEmpty("unexpected rows");
        expected.Keys.Except(contacts.Keys).Take(Shown).ShouldBeEmpty("lost rows");
        expected.Where(contact => contacts[contact.Key].Name != contact.Value).Take(Shown).ShouldBeEmpty("not the first line of its key");
    }

    private async Task<Dictionary<Guid, JsonElement>> BooksAsync()
    {
        var status = await environment.StatusAsync("--json");
        var books = status.Json().EnumerateArray().ToDictionary(import => import.GetProperty("import").GetGuid());
        status.ShouldExitWith(books.Values.All(import => import.GetProperty("complete").GetBoolean()) ? 0 : 1);
        return books;
    }

    // Its inserted rows are in the table, every other row is a duplicate or rejected; the ledger and the books agree.
    private static void CheckImport(
        StoredTables tables, IEnumerable<StoredTables.Contact> contacts, Guid import, GeneratedFile oracle, JsonElement books, bool abandoned)
    {
        // Only a part of an abandoned import has arrived; null means all of it.
        var arrived = abandoned ? tables.Slices[import].SelectMany(lines => lines.All).ToHashSet() : null;
        var inserted = contacts.ToList();
        inserted.Where(contact => oracle.FirstLines.GetValueOrDefault(contact.Email) != contact.Line).Take(Shown)
            .ShouldBeEmpty("inserted from another line");
        var insertedLines = inserted.ConvertAll(contact => contact.Line);
        insertedLines.Where(line => arrived?.Contains(line) == false).Take(Shown).ShouldBeEmpty("inserted from a slice that has not arrived");
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
        all.Except(wanted).Take(Shown).ShouldBeEmpty($"unexpected lines {what}");
        wanted.Except(all).Take(Shown).ShouldBeEmpty($"missing lines {what}");
        all.Count.ShouldBe(wanted.Count, $"repeated lines {what}");
    }
}
