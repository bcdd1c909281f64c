using System.Diagnostics;
using System.Globalization;
using CsvIngest.Testing;
using Microsoft.Data.Sqlite;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Web;

/// <summary>Pages are quick however much is in the ledger, and uploads take no memory however large they are.</summary>
public sealed class LargeLedgerTests : IDisposable
{
    private const int Imports = 10_000;
    private const int RejectedRows = 1_000_000;
    private const string Large = "01a2ffff-0000-7000-8000-000000000000";

    private readonly WorkFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact(Explicit = true)]
    public async Task Every_page_takes_less_than_a_second_with_10000_imports_and_1000000_rejected_rows()
    {
        (await Programs.RunAsync("consumer", ["migrate"], _folder)).ShouldExitWith(0);
        await FillAsync();
        await using var web = await RunningWeb.StartAsync(_folder, withConsumer: false);
        var next = (await web.GetAsync("/api/imports?limit=200")).GetProperty("next").GetString();
        // The first request compiles what all of them use.
        await web.Client.GetStringAsync(new Uri("/imports", UriKind.Relative));
        var memory = MemoryOf(web);

        foreach (var path in (string[])
        [
            "/", "/imports", "/imports?search=file-77", "/imports?search=nothing", $"/imports?after={next}", $"/imports/{Large}", $"/imports/{Large}?after=900000",
            $"/api/imports/{Large}/rejections?after=999000&limit=1000", "/dead-letters",
        ])
        {
            var started = Stopwatch.GetTimestamp();
            await web.Client.GetStringAsync(new Uri(path, UriKind.Relative));
            Stopwatch.GetElapsedTime(started).ShouldBeLessThan(TimeSpan.FromSeconds(1), path);
        }

        (MemoryOf(web) - memory).ShouldBeLessThan(64L << 20);
    }

    [Fact(Explicit = true)]
    public async Task An_upload_of_2_GB_is_not_held_in_memory()
    {
        await using var web = await RunningWeb.StartAsync(_folder, withConsumer: false);
        using (var file = File.Create(_folder["large.csv"]))
        {
            file.SetLength(2L << 30);
        }

        var memory = MemoryOf(web);
        var most = memory;
        await using var content = File.OpenRead(_folder["large.csv"]);
        // Unusable after its first block: what is measured is the upload.
        var upload = web.Client.PutAsync(new Uri("/api/imports/large.csv", UriKind.Relative), new StreamContent(content));
        while (await Task.WhenAny(upload, Task.Delay(100)) != upload)
        {
            most = Math.Max(most, MemoryOf(web));
        }

        (await upload).StatusCode.ShouldBe(System.Net.HttpStatusCode.Accepted);
        // What the first request compiles, and what the collector leaves: measured, 100 MB.
        (most - memory).ShouldBeLessThan(192L << 20);
    }

    private static long MemoryOf(RunningWeb web)
    {
        using var process = Process.GetProcessById(web.Program.Id);
        return process.WorkingSet64;
    }

    private async Task FillAsync()
    {
        await using var connection = new SqliteConnection($"Data Source={_folder["csvingest.db"]}");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = string.Create(CultureInfo.InvariantCulture, $$"""
            BEGIN;
            INSERT INTO imports (import_id, source, dataset, started_at, rows_read, slices, closed_at)
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {{Imports}})
                SELECT printf('01a20000-0000-7000-8000-%012x', i), 'file-' || i || '.csv', 'contacts',
                    strftime('%Y-%m-%dT%H:%M:%S', 1767225600 + i, 'unixepoch') || '.000000Z', 1000, 5,
                    strftime('%Y-%m-%dT%H:%M:%S', 1767225600 + i, 'unixepoch') || '.000000Z' FROM n;
            INSERT INTO import_slices (import_id, number, rows_before, first_line, last_line, inserted, duplicate, rejected, applied_at)
                WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < 5)
                SELECT import_id, i, (i - 1) * 200, (i - 1) * 200 + 2, i * 200 + 1, 200, 0, 0, started_at FROM imports, s;
            INSERT INTO imports (import_id, source, dataset, started_at, rows_read, slices, closed_at)
                VALUES ('{{Large}}', 'large.csv', 'contacts', '2026-02-01T00:00:00.000000Z', {{RejectedRows}}, {{RejectedRows / 200}}, '2026-02-01T00:00:00.000000Z');
            INSERT INTO import_slices (import_id, number, rows_before, first_line, last_line, inserted, duplicate, rejected, applied_at)
                WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < {{RejectedRows / 200}})
                SELECT '{{Large}}', i, (i - 1) * 200, (i - 1) * 200 + 2, i * 200 + 1, 0, 0, 200, '2026-02-01T00:00:00.000000Z' FROM s;
            INSERT INTO rejected_rows (import_id, line, "column", code, reason, raw)
                WITH RECURSIVE r(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM r WHERE i <= {{RejectedRows}})
                SELECT '{{Large}}', i, 'email', 'invalid-email', 'not an email address (no "@")', 'Bob,nothing' FROM r;
            COMMIT;
            """);
        await command.ExecuteNonQueryAsync();
    }
}
