using System.Text.RegularExpressions;
using CsvIngest.Testing;
using Shouldly;
using Xunit;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace CsvIngest.Tests.Deployment;

/// <summary>docker-compose.yml and the images that it builds: what the containers may do, how their health is checked, and what their labels say.</summary>
public sealed partial class ComposeFileTests
{
    private static readonly string[] Servers = ["rabbitmq", "postgres"];

    private static readonly Dictionary<string, Service> Services = Read();

    private static readonly string Dockerfile = File.ReadAllText(Repository.PathOf("src", "Dockerfile"));

    [Fact]
    public void Containers_may_do_no_more_than_they_need()
    {
        Services.Keys.ShouldBe(
            ["rabbitmq", "postgres", "migrate", "consumer", "web", "status", "producer", "python-producer", "python-totals"], ignoreOrder: true);
        foreach (var (name, service) in Services)
        {
            service.SecurityOpt.ShouldBe(["no-new-privileges:true"], name);
            service.CapDrop.ShouldBe(["ALL"], name);
            service.MemLimit.ShouldNotBeNull(name);
            service.Logging.ShouldNotBeNull(name).Options.Keys.ShouldBe(["max-size", "max-file"], ignoreOrder: true, name);
            service.Ports.ShouldAllBe(port => port.StartsWith("127.0.0.1:", StringComparison.Ordinal), name);
            if (!Servers.Contains(name, StringComparer.Ordinal))
            {
                service.ReadOnly.ShouldBeTrue(name);
                service.Tmpfs.ShouldBe(["/tmp"], name);
                service.CapAdd.ShouldBeEmpty(name);
            }
        }
    }

    [Fact]
    public void Programs_check_their_own_health_where_they_listen()
    {
        var (consumer, web) = (Services["consumer"], Services["web"]);

        consumer.Command.ShouldBe(["--health-port", consumer.Healthcheck!.Test[^1]]);
        consumer.Healthcheck.Test[..^1].ShouldBe(["CMD", "consumer", "health"]);
        web.Healthcheck!.Test[..^1].ShouldBe(["CMD", "web", "health"]);
        Dockerfile.ShouldContain($"CSVINGEST_WEB_LISTEN=*:{web.Healthcheck.Test[^1]}\n");
        web.Ports.ShouldHaveSingleItem().ShouldEndWith($":{web.Healthcheck.Test[^1]}");
    }

    [Fact]
    public void Every_image_has_labels_with_the_version_and_an_unprivileged_user()
    {
        var images = Stage().Split(Dockerfile)[2..];

        images.Length.ShouldBe(3, "producer, consumer and web");
        foreach (var image in images)
        {
            image.ShouldContain("\nUSER $APP_UID\n");
            Label().Matches(image).Select(label => label.Groups["name"].Value).ShouldBe(["title", "description", "version", "revision", "created"]);
        }

        Dockerfile.ShouldContain($"\nARG VERSION={Repository.Version}\n");
    }

    private static Dictionary<string, Service> Read()
    {
        var reader = new DeserializerBuilder()
            .WithNamingConvention(UnderscoredNamingConvention.Instance)
            .IgnoreUnmatchedProperties()
            .Build();
        using var text = new StreamReader(Repository.PathOf("docker-compose.yml"));
        return reader.Deserialize<ComposeFile>(new MergingParser(new Parser(text))).Services;
    }

    [GeneratedRegex("^FROM .*$", RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Stage();

    [GeneratedRegex(@"org\.opencontainers\.image\.(?<name>[a-z]+)=""[^""]+""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Label();

#pragma warning disable CA1812, S3459 // They are made by the deserializer.
    private sealed class ComposeFile
    {
        // The services refer to it.
        [YamlMember(Alias = "x-logging", ApplyNamingConventions = false)]
        public Logging? SharedLogging { get; set; }

        public Dictionary<string, Service> Services { get; set; } = [];
    }

    private sealed class Service
    {
        public List<string> SecurityOpt { get; set; } = [];

        public List<string> CapDrop { get; set; } = [];

        public List<string> CapAdd { get; set; } = [];

        public List<string> Tmpfs { get; set; } = [];

        public List<string> Ports { get; set; } = [];

        public List<string> Command { get; set; } = [];

        public bool ReadOnly { get; set; }

        public string? MemLimit { get; set; }

        public Logging? Logging { get; set; }

        public HealthCheck? Healthcheck { get; set; }
    }

    private sealed class Logging
    {
        public Dictionary<string, string> Options { get; set; } = [];
    }

    private sealed class HealthCheck
    {
        public List<string> Test { get; set; } = [];
    }
#pragma warning restore CA1812, S3459
}
