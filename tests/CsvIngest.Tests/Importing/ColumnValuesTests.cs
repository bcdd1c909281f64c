using System.Text;
using CsvIngest.Datasets;
using CsvIngest.Importing;
using CsvIngest.Importing.Sources;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Importing;

/// <summary>From the fields of a record to the values of its row: alternatives, joined columns, null markers, lost characters.</summary>
public sealed class ColumnValuesTests
{
    [Fact]
    public async Task A_name_that_is_empty_takes_its_parts() => (await RowsOfAsync(
        "Email,Name,First Name,Last Name\na@example.com,,Ann,Lee\nb@example.com,Bob Ray,Bob,R.\nc@example.com, ,Cai,\nd@example.com,,,\n")).ShouldBe(
        [
            "row 2 email=a@example.com full_name=Ann Lee",
            "row 3 email=b@example.com full_name=Bob Ray",
            "row 4 email=c@example.com full_name=Cai",
            "rejected 1",
        ]);

    [Fact]
    public async Task Parts_that_are_empty_take_the_display_name() =>
        (await RowsOfAsync("user_email,display_name,first_name,last_name\na@example.com,ann,Ann,Lee\nb@example.com,bob,,\n")).ShouldBe(
            ["row 2 email=a@example.com full_name=Ann Lee", "row 3 email=b@example.com full_name=bob"]);

    [Fact]
    public async Task A_mapping_joins_columns() => (await RowsOfAsync(
        "Prénom;2e;Nom;Mail\nAnn;;Lee;a@example.com\n Bob ;J.;Ray;b@example.com\n", new() { Map = Map(("full_name", "Prénom+2e+Nom")) })).ShouldBe(
        ["row 2 email=a@example.com full_name=Ann Lee", "row 3 email=b@example.com full_name=Bob J. Ray"]);

    [Fact]
    public async Task Without_a_header_a_mapping_names_columns_by_number() => (await RowsOfAsync(
        "Ann,x,a@example.com\n",
        new() { Map = Map(("email", "#3"), ("full_name", "#1")), Reading = new() { NoHeader = true } })).ShouldBe(
        ["row 1 email=a@example.com full_name=Ann column_2=x"]);

    [Fact]
    public async Task A_null_marker_is_empty_in_every_column() => (await RowsOfAsync(
        "email,name,first name,last name,phone\n"
        + "a@example.com,NULL,Ann,\\N,NULL\nb@example.com, \\N ,Bob,Ray,\"\\N\"\nNULL,C,,,1\nd@example.com,null,,,NULLS\n",
        new() { NullMarkers = ["NULL", "\\N"] })).ShouldBe(
        [
            "row 2 email=a@example.com full_name=Ann phone=",
            "row 3 email=b@example.com full_name=Bob Ray phone=",
            "row 5 email=d@example.com full_name=null phone=NULLS",
            "rejected 1",
        ]);

    [Fact]
    public async Task Columns_full_of_null_markers_are_reported_with_the_option_to_pass()
    {
        const string File = "name,email,phone\n\\N,a@example.com,1\nNULL,b@example.com,2\nundefined undefined,c@example.com,3\n";
        var warning = (await ImportAsync(File)).Warnings.ShouldHaveSingleItem();
        warning.Text.ShouldBe(
            "Some values look like markers for missing values (column 1: \\N, NULL, undefined undefined); they are imported as text.");
        warning.Remedies.ShouldBe([new(ImportOption.Null, "\\N"), new(ImportOption.Null, "NULL"), new(ImportOption.Null, "undefined undefined")]);

        (await ImportAsync(File, new() { NullMarkers = ["\\N", "NULL", "undefined undefined"] })).Warnings
            .SelectMany(each => each.Remedies).ShouldNotContain(remedy => remedy.Option == ImportOption.Null);
        (await ImportAsync("name,email\nNone,a@example.com\n" + string.Concat(Enumerable.Range(0, 20).Select(i => $"A,b{i}@example.com\n"))))
            .Warnings.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_lost_letter_rejects_an_address_and_is_counted_in_text()
    {
        var observer = await ImportAsync(
            "email,name,town\njos\uFFFD@example.com,A,\nb@example.com,B,\nc@example.com,C\uFFFD,\nd@example.com,D,M\uFFFDlaga\nc@example.com,C\uFFFD,\n");
        observer.Events.Where(text => text.StartsWith("row", StringComparison.Ordinal)).ShouldBe(
        [
            "row 3 email=b@example.com full_name=B town=", "row 4 email=c@example.com full_name=C\uFFFD town=",
            "row 5 email=d@example.com full_name=D town=M\uFFFDlaga",
        ]);
        observer.Warnings.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            warning => warning.Text.ShouldStartWith("2 rows contain U+FFFD in place of a character that was lost before the file was written (first at line 4)."),
            warning => warning.Remedies.ShouldBeEmpty());
    }

    [Theory]
    [InlineData("email\na@example.com\n", "row 2 email=a@example.com full_name=")]
    [InlineData("name,email\n,a@example.com\n", "row 2 email=a@example.com full_name=")]
    public async Task Subscribers_need_no_name(string file, string row) => (await RowsOfAsync(file, dataset: DatasetCatalog.Subscribers)).ShouldBe([row]);

    [Fact]
    public async Task The_one_column_of_addresses_is_proposed_from_the_first_rows()
    {
        var observer = new RecordingObserver();
        var result = await ImportAsync("Kontakt;Kanal\nAnn Lee;a@example.com\n", new(), observer, DatasetCatalog.Subscribers);
        result.Failure.ShouldBeOfType<UnusableFileException>().Remedies[0].ShouldBe(new Remedy(ImportOption.Map, "email=Kanal"));
    }

    private static Dictionary<string, string> Map(params (string Column, string Header)[] map) =>
        map.ToDictionary(pair => pair.Column, pair => pair.Header, StringComparer.Ordinal);

    private static async Task<List<string>> RowsOfAsync(string file, SliceOptions? options = null, Dataset? dataset = null)
    {
        var observer = new RecordingObserver { WantsRows = true };
        var result = await ImportAsync(file, options ?? new(), observer, dataset ?? DatasetCatalog.Contacts);
        result.Failure.ShouldBeNull();
        var rows = observer.Events.Where(text => text.StartsWith("row", StringComparison.Ordinal)).ToList();
        return result.RowsRejected == 0 ? rows : [.. rows, $"rejected {result.RowsRejected}"];
    }

    private static async Task<RecordingObserver> ImportAsync(string file, SliceOptions? options = null)
    {
        var observer = new RecordingObserver { WantsRows = true };
        (await ImportAsync(file, options ?? new(), observer, DatasetCatalog.Contacts)).Failure.ShouldBeNull();
        return observer;
    }

    private static Task<ImportResult> ImportAsync(string file, SliceOptions options, RecordingObserver observer, Dataset dataset) =>
        new Importer(_ => dataset, destination: null).ImportAsync(
            Source.FromStream("f.csv", () => new MemoryStream(Encoding.UTF8.GetBytes(file))),
            new ImportOptions { Slices = options }, observer, TestContext.Current.CancellationToken);
}
