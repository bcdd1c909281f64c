using System.Globalization;
using CsvIngest.Testing;
using k8s;
using k8s.Models;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Deployment;

/// <summary>The manifests in deploy/kubernetes, read strictly: a key that Kubernetes does not know, or that occurs twice, is a failure.</summary>
public sealed class KubernetesManifestsTests : IDisposable
{
    private static readonly string Folder = Repository.PathOf("deploy", "kubernetes");

    private static readonly Dictionary<string, Type> Types = new(StringComparer.Ordinal)
    {
        ["kustomize.config.k8s.io/v1beta1/Kustomization"] = typeof(Kustomization),
        ["keda.sh/v1alpha1/ScaledObject"] = typeof(ScaledObject),
        ["keda.sh/v1alpha1/TriggerAuthentication"] = typeof(TriggerAuthentication),
    };

    private readonly Installation _installation = new();

    public static TheoryData<string> Files =>
        [.. Directory.EnumerateFiles(Folder, "*.yaml", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(Folder, path)).Order(StringComparer.Ordinal)];

    public void Dispose() => _installation.Dispose();

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_key_is_known_and_occurs_once(string file)
    {
        var text = File.ReadAllText(Path.Combine(Folder, file));

        Load(text).Count.ShouldBe(text.Split('\n').Count(line => line.StartsWith("kind:", StringComparison.Ordinal)));
        Should.Throw<Exception>(() => Load(text.Replace("\nkind:", "\nunheardOf: 1\nkind:", StringComparison.Ordinal)));
        Should.Throw<Exception>(() => Load(text.Replace("\nkind:", "\nkind: Twice\nkind:", StringComparison.Ordinal)));
    }

