using CsvIngest.Postgres;
using CsvIngest.Settings;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Postgres;

public sealed class PostgresAddressTests
{
    [Theory]
    [InlineData("postgres://ada:secret@db.example:6543/people", "db.example", 6543, "people", "ada", "secret")]
    [InlineData("postgresql://ada:secret@db.example/people", "db.example", 5432, "people", "ada", "secret")]
    [InlineData("POSTGRES://ada@db.example", "db.example", 5432, null, "ada", null)]
    [InlineData("postgres://a%40b:p%40ss%3Aw%2Frd%25%20%3F@db/pe%20ople", "db", 5432, "pe ople", "a@b", "p@ss:w/rd% ?")]
    [InlineData("postgres://ada:p@ss@db/people", "db", 5432, "people", "ada", "p@ss")]
    [InlineData("postgres://ada:a+b;c='d'@db/people", "db", 5432, "people", "ada", "a+b;c='d'")]
    [InlineData("postgres://ada@[::1]:6543/people", "::1", 6543, "people", "ada", null)]
    [InlineData("postgres://ada@%2Fvar%2Frun%2Fpostgresql/people", "/var/run/postgresql", 5432, "people", "ada", null)]
    [InlineData("postgres:///people?host=/var/run&user=ada&port=6543", "/var/run", 6543, "people", "ada", null)]
    [InlineData("postgres://ada@one:5433,two:5434/people", "one:5433,two:5434", 5432, "people", "ada", null)]
    [InlineData("Host=db;Port=6543;Database=people;Username=ada;Password='a;b'", "db", 6543, "people", "ada", "a;b")]
    [InlineData("Server=db;User Id=ada", "db", 5432, null, "ada", null)]
    public void An_address_is_read(string address, string host, int port, string? database, string user, string? password)
    {
        var read = Read(address);

        (read.Host, read.Port, read.Database, read.Username, read.Password).ShouldBe((host, port, database, user, password));
    }

    [Theory]
    [InlineData("sslmode=verify-full", "SSL Mode", SslMode.VerifyFull)]
    [InlineData("sslmode=require", "SSL Mode", SslMode.Require)]
    [InlineData("sslmode=disable", "SSL Mode", SslMode.Disable)]
    [InlineData("sslrootcert=%2Fetc%2Fca.pem", "Root Certificate", "/etc/ca.pem")]
    [InlineData("connect_timeout=3", "Timeout", 3)]
    [InlineData("application_name=nightly", "Application Name", "nightly")]
    [InlineData("target_session_attrs=read-write", "Target Session Attributes", "read-write")]
    [InlineData("keepalives=0", "TCP Keepalive", false)]
    [InlineData("Maximum%20Pool%20Size=7", "Maximum Pool Size", 7)]
    [InlineData("options=-c%20search_path%3Dingest", "Options", "-c search_path=ingest")]
    public void Parameters_of_an_address_are_read(string parameter, string keyword, object value) =>
        Read($"postgres://ada@db/people?{parameter}&&")[keyword].ShouldBe(value);

    [Theory]
    [InlineData("Host=/var/run/postgresql", false)]
    [InlineData("Host=db", true)]
    public void Options_of_tcp_are_set_only_for_tcp(string address, bool areSet) => Read(address).ShouldSerialize("TCP Keepalive").ShouldBe(areSet);

    [Theory]
    [InlineData("sslrootcert=system")]
    [InlineData("sslmode=verify-full&sslrootcert=system")]
    public void The_issuers_of_the_system_are_trusted_for_the_name_of_the_host_only(string parameters) =>
        Read($"postgres://ada@db/people?{parameters}").SslMode.ShouldBe(SslMode.VerifyFull);

    [Theory]
    [InlineData("sslmode=verify-full&sslrootcert", "sslrootcert")]
    [InlineData("sslmode=require&sslcert", "sslcert")]
    [InlineData("sslcert", "sslcert")]
    public void A_file_that_cannot_be_used_is_an_error_before_anything_is_opened(string parameters, string named) =>
        Should.Throw<UsageException>(() => new PostgresStore($"postgres://ada@db/people?{parameters}=/nowhere/x.pem", NullLogger.Instance))
            .Message.ShouldStartWith($"The file /nowhere/x.pem, which {named} in --database names, cannot be read");

    [Fact]
    public void Defaults_apply_to_what_the_address_leaves_open()
    {
        var read = Read("postgres://ada@db/people");

        (read.ApplicationName, read.Timeout, read.CommandTimeout).ShouldBe(("csvingest", 10, 60));
        (read.TcpKeepAlive, read.TcpKeepAliveTime, read.TcpKeepAliveInterval).ShouldBe((true, 15, 5));
        Read("Host=db;Command Timeout=5").CommandTimeout.ShouldBe(5);
    }

    [Theory]
    [InlineData("postgres://ada:s3cret@db/people?colour=red", "\"colour\"")]
    [InlineData("postgres://ada:s3cret@db/people?sslmode=s3cret", "\"sslmode\"")]
    [InlineData("postgres://ada:s3cret@db/people?sslmode=require&sslrootcert=system", "sslrootcert=system, which needs sslmode=verify-full")]
    [InlineData("postgres://ada:s3cret@db:65x/people", "the port of host")]
    [InlineData("postgres://ada:s3cret%@db/people", "%25")]
    [InlineData("postgres:///people", "host")]
    [InlineData("Username=ada;Password=s3cret", "host")]
    [InlineData("Host=db;Password=x;s3cret=1", "Npgsql")]
    [InlineData("people", "Npgsql")]
    [InlineData("", "host")]
    public void An_invalid_address_is_an_error_that_does_not_contain_the_password(string address, string says)
    {
        var error = Should.Throw<UsageException>(() => PostgresAddress.ToConnectionString(address));

        error.Message.ShouldContain(says);
        error.ToString().ShouldNotContain("s3cret");
    }

    [Theory]
    [InlineData("Minimum Pool Size=10;Maximum Pool Size=5", "'Min Pool Size'")]
    [InlineData("Multiplexing=true;Pooling=false", "multiplexing")]
    [InlineData("Connection Idle Lifetime=1;Connection Pruning Interval=5", "ConnectionPruningInterval")]
    public void Settings_that_do_not_work_together_are_an_error_that_does_not_contain_the_password(string settings, string says)
    {
        var error = Should.Throw<UsageException>(
            () => new PostgresStore($"Host=db;Username=ada;Password=s3cret;{settings}", NullLogger.Instance));

        error.Message.ShouldContain(says);
        error.ToString().ShouldNotContain("s3cret");
    }

    [Theory]
    [InlineData("postgres://ada:s3cret@db/people", "postgres://ada@db:5432/people")]
    [InlineData("postgres://ada:s3cret@one:5433,two/people?sslmode=require", "postgres://ada@one:5433,two:5432/people")]
    [InlineData("postgres://ada:s3cret@[::1]:6543/people", "postgres://ada@[::1]:6543/people")]
    [InlineData("Host=db;Username=ada;Password=s3cret", "postgres://ada@db:5432/ada")]
    public async Task The_shown_address_has_no_password(string address, string shown)
    {
        await using var store = new PostgresStore(address, NullLogger.Instance);

        store.DisplayAddress.ShouldBe(shown);
    }

    private static NpgsqlConnectionStringBuilder Read(string address) => new(PostgresAddress.ToConnectionString(address));
}
