using CsvIngest.Datasets;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Datasets;

public sealed class ColumnBindingTests
{
    private static readonly Dictionary<string, string> NoMap = [];

    [Theory]
    [InlineData("email,full_name", "0", "1")]
    [InlineData("Full Name,E-Mail", "1", "0")]
    [InlineData("\uFEFFEMAIL_ADDRESS, NAME ", "0", "1")]
    [InlineData("EmailId,fullName", "0", "1")]
    [InlineData("Email\u00A0Address,full-name", "0", "1")]
    [InlineData("mail,First Name,Surname", "0", "1+2")]
    [InlineData("mail,family_name,givenname", "0", "2+1")]
    [InlineData("mail,first name,last name,name", "0", "3|1+2")]
    public void Headers_match_without_regard_to_case_blanks_and_hyphens(string headers, string email, string fullName)
    {
        SourcesOf(Bind(headers)).ShouldBe([email, fullName]);
    }

    [Fact]
    public void Matching_knows_all_of_Unicode()
    {
        var dataset = Parse("""{ "ort": { "type": "text", "headers": ["Übergröße", "ΠΌΛΗ"] } }""");
        SourcesOf(Bind(dataset, "u\u0308BERGRÖßE")).ShouldBe(["0"]);
        SourcesOf(Bind(dataset, "x,Πόλη")).ShouldBe(["1"]);
    }

    [Fact]
    public void An_optional_column_may_be_absent()
    {
        var dataset = Parse("""{ "a": { "type": "text", "required": true }, "b": { "type": "text" } }""");
        SourcesOf(Bind(dataset, "a,c")).ShouldBe(["0", ""]);
    }

    [Fact]
    public void The_map_goes_before_the_names()
    {
        var binding = Bind("email,Correo electrónico,name", ("email", "correo electrónico"));
        SourcesOf(binding).ShouldBe(["1", "2"]);
        binding.Extra.ShouldBe([new ExtraColumn(0, "email_2")]);

        SourcesOf(Bind("Mail,mail,name", ("email", "mail"))).ShouldBe(["1", "2"]);
        SourcesOf(Bind("Mail,mail,", ("email", "#1"), ("full_name", "#3"))).ShouldBe(["0", "2"]);
        SourcesOf(Bind("x,y", ("email", "x"), ("full_name", "x"))).ShouldBe(["0", "0"]);
    }

    [Fact]
    public void The_map_joins_columns_of_text()
    {
        SourcesOf(Bind("a,b,c,email", ("full_name", "a + C+#2"))).ShouldBe(["3", "0+2+1"]);
        SourcesOf(Bind("a+b,a,b,email", ("full_name", "a+b"))).ShouldBe(["3", "0"]);
        RejectReason("a,b,email", ("full_name", "a+x")).ShouldContain("the file has no header \"x\", to which \"full_name\" is mapped.");
        RejectReason("a,b,name", ("email", "a+b")).ShouldContain("only text columns can be joined.");
        Failure("a,a,email", ("full_name", "email+a")).Remedies.ShouldBe([new Remedy(ImportOption.Map, "full_name=#3+#1")]);
    }

    [Fact]
    public void Extra_columns_keep_their_names_and_each_has_one()
    {
        Bind("email,name,Phone, ,Phone,phone,,Phone_2,column_7").Extra.ShouldBe(
        [
            new ExtraColumn(2, "Phone"), new ExtraColumn(3, "column_4"), new ExtraColumn(4, "Phone_3"), new ExtraColumn(5, "phone"),
            new ExtraColumn(6, "column_7_2"), new ExtraColumn(7, "Phone_2"), new ExtraColumn(8, "column_7"),
        ]);
        Bind(Parse("""{ "a": { "type": "text" } }"""), "a,b").Extra.ShouldBeEmpty();
    }

    [Fact]
    public void Ten_thousand_equal_headers_are_named_in_good_time()
    {
        var extra = Bind("email,name" + string.Concat(Enumerable.Repeat(",x", 10_000))).Extra;
        extra.Select(column => column.Name).Distinct().Count().ShouldBe(10_000);
        extra[^1].Name.ShouldBe("x_10000");
    }

