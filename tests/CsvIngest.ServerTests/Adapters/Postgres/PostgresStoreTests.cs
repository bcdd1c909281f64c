using CsvIngest.Contracts;

namespace CsvIngest.ServerTests.Adapters;

public sealed class PostgresStoreTests(PostgresFixture fixture) : StoreContract<PostgresFixture>(fixture);
