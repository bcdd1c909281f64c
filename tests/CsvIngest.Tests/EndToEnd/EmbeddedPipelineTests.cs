using System.Data.Common;
using CsvIngest.Contracts;
using CsvIngest.Testing;
using Microsoft.Data.Sqlite;

namespace CsvIngest.Tests.EndToEnd;

/// <summary>No server: broker and database in one SQLite file.</summary>
public sealed class EmbeddedFooting : PipelineEnvironment
{
    private readonly WorkFolder _folder = new();

    public override string Broker => $"sqlite:{_folder["csvingest.db"]}";

    public override string Database => Broker;

    public override int ManyRows => 20_000;

    public override int ManyMessages => 3_000;

    public override DbConnection Connect() => new SqliteConnection($"Data Source={_folder["csvingest.db"]};Pooling=false");

    public override ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public override ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}

public sealed class EmbeddedPipelineTests(EmbeddedFooting environment) : PipelineContract<EmbeddedFooting>(environment);
