using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.EndToEnd;

/// <summary>The producer's <c>--check-domains</c>, with a name server on loopback.</summary>
public sealed class ProducerDomainsTests : IAsyncLifetime
{
    private readonly WorkFolder _folder = new();
    private readonly NameServer _server = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _folder.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Rows_with_unknown_domains_are_rejected_and_unanswered_ones_are_counted()
    {
        _server.With("good.example", new() { HasIPv4 = true }).With("broken.example", new() { Code = 2 });
        _folder.Write("d.csv", "email,name\na@good.example,A\nb@gone.example,B\nc@broken.example,C\nd@broken.example,D\n");

        var text = (await ProduceAsync("d.csv", "--dry-run", "--check-domains", "--name-server", $"{_server.EndPoint}")).ShouldExitWith(0);
        var json = (await ProduceAsync("d.csv", "--json", "--check-domains", "--name-server", $"{_server.EndPoint}")).ShouldExitWith(0).Json();

        text.Output.ShouldContain(" 2 accepted without an answer about the domain of the address");
        text.ShouldSay("No name server gave an answer about the domain on line 4.");
        File.ReadAllLines(_folder["d.errors.csv"]).ShouldBe(
            ["line,column,code,reason", "3,email,unknown-domain,the domain of the address does not exist"]);
        (Number("rowsSent"), Number("rowsRejected"), Number("rowsUnchecked")).ShouldBe((3, 1, 2));

        long Number(string name) => json.GetProperty(name).GetInt64();
    }

    [Theory]
    [InlineData("has no effect unless domains are checked", "--name-server", "127.0.0.1")]
    [InlineData("expected HOST or HOST:PORT", "--check-domains", "--name-server", "127.0.0.1:dns")]
    [InlineData("the host name.invalid cannot be found", "--check-domains", "--name-server", "name.invalid")]
    public async Task A_wrong_name_server_is_wrong_usage(string message, params string[] flags)
    {
        _folder.Write("d.csv", "email,name\na@good.example,A\n");

        (await ProduceAsync(["d.csv", "--dry-run", .. flags])).ShouldExitWith(64).ShouldSay("--name-server: ").ShouldSay(message);
    }

    /// <summary>An import that checks no domain does not even load the library: a copy of the program has an empty file in its place.</summary>
    [Fact]
    public async Task Without_the_option_the_library_is_not_loaded()
    {
        _folder.Write("d.csv", "email,name\na@good.example,A\n");
        Directory.CreateDirectory(_folder["program"]);
        foreach (var file in Directory.GetFiles(Programs.BuiltFolderOf("producer")))
        {
            var copy = _folder[Path.Combine("program", Path.GetFileName(file))];
            if (Path.GetFileName(file) == "DnsClient.dll")
            {
                File.WriteAllBytes(copy, []);
            }
            else
            {
                File.Copy(file, copy);
            }
        }

        // As the program's host would run it, but from that folder.
        string[] command = ["exec", _folder[Path.Combine("program", "producer.dll")], "d.csv", "--dry-run"];
        (await Programs.RunAsync("dotnet", command, _folder)).ShouldExitWith(0);
        (await Programs.RunAsync("dotnet", [.. command, "--check-domains", "--name-server", $"{_server.EndPoint}"], _folder)).ShouldSay("DnsClient");
    }

    private Task<ProgramResult> ProduceAsync(params string[] arguments) => Programs.RunAsync("producer", arguments, _folder);
}
