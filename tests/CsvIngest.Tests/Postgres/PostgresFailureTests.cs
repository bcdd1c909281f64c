using CsvIngest.Postgres;
using Npgsql;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Postgres;

public sealed class PostgresFailureTests
{
    // As PgBouncer 1.18 puts it.
    [Theory]
    [InlineData("SASL authentication failed", typeof(LoginRefusedException))]
    [InlineData("\"trust\" authentication failed", typeof(LoginRefusedException))]
    [InlineData("no such database: missing", typeof(DeniedException))]
    [InlineData("transaction blocks not allowed in statement pooling mode", typeof(DeniedException))]
    [InlineData("unsupported startup parameter: options", typeof(DeniedException))]
    [InlineData("query_wait_timeout", typeof(StoreUnavailableException))]
    [InlineData("server conn crashed?", typeof(StoreUnavailableException))]
    [InlineData("no more connections allowed (max_client_conn)", typeof(StoreUnavailableException))]
    public void What_a_pooler_does_not_permit_is_told_from_what_passes(string text, Type expected)
    {
        var failure = PostgresFailure.Translate(Failure(text, "08P01"), "postgresql://db/x");

        failure.ShouldBeOfType(expected);
        failure.Message.ShouldContain(text);
    }

    [Fact]
    public void A_connection_that_the_server_closes_is_called_that() =>
        PostgresFailure.Translate(new NpgsqlException("Exception while reading from stream", new EndOfStreamException()), "postgresql://db/x")
            .Message.ShouldBe("Database postgresql://db/x: the server closed the connection");

    [Fact]
    public void A_row_that_a_policy_does_not_permit_is_rejected_and_a_table_that_the_user_may_not_write_to_is_not()
    {
        PostgresFailure.RejectsRow(Failure("new row violates row-level security policy for table \"t\"", "42501", "ExecWithCheckOptions")).ShouldBeTrue();
        PostgresFailure.RejectsRow(Failure("permission denied for table t", "42501", "aclcheck_error")).ShouldBeFalse();
    }

    private static PostgresException Failure(string text, string code, string? routine = null) =>
        new(text, "ERROR", "ERROR", code, routine: routine);
}
