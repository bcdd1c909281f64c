using System.Net;
using System.Text;
using System.Text.Json;
using Shouldly;

namespace CsvIngest.Testing;

/// <summary>The built web program, on SQLite and a free port, in a folder; with a consumer beside it unless that is not wanted.</summary>
public sealed class RunningWeb : IAsyncDisposable
{
    private readonly RunningProgram? _consumer;

    private RunningWeb(WorkFolder folder, RunningProgram program, RunningProgram? consumer, Uri url)
    {
        (Folder, Program, _consumer, Url) = (folder, program, consumer, url);
        Client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = url };
    }

    /// <summary>The folder of the database and of the uploads.</summary>
    public WorkFolder Folder { get; }

    /// <summary>The program.</summary>
    public RunningProgram Program { get; }

    /// <summary>Where it listens.</summary>
    public Uri Url { get; }

    /// <summary>Sends requests to it. Follows no redirect and keeps no cookie.</summary>
    public HttpClient Client { get; }

    /// <summary>The folder of the uploads.</summary>
    public string Uploads => Folder["uploads"];

    /// <summary>The folders in the folder of the uploads.</summary>
    public IEnumerable<string> UploadFolders => Directory.EnumerateDirectories(Uploads);

    /// <summary>Starts it.</summary>
    /// <param name="folder">The folder, kept by the caller: the program may be started in it again.</param>
    /// <param name="withConsumer">Whether a consumer stores the rows.</param>
    /// <param name="environment">Further environment variables.</param>
    /// <param name="options">Options of the command line; they may name another address to listen on.</param>
    public static async Task<RunningWeb> StartAsync(
        WorkFolder folder, bool withConsumer = true, IReadOnlyDictionary<string, string>? environment = null, params string[] options)
    {
        if (!File.Exists(folder["csvingest.db"]))
        {
            (await Programs.RunAsync("consumer", ["migrate"], folder)).ShouldExitWith(0);
        }

        var consumer = withConsumer ? Programs.Start("consumer", [], folder) : null;
        string[] listen = options.Contains("--listen") ? [] : ["--listen", "127.0.0.1:0"];
        var program = Programs.Start("web", [.. listen, .. options], folder, environment);
        var line = await program.WaitForErrorLine("Listening on ");
        return new RunningWeb(folder, program, consumer, new Uri(line.Split("Listening on ")[1].Split(' ')[0]));
    }

    /// <summary>A form with a file.</summary>
    /// <param name="name">The file's name.</param>
    /// <param name="content">Its content.</param>
    /// <param name="fields">Further fields, which come after it.</param>
    public static MultipartFormDataContent Form(string name, byte[] content, params IEnumerable<(string Name, string Value)> fields)
    {
        var form = new MultipartFormDataContent { { new ByteArrayContent(content), "file", name } };
        foreach (var (field, value) in fields)
        {
            form.Add(new StringContent(value), field);
        }

        return form;
    }

    /// <inheritdoc cref="Form(string, byte[], IEnumerable{ValueTuple{string, string}})"/>
    public static MultipartFormDataContent Form(string name, string content, params IEnumerable<(string Name, string Value)> fields) =>
        Form(name, Encoding.UTF8.GetBytes(content), fields);

    /// <summary>Uploads a form and asserts that it is accepted.</summary>
    /// <returns>The ID of the import.</returns>
    public async Task<Guid> UploadAsync(HttpContent form)
    {
        using var answer = await Client.PostAsync(new Uri("/api/imports", UriKind.Relative), form);
        var text = await answer.Content.ReadAsStringAsync();
        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted, text);
        var id = JsonSerializer.Deserialize<JsonElement>(text).GetProperty("import").GetGuid();
        answer.Headers.Location.ShouldBe(new Uri($"/api/imports/{id}", UriKind.Relative));
        return id;
    }

    /// <summary>Reads JSON.</summary>
    public async Task<JsonElement> GetAsync(string path) => JsonSerializer.Deserialize<JsonElement>(await Client.GetStringAsync(new Uri(path, UriKind.Relative)));

    /// <summary>Waits until an import has one of some states.</summary>
    /// <returns>The import.</returns>
    public async Task<JsonElement> WaitForAsync(Guid import, params string[] states)
    {
        JsonElement shown = default;
        await Poll.UntilAsync(
            async () =>
            {
                shown = await GetAsync($"/api/imports/{import}");
                return states.Contains(shown.GetProperty("state").GetString());
            },
            () => $"{shown}\n{Program}\n{_consumer}");
        return shown;
    }

    /// <summary>Waits until the broker has confirmed some rows of an import.</summary>
    public Task UntilConfirmedAsync(Guid import) => Poll.UntilAsync(async () =>
        (await GetAsync($"/api/imports/{import}")).TryGetProperty("progress", out var progress) && progress.GetProperty("rowsConfirmed").GetInt64() > 0);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Program.DisposeAsync();
        if (_consumer is not null)
        {
            await _consumer.DisposeAsync();
        }
    }
}
