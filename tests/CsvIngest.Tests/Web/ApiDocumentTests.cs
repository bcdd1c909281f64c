using System.Text.Json;
using CsvIngest.Testing;
using CsvIngest.Tests.Docs;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Web;

/// <summary>The OpenAPI document, the table in docs/web.md and the program describe the same resources.</summary>
public sealed class ApiDocumentTests(SharedWeb shared) : IClassFixture<SharedWeb>
{
    private const string Document = "docs/web.md";

    [Fact]
    public async Task The_document_and_the_table_name_the_same_requests_and_the_program_answers_them()
    {
        var described = await shared.Web.GetAsync("/openapi.json");
        var requests = (
            from path in described.GetProperty("paths").EnumerateObject()
            from operation in path.Value.EnumerateObject()
            where operation.Name is "get" or "post" or "put"
            select $"{operation.Name.ToUpperInvariant()} {path.Name}").ToList();
        var listed = Markdown.Read(Document).Tables.Single(table => table.IsOf("Request")).Rows.Select(row => row[0].Trim('`'))
            .Where(request => request.Contains(" /api/", StringComparison.Ordinal));

        listed.Order(StringComparer.Ordinal).ShouldBe(requests.Select(request => request.Replace("{id}", "ID").Replace("{name}", "NAME")).Order(StringComparer.Ordinal));
        foreach (var request in requests)
        {
            var (method, path) = (request.Split(' ')[0], request.Split(' ')[1].Replace("{id}", $"{Guid.NewGuid()}").Replace("{name}", "x.csv"));
            using var answer = await shared.Web.Client.SendAsync(new HttpRequestMessage(new HttpMethod(method), new Uri(path, UriKind.Relative)));
            var text = await answer.Content.ReadAsStringAsync();

            text.ShouldNotContain("There is nothing at this address", customMessage: request);
            ((int)answer.StatusCode).ShouldBeOneOf([200, 202, 400, 404, 415], $"{request}: {text}");
        }
    }

    [Fact]
    public async Task The_properties_of_an_import_are_described()
    {
        var described = (await shared.Web.GetAsync("/openapi.json")).GetProperty("components").GetProperty("schemas").GetProperty("Import").GetProperty("properties");
        var import = await shared.Web.UploadAsync(RunningWeb.Form("doc.csv", "name,email\nAnn,doc@x.example\nBob,nothing\n", ("dry-run", "true")));
        var check = await shared.Web.WaitForAsync(import, "checked");

        NamesOf(check).Except(NamesOf(described)).ShouldBeEmpty();
        NamesOf(check.GetProperty("check")).Except(NamesOf(described.GetProperty("check").GetProperty("properties"))).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_options_are_those_that_a_wrong_one_is_answered_with()
    {
        var described = (await shared.Web.GetAsync("/openapi.json")).GetProperty("components").GetProperty("schemas").GetProperty("Options").GetProperty("properties");
        using var answer = await shared.Web.Client.PutAsync(new Uri("/api/imports/x.csv?nothing=1", UriKind.Relative), new StringContent(""));
        var detail = JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync()).GetProperty("detail").GetString()!;

        var available = detail.Split("available: ")[1].TrimEnd('.').Split(", ").Where(name => name != "file");

        available.Order(StringComparer.Ordinal).ShouldBe(NamesOf(described).Order(StringComparer.Ordinal));
        var documented = File.ReadAllText(Repository.PathOf(Document));
        NamesOf(described).Where(name => !documented.Contains($"`{name}`", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    private static IEnumerable<string> NamesOf(JsonElement element) => element.EnumerateObject().Select(property => property.Name);
}