    [Fact]
    public void Each_kustomization_lists_the_files_of_its_folder()
    {
        foreach (var path in Directory.EnumerateFiles(Folder, "kustomization.yaml", SearchOption.AllDirectories))
        {
            var folder = Path.GetDirectoryName(path)!;
            var resources = Load(File.ReadAllText(path)).OfType<Kustomization>().ShouldHaveSingleItem().Resources;
            resources.Where(name => name != "..").Order(StringComparer.Ordinal).ShouldBe(
                Directory.EnumerateFiles(folder, "*.yaml").Select(file => Path.GetFileName(file)).Where(name => name != "kustomization.yaml")
                    .Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public void No_container_can_gain_rights_or_write_outside_its_volumes()
    {
        var pods = Pods();
        pods.Count.ShouldBe(3);
        foreach (var pod in pods)
        {
            pod.AutomountServiceAccountToken.ShouldBe(false);
            pod.SecurityContext.RunAsNonRoot.ShouldBe(true);
            pod.SecurityContext.RunAsUser.ShouldBe(1654, "the user of the images");
            pod.SecurityContext.SeccompProfile.Type.ShouldBe("RuntimeDefault");
            foreach (var container in ContainersOf(pod))
            {
                container.SecurityContext.AllowPrivilegeEscalation.ShouldBe(false, container.Name);
                container.SecurityContext.ReadOnlyRootFilesystem.ShouldBe(true, container.Name);
                container.SecurityContext.Capabilities.Drop.ShouldBe(["ALL"], container.Name);
                container.Resources.Limits.ShouldContainKey("memory", container.Name);
                container.Resources.Requests.Keys.ShouldBe(["cpu", "memory"], ignoreOrder: true, container.Name);
                container.VolumeMounts.ShouldAllBe(mount => pod.Volumes.Any(volume => volume.Name == mount.Name));
            }
        }
    }

    [Fact]
    public void Addresses_are_read_from_files_that_are_mounted()
    {
        foreach (var (pod, container) in Pods().SelectMany(pod => ContainersOf(pod).Select(container => (pod, container))))
        {
            foreach (var variable in container.Env ?? [])
            {
                variable.Name.ShouldNotBeOneOf("CSVINGEST_BROKER", "CSVINGEST_DATABASE");
                if (variable.Name.EndsWith("_FILE", StringComparison.Ordinal))
                {
                    var mount = container.VolumeMounts.Single(mount => variable.Value.StartsWith($"{mount.MountPath}/", StringComparison.Ordinal));
                    pod.Volumes.Single(volume => volume.Name == mount.Name).Secret.Items.Select(item => $"{mount.MountPath}/{item.Path}")
                        .ShouldContain(variable.Value);
                }
            }
        }
    }

    [Fact]
    public void The_consumers_are_probed_where_they_listen_and_have_time_to_stop()
    {
        var deployment = All().OfType<V1Deployment>().ShouldHaveSingleItem();
        var pod = deployment.Spec.Template.Spec;
        var consumer = pod.Containers.ShouldHaveSingleItem();

        pod.TerminationGracePeriodSeconds.ShouldNotBeNull().ShouldBeGreaterThan(30);
        (consumer.LivenessProbe.HttpGet.Path, consumer.ReadinessProbe.HttpGet.Path).ShouldBe(("/livez", "/readyz"));
        foreach (var (option, port) in (ReadOnlySpan<(string, string)>)[("--health-port", "health"), ("--metrics-port", "metrics")])
        {
            consumer.Args[consumer.Args.IndexOf(option) + 1].ShouldBe($"*:{consumer.Ports.Single(each => each.Name == port).ContainerPort}");
        }

        new[] { consumer.LivenessProbe, consumer.ReadinessProbe }.ShouldAllBe(probe => probe.HttpGet.Port.Value == "health");
        deployment.Spec.Template.Metadata.Annotations["prometheus.io/port"]
            .ShouldBe(consumer.Ports.Single(port => port.Name == "metrics").ContainerPort.ToString(CultureInfo.InvariantCulture));
        var policy = All().OfType<V1NetworkPolicy>().ShouldHaveSingleItem();
        policy.Spec.Ingress.SelectMany(rule => rule.Ports).Select(port => port.Port.Value).ShouldBe(
            consumer.Ports.Select(port => port.ContainerPort.ToString(CultureInfo.InvariantCulture)), ignoreOrder: true);
    }

    [Fact]
    public void Selectors_select_what_they_are_for()
    {
        var labels = All().OfType<V1Deployment>().Single().Spec.Template.Metadata.Labels;
        var budget = All().OfType<V1PodDisruptionBudget>().ShouldHaveSingleItem().Spec;
        All().OfType<V1Deployment>().Single().Spec.Selector.MatchLabels.ShouldBeSubsetOf(labels);
        budget.Selector.MatchLabels.ShouldBeSubsetOf(labels);
        budget.MaxUnavailable.Value.ShouldBe("1", "with 0, no node could be drained");
        All().OfType<ScaledObject>().ShouldHaveSingleItem().Spec.ScaleTargetRef.Name.ShouldBe(All().OfType<V1Deployment>().Single().Name());
        var policy = All().OfType<V1NetworkPolicy>().Single();
        foreach (var template in Templates())
        {
            policy.Spec.PodSelector.MatchLabels.ShouldBeSubsetOf(template.Metadata.Labels);
        }
    }

    [Fact]
    public void The_images_have_the_version_of_the_programs() =>
        All().OfType<Kustomization>().SelectMany(kustomization => kustomization.Images ?? []).Select(image => image["newTag"]).Distinct()
            .ShouldBe([Repository.Version]);

    [Fact]
    public async Task The_scheduled_producer_and_the_job_run_as_they_are_written()
    {
        var migrate = All().OfType<V1Job>().ShouldHaveSingleItem().Spec.Template.Spec.Containers.ShouldHaveSingleItem();
        (await _installation.RunAsync("consumer", [.. migrate.Args])).ShouldExitWith(0);
        var producer = All().OfType<V1CronJob>().ShouldHaveSingleItem().Spec.JobTemplate.Spec.Template.Spec.Containers.ShouldHaveSingleItem();
        _installation.Receive("contacts.csv");
        var files = _installation.Folder["var/lib/csvingest"];

        var run = await _installation.RunAsync("producer", [.. producer.Args.Select(argument => argument.Replace("/files", files, StringComparison.Ordinal))]);

        run.ShouldExitWith(0);
        _installation.NamesIn("in").ShouldBeEmpty();
        _installation.NamesIn("done").ShouldBe(["contacts.csv"]);
    }

    private static List<object> Load(string text) => KubernetesYaml.LoadAllFromString(text, Types, strict: true);

    private static List<object> All() =>
        [.. Directory.EnumerateFiles(Folder, "*.yaml", SearchOption.AllDirectories).SelectMany(path => Load(File.ReadAllText(path)))];

    private static List<V1PodTemplateSpec> Templates() =>
    [
        .. All().OfType<V1Deployment>().Select(deployment => deployment.Spec.Template),
        .. All().OfType<V1Job>().Select(job => job.Spec.Template),
        .. All().OfType<V1CronJob>().Select(job => job.Spec.JobTemplate.Spec.Template),
    ];

    private static List<V1PodSpec> Pods() => [.. Templates().Select(template => template.Spec)];

    private static IEnumerable<V1Container> ContainersOf(V1PodSpec pod) => [.. pod.InitContainers ?? [], .. pod.Containers];

    // The client has no models of these. The keys are those of the kustomize and KEDA documentation that the manifests use.
#pragma warning disable CA1812, S3459 // They are made by the deserializer.
    private sealed class Kustomization
    {
        public string? ApiVersion { get; set; }

        public string? Kind { get; set; }

        public string? Namespace { get; set; }

        public List<string> Resources { get; set; } = [];

        public List<Dictionary<string, string>>? Images { get; set; }

        public List<Patch>? Patches { get; set; }
    }

    private sealed class Patch
    {
        public Dictionary<string, string>? Target { get; set; }

        [YamlDotNet.Serialization.YamlMember(Alias = "patch")]
        public string? Text { get; set; }
    }

    private sealed class TriggerAuthentication
    {
        public string? ApiVersion { get; set; }

        public string? Kind { get; set; }

        public V1ObjectMeta? Metadata { get; set; }

        public SecretTargets? Spec { get; set; }
    }

    private sealed class SecretTargets
    {
        public List<SecretTarget>? SecretTargetRef { get; set; }
    }

    private sealed class SecretTarget
    {
        public string? Parameter { get; set; }

        public string? Name { get; set; }

        public string? Key { get; set; }
    }

    private sealed class ScaledObject
    {
        public string? ApiVersion { get; set; }

        public string? Kind { get; set; }

        public V1ObjectMeta? Metadata { get; set; }

        public Scaling Spec { get; set; } = new();
    }

    private sealed class Scaling
    {
        public V1ObjectReference ScaleTargetRef { get; set; } = new();

        public int? PollingInterval { get; set; }

        public int? CooldownPeriod { get; set; }

        public int? MinReplicaCount { get; set; }

        public int? MaxReplicaCount { get; set; }

        public List<Trigger>? Triggers { get; set; }
    }

    private sealed class Trigger
    {
        public string? Type { get; set; }

        public Dictionary<string, string>? Metadata { get; set; }

        public Dictionary<string, string>? AuthenticationRef { get; set; }
    }
#pragma warning restore CA1812, S3459
}
