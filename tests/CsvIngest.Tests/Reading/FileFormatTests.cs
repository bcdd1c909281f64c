using System.Text;
using CsvIngest.Importing.Detection;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Reading;

/// <summary>What is not CSV is rejected as a whole, with its name; what merely resembles something else is read.</summary>
public sealed class FileFormatTests
{
    [Theory]
    [InlineData("<!DOCTYPE html>\n<html><head><title>Sign in</title></head>\n<body><p>Please sign in, to go on</p></body></html>", "an HTML page")]
    [InlineData("\uFEFF\n\n  <!doctype HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\">\n<html>", "an HTML page")]
    [InlineData("<!-- saved from url=(0014)about:internet, x -->\n<!-- b -->\n<HTML>\n", "an HTML page")]
    [InlineData("<?xml version=\"1.0\"?>\n<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0\">\n<html>", "an HTML page")]
    [InlineData("<html>\nemail,name\nann@example.com,Ann\n", "an HTML page")]
    [InlineData("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rows><row email=\"a\"/></rows>", "an XML document")]
    [InlineData("<rows>\n  <row><email>a</email></row>\n</rows>\n", "an XML document")]
    [InlineData("<?xml version=\"1.0\"?>\n<?mso-application progid=\"Excel.Sheet\"?>\n<Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">", "in XML format")]
    [InlineData("[\n  {\"email\": \"ann@example.com\", \"name\": \"Ann\"},\n  {\"email\"", "JSON")]
    [InlineData("{\"email\":\"ann@example.com\",\"name\":\"Ann\"}\n{\"email\":\"bob@example.com\",\"name\":\"Bob\"}\n", "JSON")]
    [InlineData("[[\"email\",\"name\"],[\"ann@example.com\",\"Ann\"]]", "JSON")]
    [InlineData("[]", "JSON")]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "Git LFS pointer")]
    [InlineData("/annex/objects/MD5E-s10--0.csv\n", "git-annex pointer")]
    [InlineData("BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ann\r\nEND:VCARD\r\n", "vCards")]
    [InlineData("From ann@example.com Mon May  1 10:00:00 2024\nReturn-Path: <ann@example.com>\nSubject: x\n\nemail,name\n", "e-mail message")]
    [InlineData("Subject: contacts, all of them\n of 2024\nDate: Mon\nMIME-Version: 1.0\n\nx\n", "e-mail message")]
    [InlineData("%PDF-1.7\n", "a PDF document")]
    [InlineData("{\\rtf1\\ansi x, y}", "rich text")]
    [InlineData("Obj\u0001\u0004\u0014avro.codec", "an Avro file")]
    [InlineData("PAR1\u0015\u0004\u0015", "a Parquet file")]
    [InlineData("GIF89a\u0001\0\u0001\0\0\0\0", "an image")]
    [InlineData("SQLite format 3\0\u0010\0", "an SQLite database")]
    [InlineData("BZh91AY&SY", "bzip2")]
    public void A_file_of_another_format_is_rejected_with_its_name(string text, string name) => ShouldBe(Encoding.UTF8.GetBytes(text), name);

    [Theory]
    [InlineData(new byte[] { 0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1 }, ".xls")]
    [InlineData(new byte[] { 0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A }, "an image")]
    [InlineData(new byte[] { 0xFF, 0xD8, 0xFF, 0xE0 }, "an image")]
    [InlineData(new byte[] { 0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00 }, "xz")]
    [InlineData(new byte[] { 0x28, 0xB5, 0x2F, 0xFD }, "Zstandard")]
    [InlineData(new byte[] { 0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C }, "a 7-Zip archive")]
    [InlineData(new byte[] { 0x52, 0x61, 0x72, 0x21, 0x1A, 0x07, 0x01, 0x00 }, "a RAR archive")]
    [InlineData(new byte[] { 0x50, 0x4B, 3, 4 }, "a ZIP archive")]
    [InlineData(new byte[] { 0x1F, 0x8B, 8 }, "gzip twice")]
    public void A_binary_format_is_recognized_by_its_first_bytes(byte[] start, string name) => ShouldBe([.. start, .. "more, of it\n"u8], name);

    [Fact]
    public void A_workbook_from_a_pipe_is_recognized_by_its_first_member() => ShouldBe(
        [.. "PK\u0003\u0004"u8, .. new byte[22], 19, 0, 0, 0, .. "[Content_Types].xml"u8, .. new byte[100]], "an Office document");

    [Fact]
    public void A_tar_archive_is_recognized_although_it_starts_with_a_file_name()
    {
        var tar = new byte[1024];
        "contacts.csv"u8.CopyTo(tar);
        "ustar"u8.CopyTo(tar.AsSpan(257));

        ShouldBe(tar, "a tar archive");
    }

    [Theory]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    [InlineData("utf-32")]
    public void A_web_page_is_recognized_in_any_encoding(string name)
    {
        var encoding = CsvIngest.Importing.Text.TextEncodings.Find(name)!;
        ShouldBe([.. encoding.Preamble, .. encoding.GetBytes("\r\n<html>\r\n<body>a, b</body>\r\n</html>")], "an HTML page");
    }

    [Theory]
    [InlineData("{id},name\n1,Ann\n", "{id}|name")]
    [InlineData("{\"id\"},name\n1,Ann\n", "{\"id\"}|name")]
    [InlineData("[id],[name]\n1,Ann\n", "[id]|[name]")]
    [InlineData("[1],[2]\na,b\n", "[1]|[2]")]
    [InlineData("<b>Name</b>,<i>Mail</i>\nAnn,a\n", "<b>Name</b>|<i>Mail</i>")]
    [InlineData("<html_body>,name\nx,y\n", "<html_body>|name")]
    [InlineData("name,body\nAnn,<!DOCTYPE html><html>\n", "name|body")]
    [InlineData("<5,>5\n1,2\n", "<5|>5")]
    [InlineData("PAR1,PAR2\n1,2\n", "PAR1|PAR2")]
    [InlineData("GIF89a,x\n1,2\n", "GIF89a|x")]
    [InlineData("7zXZ,x\n1,2\n", "7zXZ|x")]
    [InlineData("PK,x\n1,2\n", "PK|x")]
    [InlineData("BZh9,x\n1,2\n", "BZh9|x")]
    [InlineData("Rar!,x\n1,2\n", "Rar!|x")]
    [InlineData("version,https\n1,2\n", "version|https")]
    [InlineData("From,Subject\na,b\n", "From|Subject")]
    [InlineData("From: A,To: B\n1,2\n", "From: A|To: B")]
    [InlineData("Received:,Date\n1,2\n", "Received:|Date")]
    public void A_csv_file_that_resembles_another_format_is_read(string text, string names) =>
        string.Join('|', ReadFile.From(text, new ReadingOptions { SkipLines = 0, Quote = QuoteSetting.None }).Shape.Names).ShouldBe(names);

    private static void ShouldBe(byte[] bytes, string name)
    {
        var message = Should.Throw<UnusableFileException>(() => ReadFile.From(bytes)).Message;
        message.ShouldStartWith("This is ");
        message.ShouldContain(name);
        message.ShouldContain(", not a CSV file. ");
        message.ShouldEndWith(".");
    }
}
