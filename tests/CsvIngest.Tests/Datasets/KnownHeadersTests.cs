using CsvIngest.Datasets;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Datasets;

/// <summary>The headers of real exports, and which of their columns feed the built-in datasets.</summary>
public sealed class KnownHeadersTests
{
    private static readonly Dictionary<string, string> NoMap = [];

    [Theory]
    [InlineData("Google", "First Name,Middle Name,Last Name,Organization Name,E-mail 1 - Label,E-mail 1 - Value,E-mail 2 - Value", "5", "0+2")]
    [InlineData("Google, earlier", "Name,Given Name,Additional Name,Family Name,E-mail 1 - Type,E-mail 1 - Value", "5", "0|1+3")]
    [InlineData("Outlook", "First Name,Middle Name,Last Name,Company,E-mail Address,E-mail Type,E-mail Display Name,E-mail 2 Address", "4", "0+2")]
    [InlineData("Outlook, German", "Anrede,Vorname,Weitere Vornamen,Nachname,Firma,E-Mail-Adresse,E-Mail-Typ,E-Mail: Angezeigter Name", "5", "1+3")]
    [InlineData("Thunderbird", "First Name,Last Name,Display Name,Nickname,Primary Email,Secondary Email,Screen Name", "4", "0+1|2")]
    [InlineData("Yahoo", "First,Middle,Last,Nickname,Email,Category", "4", "0+2")]
    [InlineData("Workspace", "First Name [Required],Last Name [Required],Email Address [Required],Password [Required],Recovery Email", "2", "0+1")]
    [InlineData("Wix", "First Name,Last Name,Email 1,Email 2,Phone 1", "2", "0+1")]
    [InlineData("WordPress", "user_login,user_email,display_name,first_name,last_name", "1", "3+4|2")]
    [InlineData("WooCommerce", "Order Number,First Name (Billing),Last Name (Billing),Email (Billing),First Name (Shipping),Last Name (Shipping)", "3", "1+2")]
    [InlineData("WooCommerce fields", "billing_first_name,billing_last_name,billing_email,shipping_first_name,shipping_last_name", "2", "0+1")]
    [InlineData("CRM", "Company Name,Contact Name,Contact Email", "2", "1")]
    [InlineData("Mailchimp", "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME", "0", "1+2")]
    [InlineData("HubSpot", "Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Email Domain,Marketing contact status", "3", "1+2")]
    [InlineData("Salesforce", "Salutation,First Name,Last Name,Account Name,Email,Email Opt Out,Contact Owner", "4", "1+2")]
    [InlineData("Shopify", "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Company", "3", "1+2")]
    [InlineData("Stripe", "id,Description,Email,Name,Created (UTC),Card ID,Card Name", "2", "3")]
    [InlineData("Stripe payments", "id,Amount,Customer ID,Customer Description,Customer Email,Customer Name,Card Name", "4", "5")]
    [InlineData("LinkedIn", "First Name,Last Name,URL,Email Address,Company,Position,Connected On", "3", "0+1")]
    [InlineData("Zoho", "Record Id,First Name,Last Name,Account Name,Email,Secondary Email,Email Opt Out", "4", "1+2")]
    [InlineData("Eventbrite", "Order #,Buyer First Name,Attendee first name,Attendee Surname,Attendee email,Ticket Type", "4", "2+3")]
    [InlineData("SurveyMonkey", "Respondent ID,Collector ID,IP Address,Email Address,First Name,Last Name,Custom Data 1", "3", "4+5")]
    [InlineData("Brevo", "EMAIL,PRENOM,NOM,SMS,DOUBLE_OPT-IN", "0", "1+2")]
    [InlineData("Amazon", "order-id,buyer-email,buyer-name,buyer-phone-number,recipient-name", "1", "2")]
    [InlineData("Calendly", "Invitee Name,Invitee Email,Event Type Name,Event Created By Email", "1", "0")]
    [InlineData("Active Directory", "DistinguishedName,DisplayName,GivenName,Name,SamAccountName,Surname,UserPrincipalName,EmailAddress", "7", "3|2+5")]
    [InlineData("Google Forms", "Timestamp,Email address,Your name *,Email me a copy", "1", "2")]
    [InlineData("R", "First.Name,Last.Name,E.mail.Address", "2", "0+1")]
    [InlineData("JSON to CSV", "user.email,id,name", "0", "2")]
    [InlineData("form", "* Email:,* Name:", "0", "1")]
    [InlineData("full-width letters", "Ｅｍａｉｌ,Ｎａｍｅ", "0", "1")]
    [InlineData("form, French", "Prénom (obligatoire),Nom (obligatoire),Adresse e\u2011mail (obligatoire)", "2", "0+1")]
    public void Exports_are_read(string program, string headers, string email, string fullName) => Feeds(headers).ShouldBe((email, fullName), program);

