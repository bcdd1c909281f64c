using System.Text.RegularExpressions;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Deployment;

/// <summary>eng/compose-secrets.sh creates what docker-compose.yml reads.</summary>
public sealed partial class ComposeSecretsTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly WorkFolder _folder = new();

    public ComposeSecretsTests()
    {
        Directory.CreateDirectory(_folder["eng"]);
        File.Copy(Repository.PathOf("eng", "compose-secrets.sh"), _folder["eng/compose-secrets.sh"]);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Every_secret_exists_for_all_containers_in_a_folder_for_its_owner_alone()
    {
        await CreateAsync();

        var secrets = SecretFile().Matches(File.ReadAllText(Repository.PathOf("docker-compose.yml"))).Select(match => match.Groups["path"].Value);
        secrets.Order(StringComparer.Ordinal).ShouldBe(Files().Select(file => Path.GetRelativePath(_folder.FullPath, file)));
        File.GetUnixFileMode(_folder["secrets"]).ShouldBe(OwnerOnly);
        Files().ShouldAllBe(file => File.GetUnixFileMode(file).HasFlag(UnixFileMode.OtherRead));
    }

    [Fact]
    public async Task Programs_and_servers_get_the_same_passwords()
    {
        await CreateAsync();

        PasswordIn("broker").ShouldBe(_folder.Read("secrets/rabbitmq.conf").TrimEnd().Split("default_pass = ")[1]);
        PasswordIn("database").ShouldBe(_folder.Read("secrets/postgres-password"));
        PasswordIn("broker").ShouldNotBe(PasswordIn("database"));
    }

    [Fact]
    public async Task A_second_run_keeps_the_passwords()
    {
        await CreateAsync();
        var before = Files().Select(File.ReadAllText).ToList();

        await CreateAsync();

        Files().Select(File.ReadAllText).ShouldBe(before);
    }

    private async Task CreateAsync() => (await Programs.RunAsync("bash", ["eng/compose-secrets.sh"], _folder)).ShouldExitWith(0);

    private IEnumerable<string> Files() => Directory.EnumerateFiles(_folder["secrets"]).Order(StringComparer.Ordinal);

    private string PasswordIn(string address) => new Uri(_folder.Read($"secrets/{address}").TrimEnd()).UserInfo.Split(':')[1];

    [GeneratedRegex("file: (?<path>secrets/[a-z.-]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SecretFile();
}
