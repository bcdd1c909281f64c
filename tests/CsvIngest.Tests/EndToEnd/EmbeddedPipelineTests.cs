using System.Data.Common;
using CsvIngest.Contracts;
using CsvIngest.Sqlite;
using CsvIngest.Testing;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace CsvIngest.Tests.EndToEnd;

/// <summary>No server: broker and database are one SQLite file.</summary>
public sealed class EmbeddedPipelineFixture : PipelineFixture
{
    public override int ManyRows => 20_000;

    public override int ManyMessages => 3_000;

    public override async Task<PipelineEnvironment> CreateAsync()
    {
        var environment = new EmbeddedEnvironment(new WorkFolder());
        await using var store = new SqliteStore(environment.Folder["csvingest.db"], NullLogger.Instance);
        await store.MigrateAsync([], TestContext.Current.CancellationToken);
        return environment;
    }

    private sealed class EmbeddedEnvironment(WorkFolder folder)
        : PipelineEnvironment(folder, $"sqlite:{folder["csvingest.db"]}", $"sqlite:{folder["csvingest.db"]}")
    {
        public override string DuplicateLinesQuery =>
            "SELECT import_id, lines.value FROM import_slices, json_each(duplicate_lines) AS lines";

        public override async Task<DbConnection> ConnectAsync()
        {
            var connection = new SqliteConnection($"Data Source={Folder["csvingest.db"]};Pooling=false");
            await connection.OpenAsync();
            return connection;
        }
    }
}

/// <summary>The pipeline contract on the embedded default.</summary>
public sealed class EmbeddedPipelineTests(EmbeddedPipelineFixture fixture) : PipelineContract<EmbeddedPipelineFixture>(fixture);