    [Theory]
    [InlineData("Vorname,Nachname,E-Mail-Adresse", "2", "0+1")]
    [InlineData("Vorname,Name,E-Mail", "2", "0+1")]
    [InlineData("Name,Vorname,Mail", "2", "1+0")]
    [InlineData("Prénom,Nom,Adresse e-mail", "2", "0+1")]
    [InlineData("PRENOM,NOM,COURRIEL", "2", "0+1")]
    [InlineData("Nom complet,Adresse électronique", "1", "0")]
    [InlineData("Nom et prénom,Mél", "1", "0")]
    [InlineData("Nombre,Apellidos,Correo electrónico", "2", "0+1")]
    [InlineData("Nombre completo,Dirección de correo electrónico", "1", "0")]
    [InlineData("nombre,correo", "1", "0")]
    [InlineData("Nome,Cognome,Indirizzo e-mail", "2", "0+1")]
    [InlineData("Nome e Cognome,Posta elettronica", "1", "0")]
    [InlineData("Nome,Sobrenome,E-mail", "2", "0+1")]
    [InlineData("Nome completo,Endereço de e-mail", "1", "0")]
    [InlineData("Voornaam,Achternaam,E-mailadres", "2", "0+1")]
    [InlineData("Voornaam,Naam,E-mail", "2", "0+1")]
    [InlineData("Volledige naam,mailadres", "1", "0")]
    [InlineData("Imię,Nazwisko,Adres e-mail", "2", "0+1")]
    [InlineData("Imię i nazwisko,e-mail", "1", "0")]
    [InlineData("Förnamn,Efternamn,E-postadress", "2", "0+1")]
    [InlineData("Namn,E-post", "1", "0")]
    [InlineData("Fornavn,Efternavn,E-mail", "2", "0+1")]
    [InlineData("Navn,Mailadresse", "1", "0")]
    [InlineData("Fornavn,Etternavn,E-post", "2", "0+1")]
    [InlineData("Jméno,Příjmení,E-mailová adresa", "2", "0+1")]
    [InlineData("Name,Surname,Email", "2", "0+1")]
    [InlineData("Nombre,Apellido Paterno,Apellido Materno,Correo", "3", "0+1")]
    [InlineData("Nombre,1er Apellido,2º Apellido,Correo", "3", "0+1")]
    [InlineData("Navn,Efternavn,E-mail", "2", "0+1")]
    [InlineData("Namn,Efternamn,E-post", "2", "0+1")]
    [InlineData("Nimi,Sukunimi,Sähköposti", "2", "0+1")]
    [InlineData("ชื่อ,นามสกุล,อีเมล", "2", "0+1")]
    [InlineData("Имя,Фамилия,Почта", "2", "0+1")]
    [InlineData("ПІБ,Електронна пошта", "1", "0")]
    [InlineData("Ονοματεπώνυμο,Ηλεκτρονικό ταχυδρομείο", "1", "0")]
    [InlineData("שם מלא,דוא\"ל", "1", "0")]
    [InlineData("الاسم الكامل,البريد الإلكتروني", "1", "0")]
    [InlineData("ชื่อ-นามสกุล,อีเมล", "1", "0")]
    [InlineData("お名前,メール", "1", "0")]
    [InlineData("氏名,メールアドレス", "1", "0")]
    [InlineData("姓名,邮箱", "1", "0")]
    [InlineData("姓名,電子信箱", "1", "0")]
    [InlineData("이름,이메일", "1", "0")]
    public void Languages_are_read(string headers, string email, string fullName) => Feeds(headers).ShouldBe((email, fullName));

    [Theory]
    [InlineData("Email opt-in")]
    [InlineData("E-mail verified")]
    [InlineData("Email type")]
    [InlineData("E-mail 1 - Label")]
    [InlineData("E-mail 1 - Type")]
    [InlineData("Email status")]
    [InlineData("Email count")]
    [InlineData("Email Domain")]
    [InlineData("Email Marketing")]
    [InlineData("Accepts Email Marketing")]
    [InlineData("Secondary Email")]
    [InlineData("Recovery Email")]
    [InlineData("Manager Email")]
    [InlineData("Emergency contact email")]
    [InlineData("Mailing Address")]
    [InlineData("Mailbox")]
    [InlineData("Last email sent")]
    [InlineData("Company email")]
    [InlineData("#")]
    [InlineData("*")]
    public void Other_columns_about_email_are_no_addresses(string header) =>
        Failure($"{header},name").Message.ShouldContain("no column matches \"email\"");

