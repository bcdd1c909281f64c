using CsvIngest.Settings;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Settings;

public sealed class SettingsReaderTests
{
    private readonly Dictionary<string, string> _environment = [];
    private readonly Dictionary<string, string> _files = [];

    [Fact]
    public void A_flag_beats_the_environment_beats_the_file_beats_the_default()
    {
        const string AppSettings = """{ "broker": "from file" }""";
        Reader(AppSettings).Get(Setting.Queue, null).ShouldBe("csv-ingest");
        Reader(AppSettings).Get(Setting.Broker, null).ShouldBe("from file");
        _environment["CSVINGEST_BROKER"] = "from environment";
        Reader(AppSettings).Get(Setting.Broker, null).ShouldBe("from environment");
        Reader(AppSettings).Get(Setting.Broker, "from flag").ShouldBe("from flag");
    }

    [Fact]
    public void A_secret_is_read_from_the_file_that_is_named()
    {
        _environment["CSVINGEST_DATABASE_FILE"] = "/run/secrets/database";
        _files["/run/secrets/database"] = "postgres://secret\n";

        Reader().Get(Setting.Database, null).ShouldBe("postgres://secret");
    }

    [Fact]
    public void A_secret_given_twice_or_unreadable_is_an_error_that_names_it()
    {
        _environment["CSVINGEST_DATABASE_FILE"] = "/nowhere";
        Should.Throw<UsageException>(() => Reader().Get(Setting.Database, null)).Message.ShouldContain("CSVINGEST_DATABASE_FILE names /nowhere");
        _environment["CSVINGEST_DATABASE"] = "too";
        Should.Throw<UsageException>(() => Reader().Get(Setting.Database, null)).Message.ShouldContain("Both CSVINGEST_DATABASE and");
    }

    [Fact]
    public void Every_fault_of_appsettings_is_listed()
    {
        var message = Should.Throw<UsageException>(() => Reader("""{ "brokre": "x", "queue": 5 }""")).Message;
        message.ShouldContain("unknown key \"brokre\"");
        message.ShouldContain("\"queue\" is not a string");
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[]")]
    public void What_is_no_json_object_is_rejected(string text) => Should.Throw<UsageException>(() => Reader(text));

    [Theory]
    [InlineData("sqlite:a.db", "a.db")]
    [InlineData("SQLite:/x/a b.db", "/x/a b.db")]
    [InlineData("amqp://host", null)]
    public void The_scheme_decides_whether_an_address_is_a_file(string address, string? file) => Address.SqliteFile(address).ShouldBe(file);

    [Fact]
    public void An_address_without_a_file_is_an_error() => Should.Throw<UsageException>(() => Address.SqliteFile("sqlite:"));

    private SettingsReader Reader(string? appSettings = null) => new(
        name => _environment.GetValueOrDefault(name),
        path => _files.TryGetValue(path, out var text) ? text : throw new FileNotFoundException("no such file"),
        appSettings);
}
