using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Consumer;

public sealed class DatasetsCommandTests : IDisposable
{
    private readonly WorkFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task All_datasets_are_listed_on_lines_of_80_characters()
    {
        var datasets = Path.GetDirectoryName(_folder.CopyIn("samples/orders.json"))!;

        var listed = (await RunAsync("datasets", "--datasets", datasets)).ShouldExitWith(0).Output;

        listed.ShouldContain("contacts (built in)\nTable contacts, key email, other columns in attributes\n");
        listed.ShouldContain("orders (defined)\nTable orders, key order_number, other columns in details\n");
        listed.Split('\n').ShouldContain(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Take(4).SequenceEqual(new[] { "quantity", "integer", "yes", "qty" }));
        listed.Split('\n').ShouldAllBe(line => line.Length <= 80);
        var json = (await RunAsync("datasets", "--json")).ShouldExitWith(0).Json();
        json.EnumerateArray().Select(dataset => dataset.GetProperty("name").GetString()).ShouldBe(["contacts", "subscribers", "transactions"]);
    }

    [Fact]
    public async Task A_dataset_is_shown_with_all_its_headers()
    {
        (await RunAsync("datasets", "contacts")).ShouldExitWith(0).Output.ShouldContain("Headers of email: ");
        (await RunAsync("datasets", "contact")).ShouldExitWith(64).Error.ShouldContain("There is no dataset \"contact\"");
    }

    [Fact]
    public async Task A_draft_can_be_used_as_it_is()
    {
        var file = _folder.CopyIn("samples/orders.csv");
        var draft = (await RunAsync("datasets", "draft", file)).ShouldExitWith(0).Output;
        await File.WriteAllTextAsync(_folder["orders.json"], draft, TestContext.Current.CancellationToken);

        draft.ShouldStartWith("{\n  // A draft for orders.csv, from ");
        draft.ShouldContain("\"name\": \"orders\"");
        (await Programs.RunAsync("producer", ["--file", file, "--dataset", "orders.json", "--dry-run", "--json"], _folder))
            .ShouldExitWith(0).Json().GetProperty("rowsRejected").GetInt64().ShouldBe(0);
        (await RunAsync("datasets", "draft", "missing.csv")).ShouldExitWith(66);
    }

    private Task<ProgramResult> RunAsync(params string[] arguments) => Programs.RunAsync("consumer", arguments, _folder);
}
