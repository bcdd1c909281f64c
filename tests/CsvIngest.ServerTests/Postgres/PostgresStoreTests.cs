using CsvIngest.Contracts;

namespace CsvIngest.ServerTests.Postgres;

public sealed class PostgresStoreTests(PostgresFixture fixture) : StoreContract<PostgresFixture>(fixture);
