using CsvIngest.Contracts;
using CsvIngest.Postgres;
using CsvIngest.ServerTests.Servers;

namespace CsvIngest.ServerTests.Adapters;

/// <summary>The contract over the statement alone.</summary>
public sealed class PostgresStoreTests(PostgresFixture fixture) : StoreContract<PostgresFixture>(fixture);

/// <summary>The contract over COPY, however few rows there are, which is tried first in every call.</summary>
public sealed class PostgresCopyTests(PostgresCopyFixture fixture) : StoreContract<PostgresCopyFixture>(fixture);

/// <summary>The contract over COPY after a look-up of the keys.</summary>
public sealed class PostgresLookUpTests(PostgresLookUpFixture fixture) : StoreContract<PostgresLookUpFixture>(fixture);

public sealed class PostgresCopyFixture(DatabaseServer server) : PostgresFixture(server)
{
    private protected override CopyOptions Copy => new() { MinRows = 1, FirstLevel = CopyLevel.Copy, CleanRounds = 1 };
}

public sealed class PostgresLookUpFixture(DatabaseServer server) : PostgresFixture(server)
{
    private protected override CopyOptions Copy => new() { MinRows = 1, FirstLevel = CopyLevel.LookUp, CleanRounds = int.MaxValue };
}
