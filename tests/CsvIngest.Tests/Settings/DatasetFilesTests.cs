using CsvIngest.Datasets;
using CsvIngest.Hosting;
using CsvIngest.Settings;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Settings;

public sealed class DatasetFilesTests : IDisposable
{
    private readonly WorkFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Definitions_of_a_folder_come_in_addition_to_the_built_in_ones()
    {
        _folder.CopyIn("samples/orders.json");
        _folder.Write("notes.txt", "not a definition");

        DatasetFiles.Load(_folder.FullPath).All.Select(dataset => dataset.Name).ShouldBe(["contacts", "orders", "subscribers", "transactions"]);
        DatasetFiles.Load(null).All.Select(dataset => dataset.Name).ShouldBe(["contacts", "subscribers", "transactions"]);
        DatasetFiles.Find("orders", _folder.FullPath).Name.ShouldBe("orders");
    }

    [Fact]
    public void A_path_names_a_definition_outside_the_folder() =>
        DatasetFiles.Find(_folder.CopyIn("samples/orders.json"), null).Name.ShouldBe("orders");

    [Fact]
    public void A_name_that_is_missing_is_an_error_that_lists_the_others() =>
        Should.Throw<UsageException>(() => DatasetFiles.Find("../orders", null)).Message
            .ShouldStartWith("There is no dataset \"../orders\". Available: contacts, subscribers, transactions. Pass --datasets");

    [Fact]
    public void The_errors_of_all_files_are_listed()
    {
        _folder.Write("a.json", "{}");
        _folder.Write("b.json", "not json");

        var message = Should.Throw<DatasetException>(() => DatasetFiles.Load(_folder.FullPath)).Message;

        message.ShouldContain("a.json");
        message.ShouldContain("b.json line 1: not valid JSON");
    }

    [Fact]
    public void A_folder_that_is_missing_is_an_error_that_names_it() =>
        Should.Throw<DatasetException>(() => DatasetFiles.Load(_folder["none"])).Message.ShouldContain(_folder["none"]);
}
