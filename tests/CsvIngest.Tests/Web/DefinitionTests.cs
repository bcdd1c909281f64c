using System.Net;
using System.Text;
using System.Text.Json;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Web;

/// <summary>The definition of a dataset changes between the preview, the beginning and the end of an import.</summary>
public sealed class DefinitionTests : IDisposable
{
    private const string Before = """{ "name": "people", "table": "people", "key": "email", "columns": { "email": { "type": "email" }, "city": { "type": "text" } } }""";
    private const string After = """{ "name": "people", "table": "people", "key": "email", "columns": { "email": { "type": "email", "headers": ["Mail"] }, "age": { "type": "integer" } } }""";
    private const string Changes = "column \"age\" was added, column \"city\" was removed";
    private const string OtherHeaders = """{ "name": "people", "table": "people", "key": "email", "columns": { "email": { "type": "email" }, "city": { "type": "text", "headers": ["Town"] } } }""";

    private readonly WorkFolder _folder = new();

    public DefinitionTests() => Directory.CreateDirectory(_folder["datasets"]);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_import_that_was_killed_does_not_go_on_with_another_definition_but_with_its_own()
    {
        var file = SlowBroker.LongFile("city,email");
        Define(Before);
        Guid import;
        await using (var web = await StartAsync())
        using (await SlowBroker.StartAsync(_folder))
        {
            import = await web.UploadAsync(RunningWeb.Form("people.csv", file, ("dataset", "people")));
            await web.UntilConfirmedAsync(import);
            await web.Program.KillAsync();
        }

        Define(After);
        await using var next = await StartAsync();
        var failed = await next.WaitForAsync(import, "failed");
        failed.GetProperty("failure").GetString()!.ShouldStartWith($"The dataset \"people\" has changed since the import began: {Changes}. Some of the rows are published already");
        // As an import of its own, the file may have the new definition.
        var other = await next.UploadAsync(RunningWeb.Form("people.csv", file, ("dataset", "people")));
        other.ShouldNotBe(import);
        await next.WaitForAsync(other, "published");

        Define(Before);
        using var again = await next.Client.PostAsync(new Uri($"/api/imports/{import}/start?revision=1", UriKind.Relative), null);
        again.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await next.WaitForAsync(import, "published");
    }

    [Fact]
    public async Task A_file_is_imported_with_the_definition_of_its_preview_or_checked_again()
    {
        Define(Before);
        await using var web = await StartAsync();
        var import = await web.UploadAsync(RunningWeb.Form("preview.csv", "email\nann@x.example\n", ("dataset", "people"), ("dry-run", "true")));
        await web.WaitForAsync(import, "checked");
        Define(After);

        using (var refused = await web.Client.PostAsync(new Uri($"/api/imports/{import}/start?revision=1", UriKind.Relative), null))
        {
            refused.StatusCode.ShouldBe(HttpStatusCode.Conflict);
            JsonSerializer.Deserialize<JsonElement>(await refused.Content.ReadAsStringAsync()).GetProperty("detail").GetString()!.ShouldContain(Changes);
        }

        using var again = await web.Client.PostAsync(new Uri($"/api/imports/{import}/options?revision=1&dataset=people", UriKind.Relative), null);
        again.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await web.WaitForAsync(import, "checked");
        using var start = await web.Client.PostAsync(new Uri($"/api/imports/{import}/start?revision=2", UriKind.Relative), null);
        start.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await web.WaitForAsync(import, "published");
        // What is on disk is what somebody may still want.
        await Poll.UntilAsync(() => Directory.EnumerateFileSystemEntries(Path.Combine(web.Uploads, import.ToString()))
            .Select(Path.GetFileName).SequenceEqual(["upload.json"]));
    }

    [Fact]
    public async Task Headers_that_are_added_after_the_preview_change_nothing_of_it()
    {
        Define(Before);
        await using var web = await StartAsync();
        var import = await web.UploadAsync(RunningWeb.Form("headers.csv", "email,Town\nann@x.example,Rome\n", ("dataset", "people"), ("dry-run", "true")));
        await web.WaitForAsync(import, "checked");
        Define(OtherHeaders);

        using var start = await web.Client.PostAsync(new Uri($"/api/imports/{import}/start?revision=1", UriKind.Relative), null);
        start.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await web.WaitForAsync(import, "published");

        var queue = Directory.GetFiles(_folder.FullPath, "csvingest.db*").Select(file => Encoding.Latin1.GetString(File.ReadAllBytes(file))).ToList();
        queue.ShouldContain(text => text.Contains("ann@x.example", StringComparison.Ordinal));
        queue.ShouldNotContain(text => text.Contains("Rome", StringComparison.Ordinal));
    }

    private Task<RunningWeb> StartAsync() => RunningWeb.StartAsync(_folder, withConsumer: false, options: ["--datasets", "datasets"]);

    private void Define(string definition) => File.WriteAllText(_folder["datasets/people.json"], definition, Encoding.UTF8);
}