    [Fact]
    public void A_missing_required_column_says_what_was_found_and_how_to_map() => ShouldFail(
            "Correo elec,Nomb,\u001B[31m,a\u202Eb",
            """
            The file's columns do not fit dataset "contacts":
              no column matches "email" (required).
              no column matches "full_name" (required).
            Headers found: "Correo elec", "Nomb", "\x1B[31m", "a\u202Eb".
            """,
            new(ImportOption.Map, "email="),
            new(ImportOption.Map, "full_name="));

    [Fact]
    public void Two_columns_of_one_meaning_are_named_both()
    {
        ShouldFail(
            "Email,name,E-mail address",
            """
            The file's columns do not fit dataset "contacts":
              2 columns match "email": "Email" (column 1) and "E-mail address" (column 3).
            Headers found: "Email", "name", "E-mail address".
            """,
            new Remedy(ImportOption.Map, "email=#1"));
        RejectReason("email,first name,given name,surname").ShouldContain(
            "2 columns match the first part of \"full_name\": \"first name\" (column 2) and \"given name\" (column 3)");
    }

    [Fact]
    public void Half_a_name_is_no_name() =>
        Failure("email,First Name").ShouldSatisfyAllConditions(
            failure => failure.Message.ShouldContain("no column matches \"full_name\" (required); \"First Name\" is only part of it."),
            failure => failure.Remedies.ShouldContain(new Remedy(ImportOption.Map, "full_name=First Name")));

    [Fact]
    public void A_map_that_names_what_is_not_there_is_rejected()
    {
        var message = RejectReason("email,name,Mail,Mail", ("phone", "x"), ("full_name", "Nome"), ("email", "Mail"));
        message.ShouldContain("the column mapping names \"phone\", which is not a column of the dataset; available: email, full_name.");
        message.ShouldContain("the file has no header \"Nome\", to which \"full_name\" is mapped.");
        message.ShouldContain("the file has 2 headers \"Mail\", to which \"email\" is mapped.");
        Failure("email,name,Mail,Mail", ("email", "Mail")).Remedies.ShouldBe([new Remedy(ImportOption.Map, "email=#3")]);
        RejectReason("email,name", ("email", "#3")).ShouldContain("the file has no header \"#3\", to which \"email\" is mapped.");
    }

    [Fact]
    public void A_first_row_of_data_is_recognised_and_not_repeated()
    {
        var message = RejectReason("Ann Lee,ann@example.com,555-0100");
        message.ShouldEndWith("The first row looks like data, not like a header: column 2 of 3 is an email address.");
        message.ShouldNotContain("ann");
        message.ShouldNotContain("Ann");
        Failure("ann@example.com", [["bob@example.com"]]).Message.ShouldNotContain("ann");

        message = RejectReason("Ann Lee,2024-05-01");
        message.ShouldContain("Headers found: \"Ann Lee\", (a value).");
        message.ShouldContain("The first row may be data: column 2 contains a value (Timestamp).");
        message.ShouldContain("A file without a header must have the columns email, full_name, in this order.");
        Failure("Ann Lee,2024-05-01").Remedies.ShouldContain(new Remedy(ImportOption.NoHeader));
        Failure("2024-05-01").Remedies.ShouldNotContain(new Remedy(ImportOption.NoHeader));
    }

    [Fact]
    public void What_is_advised_for_a_file_without_a_header_works()
    {
        var noHeader = new Remedy(ImportOption.NoHeader);
        Failure("ann@example.com,Ann Lee").Remedies.ShouldBe([noHeader]);
        Failure("ann@example.com").Remedies.ShouldBe([noHeader, new Remedy(ImportOption.Dataset, "subscribers")]);
        Failure("Ann Lee,ann@example.com").Remedies.ShouldBe(
            [noHeader, new Remedy(ImportOption.Map, "email=#2")]);
        Should.Throw<UnusableFileException>(() => ByPosition(Contacts, 1)).Remedies.ShouldBe([new Remedy(ImportOption.Dataset, "subscribers")]);
    }

