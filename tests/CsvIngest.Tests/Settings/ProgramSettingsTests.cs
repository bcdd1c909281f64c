using CsvIngest.Hosting;
using CsvIngest.Settings;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Settings;

public sealed class ProgramSettingsTests : IDisposable
{
    private readonly Dictionary<string, string> _environment = [];
    private readonly WorkFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_command_line_beats_the_environment_beats_the_file_beats_the_default()
    {
        _folder.Write("appsettings.json", """{ "broker": "from file", /* a comment */ }""");
        Settings().Get(Setting.Queue).ShouldBe("csv-ingest");
        Settings().Get(Setting.Broker).ShouldBe("from file");
        _environment["CSVINGEST_BROKER"] = "from environment";
        Settings().Get(Setting.Broker).ShouldBe("from environment");
        Settings(("broker", "from flag")).Get(Setting.Broker).ShouldBe("from flag");
        Settings().Find(Setting.Datasets).ShouldBeNull();
    }

    [Fact]
    public void A_secret_is_read_from_the_file_that_is_named()
    {
        _environment["CSVINGEST_DATABASE_FILE"] = _folder.Write("secret", "scheme://secret\n");

        Settings().Get(Setting.Database).ShouldBe("scheme://secret");
    }

    [Fact]
    public void An_address_in_a_file_can_be_read_again()
    {
        _environment["CSVINGEST_DATABASE_FILE"] = _folder.Write("secret", "scheme://old\n");
        var address = Settings().GetAddress(Setting.Database);
        _folder.Write("secret", "scheme://new\n");

        (address.Text, address.File?.Path, address.File?.Read()).ShouldBe(("scheme://old", _folder["secret"], "scheme://new"));
        Settings(("database", "scheme://flag")).GetAddress(Setting.Database).ShouldBe(new ConfiguredAddress("scheme://flag"));
        File.Delete(_folder["secret"]);
        Should.Throw<UsageException>(() => address.File!.Read()).Message.ShouldContain("cannot be read");
    }

    [Fact]
    public void A_secret_given_twice_or_unreadable_is_an_error_that_names_it()
    {
        _environment["CSVINGEST_DATABASE_FILE"] = "/nowhere";
        Fault(Setting.Database).ShouldContain("CSVINGEST_DATABASE_FILE names /nowhere");
        _environment["CSVINGEST_DATABASE"] = "too";
        Fault(Setting.Database).ShouldContain("Both CSVINGEST_DATABASE and");
    }

    [Fact]
    public void A_secret_that_is_not_needed_is_not_read()
    {
        _environment["CSVINGEST_DATABASE_FILE"] = "/nowhere";
        Settings().Get(Setting.Queue).ShouldBe("csv-ingest");
        Settings(("database", "from flag")).Get(Setting.Database).ShouldBe("from flag");
    }

    [Fact]
    public void A_value_of_another_variable_comes_from_the_environment_or_a_file()
    {
        _environment["CSVINGEST_STATE"] = "here";
        _environment["CSVINGEST_REJECTS_FILE"] = _folder.Write("rejects", "there\r\n");

        Settings().FromEnvironment("CSVINGEST_STATE").ShouldBe("here");
        Settings().FromEnvironment("CSVINGEST_REJECTS").ShouldBe("there");
        Settings().FromEnvironment("CSVINGEST_READY_FILE").ShouldBeNull();
    }

    [Fact]
    public void An_empty_value_is_an_error_but_an_empty_variable_is_not_set()
    {
        _environment["CSVINGEST_QUEUE"] = "";
        Settings().Get(Setting.Queue).ShouldBe("csv-ingest");
        Should.Throw<UsageException>(() => Settings(("queue", "")).Get(Setting.Queue)).Message.ShouldContain("--queue");
        _environment["CSVINGEST_QUEUE_FILE"] = _folder.Write("queue", "\n");
        Fault(Setting.Queue).ShouldContain("The queue setting is empty (--queue, CSVINGEST_QUEUE or appsettings.json)");
    }

    [Fact]
    public void Every_fault_of_appsettings_is_listed()
    {
        _folder.Write("appsettings.json", """{ "brokre": "x", "queue": 5 }""");

        var message = Should.Throw<UsageException>(() => Settings()).Message;

        message.ShouldContain("unknown key \"brokre\"; available: broker, database, queue, datasets");
        message.ShouldContain("the value of \"queue\" is not a string");
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[]")]
    public void What_is_not_a_json_object_is_rejected(string text)
    {
        _folder.Write("appsettings.json", text);

        Should.Throw<UsageException>(() => Settings()).Message.ShouldContain("appsettings.json: not a JSON object");
    }

    private string Fault(Setting setting) => Should.Throw<UsageException>(() => Settings().Get(setting)).Message;

    private ProgramSettings Settings(params (string Name, string Value)[] commandLine) => new(
        commandLine.ToDictionary(each => each.Name, each => (string?)each.Value), _environment, _folder["appsettings.json"]);
}
