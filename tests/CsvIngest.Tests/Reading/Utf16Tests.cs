using System.Text;
using CsvIngest.Importing.Detection;
using CsvIngest.Importing.Text;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Reading;

/// <summary>UTF-16 without a byte order mark, in any script.</summary>
public sealed class Utf16Tests
{
    public static TheoryData<string> Tables =>
    [
        "email\tname\nann@moss.example\tAnn\n",
        "email,name\r\nann@moss.example,Ann\r\n",
        "email\tname\tnote\nann@moss.example\tАнна Иванова\tпривет мир\nbob@moss.example\t謏小明\t你好世界\n",
        "Имя;Почта\r\nАнна;anna@moss.example\r\n",
        "Όνομα,Email\nΆννα,a@b.cc\n",
        "الاسم,البريد\nآن,ann@moss.example\n",
        "שם;דואל\r\nחנה;h@moss.example\r\n",
        "邮箱\t姓名\n一@moss.example\t一二三丁\n",
        "名前,メール\r\nアン・リー,ann@moss.example\r\n",
        "이름,메일\n김앤,ann@moss.example\n",
        "नाम,ईमेल\nऐन,ann@moss.example\n",
        "ਨਾਮ,ਈਮੇਲ\nਐਨ,ann@moss.example\n",
        "નામ,ઈમેલ\nએન,ann@moss.example\n",
        "പേര്,മെയിൽ\nആൻ,ann@moss.example\n",
        "ชื่อ,อีเมล\nแอน,ann@moss.example\n",
        "Ⰰⰱ,Ⰲ\nⰀ,x@y.zz\n",
        "😀,name\n😀😀,Ann\n",
        "Имя;Почта\n" + "Анна Иванова Петровна Сидорова Кузнецова;почта\nБорис Борисович Борисов;нет почты у него\n",
        "一丁七,万丈三\n上下不,与丐丑\n",
        "a,b\n1,2\n",
    ];

    [Theory]
    [MemberData(nameof(Tables))]
    public void Both_byte_orders_are_detected(string table)
    {
        foreach (var encoding in (Encoding[])[Encoding.Unicode, Encoding.BigEndianUnicode])
        {
            var file = ReadFile.From(encoding.GetBytes(table));

            file.Shape.Encoding.ShouldBe(TextEncodings.Describe(encoding), table);
            string.Join('¦', file.Shape.Names).ShouldBe(table.Split('\n')[0].Trim().Replace(',', '¦').Replace(';', '¦').Replace('\t', '¦'));
            file.Records.ShouldAllBe(record => record.RejectReason == null);
            file.Warnings[0].Text.ShouldContain("although the file has no byte order mark");
        }
    }

    [Theory]
    [InlineData("a\0,b\nx\0y,z\n")]
    [InlineData("name\0\0\0\0,city\0\0\0\0\nAnn\0\0\0\0\0,Ulm\0\0\0\0\0\n")]
    [InlineData("name\0,city\0\nAnn Lee,\0\n\0Bob Ray,Ulm\n\0")]
    [InlineData("k;v\n1;\0x\n2;y\n")]
    public void Eight_bit_text_with_NUL_bytes_is_not_UTF_16(string text) =>
        ReadFile.From(Encoding.ASCII.GetBytes(text), new ReadingOptions { NoHeader = true }).Shape.Encoding.ShouldBe("UTF-8");

    [Fact]
    public void A_file_that_was_cut_inside_a_character_is_still_UTF_16()
    {
        var bytes = Encoding.Unicode.GetBytes("Имя;Почта\nАнна;anna@moss.example\nБорис;б");

        ReadFile.From(bytes[..^1]).Shape.Encoding.ShouldBe("UTF-16 LE");
    }
}