    [Fact]
    public void A_file_of_addresses_is_offered_the_dataset_of_addresses()
    {
        Failure("email,phone").Remedies.ShouldContain(new Remedy(ImportOption.Dataset, "subscribers"));
        Failure("x", ("email", "x")).Remedies.ShouldContain(new Remedy(ImportOption.Dataset, "subscribers"));
        Failure("email").Remedies.ShouldBe([new Remedy(ImportOption.Dataset, "subscribers")]);
        Failure("name").Remedies.ShouldNotContain(new Remedy(ImportOption.Dataset, "subscribers"));
        var own = DatasetFile.Parse("""{ "name": "own", "columns": { "email": { "type": "email" }, "x": { "type": "text", "required": true } } }""", "own.json");
        Should.Throw<UnusableFileException>(() => Bind(own, "email")).Remedies.ShouldNotContain(new Remedy(ImportOption.Dataset, "subscribers"));
    }

    [Fact]
    public void The_one_column_of_addresses_is_proposed()
    {
        Failure("Nutzer,Kanal,name", [["1", "ann@example.com", "Ann"], ["2", "", "Bob"]]).Remedies.ShouldBe([new Remedy(ImportOption.Map, "email=Kanal")]);
        Failure("Nutzer,Kanal,name", [["1", "ann@example.com", "Ann"]]).Message
            .ShouldContain("no column matches \"email\" (required); column 2, \"Kanal\", contains email addresses.");
        Failure("x,x,name", [["1", "ann@example.com", "Ann"]]).Remedies.ShouldBe([new Remedy(ImportOption.Map, "email=#2")]);
        Failure("x,,name", [["1", "ann@example.com", "Ann"]]).Remedies.ShouldBe([new Remedy(ImportOption.Map, "email=#2")]);
        Failure("x,y,name", [["bob@example.com", "ann@example.com", "Ann"]]).Remedies.ShouldBe([new Remedy(ImportOption.Map, "email=")]);
        Failure("x,y,name", [["1", "ann@example.com", "Ann"], ["2", "none", "B"]]).Remedies.ShouldBe([new Remedy(ImportOption.Map, "email=")]);
    }

    [Fact]
    public void A_file_with_none_of_the_columns_is_no_file_of_the_dataset()
    {
        var dataset = Parse("""{ "a": { "type": "text" }, "b": { "type": "text" } }""");
        Should.Throw<UnusableFileException>(() => Bind(dataset, "x,y")).Message.ShouldContain("the file has none of its columns");
        Should.Throw<UnusableFileException>(() => ColumnBinding.Bind(dataset, new FileHead([], []), NoMap))
            .Message.ShouldContain("Headers found: none.");
    }

    [Fact]
    public void A_NUL_in_a_header_is_rejected() => RejectReason("email,name,a\0b").ShouldContain("the header of column 3 contains a NUL character");

    [Fact]
    public void A_long_list_of_headers_is_cut()
    {
        var message = RejectReason(string.Join(',', Enumerable.Range(1, 100).Select(number => $"c{number}{new string('x', 100)}")));
        message.ShouldContain("and 60 more.");
        message.Length.ShouldBeLessThan(4000);
    }

    [Fact]
    public void Without_a_header_columns_go_by_position()
    {
        var binding = ByPosition(Contacts, 4);
        SourcesOf(binding).ShouldBe(["0", "1"]);
        binding.Extra.ShouldBe([new ExtraColumn(2, "column_3"), new ExtraColumn(3, "column_4")]);

        var optional = Parse("""{ "a": { "type": "text" }, "b": { "type": "text" } }""");
        SourcesOf(ByPosition(optional, 1)).ShouldBe(["0", ""]);
        Should.Throw<UnusableFileException>(() => ByPosition(Contacts, 1)).Message.ShouldBe(
            "A file without a header must have the columns of dataset \"contacts\" in order (email, full_name), "
            + "but this file has only 1: no column for \"full_name\" (required).");
    }

