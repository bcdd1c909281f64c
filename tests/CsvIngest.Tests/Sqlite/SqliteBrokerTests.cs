using CsvIngest.Contracts;
using CsvIngest.Messages;
using CsvIngest.Sqlite;
using Microsoft.Extensions.Logging;
using Xunit;

namespace CsvIngest.Tests.Sqlite;

public sealed class SqliteBrokerTests(SqliteBrokerFixture fixture)
    : BrokerContract<SqliteBrokerFixture>(fixture), IClassFixture<SqliteBrokerFixture>;

/// <summary>All queues of the suite are in one file.</summary>
public sealed class SqliteBrokerFixture : BrokerFixture, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public override IBroker Open(string queue, ILoggerFactory logs) => new SqliteBroker(_folder.File("broker.db"), queue, logs);

    public void Dispose() => _folder.Dispose();
}