    [Theory]
    [InlineData("Username")]
    [InlineData("User Name")]
    [InlineData("user_name")]
    [InlineData("Company name")]
    [InlineData("Organization Name")]
    [InlineData("Account Name")]
    [InlineData("File name")]
    [InlineData("Nickname")]
    [InlineData("Screen Name")]
    [InlineData("Middle Name")]
    [InlineData("Event name")]
    [InlineData("E-mail Display Name")]
    [InlineData("Nom de l'entreprise")]
    [InlineData("Nombre de usuario")]
    [InlineData("First Contact,Last Contact")]
    [InlineData("First Name,Last Contacted")]
    public void Other_columns_called_names_are_no_full_names(string header) =>
        Failure($"email,{header}").Message.ShouldContain("no column matches \"full_name\"");

    [Theory]
    [InlineData("Work Email,Home Email,name", "\"email\": \"Work Email\" (column 1) and \"Home Email\" (column 2)", "email=#1")]
    [InlineData("Email,name,E-mail", "\"email\": \"Email\" (column 1) and \"E-mail\" (column 3)", "email=#1")]
    [InlineData("email,Buyer Name,Recipient Name", "\"full_name\": \"Buyer Name\" (column 2) and \"Recipient Name\" (column 3)", "full_name=#2")]
    [InlineData(
        "email,Buyer First Name,Buyer Last Name,Attendee First Name,Attendee Last Name",
        "the first part of \"full_name\": \"Buyer First Name\" (column 2) and \"Attendee First Name\" (column 4)", "full_name=#2+#3")]
    public void Columns_of_equal_rank_are_never_chosen_silently(string headers, string message, string remedy)
    {
        var failure = Failure(headers);
        failure.Message.ShouldContain($"2 columns match {message}");
        failure.Remedies.ShouldContain(new Remedy(ImportOption.Map, remedy));
    }

    [Theory]
    [InlineData("Email,E-mail 1 - Value,Billing Email,name", "0", "3")]
    [InlineData("Secondary Email,Work Email,Primary Email,name", "2", "3")]
    [InlineData("Shipping Email,Work Email,Contact Email,name", "2", "3")]
    [InlineData("email,Shipping Name,Billing Name", "0", "2")]
    [InlineData("email,Display Name,Contact Name,Name", "0", "3")]
    public void Of_several_columns_the_first_in_order_of_preference_is_chosen(string headers, string email, string fullName) =>
        Feeds(headers).ShouldBe((email, fullName));

    [Fact]
    public void A_name_that_contains_the_other_part_is_a_full_name()
    {
        Feeds("email,First name,Name", ["a@example.com", "Ann", "Ann Lee"]).ShouldBe(("0", "2"));
        Feeds("email,First name,Name", ["a@example.com", "Ann", "Lee"]).ShouldBe(("0", "1+2"));
        Feeds("email,Name,Surname", ["a@example.com", "Ann Lee", "Lee"]).ShouldBe(("0", "1"));
    }

    [Fact]
    public void A_header_that_another_column_is_called_matches_no_pattern()
    {
        var dataset = DatasetFile.Parse(
            """
            { "name": "d", "columns": {
              "email": { "type": "email", "variants": [["billing *"]] },
              "billing_email": { "type": "email" } } }
            """,
            "d.json");
        var sources = ColumnBinding.Bind(dataset, new FileHead(["billing_email"], []), NoMap).Sources;
        sources[0].Alternatives.ShouldBeEmpty();
        sources[1].Columns.ShouldBe([0]);
    }

    private static (string Email, string FullName) Feeds(string headers, params string[][] rows)
    {
        var sources = ColumnBinding.Bind(DatasetCatalog.Contacts, new FileHead(headers.Split(','), rows), NoMap).Sources
            .Select(source => string.Join('|', source.Alternatives.Select(columns => string.Join('+', columns)))).ToList();
        return (sources[0], sources[1]);
    }

    private static UnusableFileException Failure(string headers) => Should.Throw<UnusableFileException>(
        () => ColumnBinding.Bind(DatasetCatalog.Contacts, new FileHead(headers.Split(','), []), NoMap));
}