    [Fact]
    public void Without_a_header_what_is_mapped_leaves_the_other_columns_in_order()
    {
        SourcesOf(ByPosition(Contacts, 3, ("email", "#2"))).ShouldBe(["1", "0"]);
        SourcesOf(ByPosition(Contacts, 3, ("full_name", "column_3"))).ShouldBe(["0", "2"]);
        ByPosition(Contacts, 3, ("email", "#2")).Extra.ShouldBe([new ExtraColumn(2, "column_3")]);
        Should.Throw<UnusableFileException>(() => ByPosition(Contacts, 2, ("email", "#3"))).Message.ShouldContain("has no header \"#3\"");
        Should.Throw<UnusableFileException>(() => ByPosition(Contacts, 1, ("full_name", "#1"))).Message.ShouldContain("no column for \"email\"");
    }

    [Theory]
    [InlineData("ann@example.com,Ann", "--no-header")]
    [InlineData("Ann,ann@example.com", "--no-header --map email=#2")]
    [InlineData("1,Ann,ann@example.com,x", "--no-header --map email=#3")]
    public void The_advice_for_a_file_without_a_header_is_what_reads_it(string row, string advice)
    {
        string[] expected = [.. Failure(row).Remedies.Where(remedy => remedy.Option is ImportOption.NoHeader or ImportOption.Map)
            .Select(remedy => remedy.Option == ImportOption.NoHeader ? "--no-header" : $"--map {remedy.Value}")];
        var map = Failure(row).Remedies.Where(remedy => remedy.Option == ImportOption.Map)
            .Select(remedy => (remedy.Value!.Split('=')[0], remedy.Value!.Split('=')[1])).ToArray();

        string.Join(' ', expected).ShouldBe(advice);
        if (advice.Length > 0)
        {
            var cells = row.Split(',');
            cells[ByPosition(Contacts, cells.Length, map).Sources[0].Columns.Single()].ShouldBe("ann@example.com");
        }
    }

    private static ColumnBinding ByPosition(Dataset dataset, int width, params (string Column, string Header)[] map) => ColumnBinding.ByPosition(
        dataset,
        new FileHead([.. Enumerable.Range(1, width).Select(number => $"column_{number}")], []),
        map.ToDictionary(pair => pair.Column, pair => pair.Header));

    private static Dataset Contacts => DatasetCatalog.Contacts;

    private static Dataset Parse(string columns) => DatasetFile.Parse($$"""{ "name": "test", "columns": {{columns}} }""", "test.json");

    private static ColumnBinding Bind(string headers, params (string Column, string Header)[] map) => Bind(Contacts, headers, map);

    private static ColumnBinding Bind(Dataset dataset, string headers, params (string Column, string Header)[] map) =>
        ColumnBinding.Bind(dataset, new FileHead(headers.Split(','), []), map.ToDictionary(pair => pair.Column, pair => pair.Header));

    /// <summary>The columns that feed each of the dataset's columns; <c>+</c> joins them, and <c>|</c> stands between alternatives.</summary>
    private static string[] SourcesOf(ColumnBinding binding) =>
        [.. binding.Sources.Select(source => string.Join('|', source.Alternatives.Select(columns => string.Join('+', columns))))];

    private static void ShouldFail(string headers, string message, params IReadOnlyList<Remedy> remedies)
    {
        RejectReason(headers).ShouldBe(message);
        Failure(headers).Remedies.ShouldBe(remedies);
    }

    private static string RejectReason(string headers, params (string Column, string Header)[] map) =>
        Failure(headers, map).Message.ReplaceLineEndings("\n");

    private static UnusableFileException Failure(string headers, params (string Column, string Header)[] map) =>
        Should.Throw<UnusableFileException>(() => Bind(headers, map));

    private static UnusableFileException Failure(string headers, string[][] rows) =>
        Should.Throw<UnusableFileException>(() => ColumnBinding.Bind(Contacts, new FileHead(headers.Split(','), rows), NoMap));
}
