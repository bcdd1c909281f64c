using CsvIngest.Importing.Detection;
using CsvIngest.Importing.Text;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Reading;

/// <summary>Files in the encodings of other scripts, from before Unicode.</summary>
public sealed class ScriptDetectionTests
{
    [Theory]
    [InlineData("windows-1251", "Иван Петров", "Анна Сидорова", "Пётр Ёлкин")]
    [InlineData("koi8-r", "Иван Петров", "Анна Сидорова", "Пётр Соколов")]
    [InlineData("koi8-u", "Олександр Шевченко", "Ірина Ткаченко", "Андрій Їжак", "Євген Ґалаґан")]
    [InlineData("cp866", "Иван Петров", "Анна Сидорова", "Пётр Соколов")]
    [InlineData("iso-8859-5", "Иван Петров", "Анна Сидорова", "Пётр Соколов")]
    [InlineData("windows-1253", "Γιώργος Παπαδόπουλος", "Άννα Νικολάου", "Δημήτρης Βλάχος")]
    [InlineData("windows-1255", "דוד כהן", "שרה לוי", "אברהם מזרחי")]
    [InlineData("windows-1256", "محمد الحسن", "فاطمة العلي", "خالد حسين")]
    [InlineData("windows-874", "สมชาย ใจดี", "สมหญิง แสงทอง", "วิชัย ศรีสุข")]
    [InlineData("shift_jis", "山田太郎", "佐藤花子", "鈴木一郎", "高橋健太", "田中さくら", "渡辺ユウキ", "伊藤美咲")]
    [InlineData("euc-jp", "山田太郎", "佐藤花子", "鈴木一郎", "高橋健太", "田中さくら", "渡辺ユウキ", "伊藤美咲")]
    [InlineData("gb18030", "王小明", "李秀英", "张伟", "刘芳", "陈静", "杨磊", "赵敏", "黄丽", "周强", "吴娜")]
    [InlineData("big5", "陳志明", "林春嬌", "黃家豪", "張淑芬", "李俊宏", "王雅婷", "吳怡君")]
    [InlineData("cp949", "김철수", "이영희", "박민준", "최서연", "정지훈", "강수진")]
    public void The_encodings_of_other_scripts_are_detected_and_reported(string name, params string[] names)
    {
        var encoding = TextEncodings.Find(name)!;

        var file = ReadFile.From(encoding.GetBytes("email,name\n" + string.Concat(names.Select((value, i) => $"user{i}@example.com,{value}\n"))));

        file.Shape.Encoding.ShouldBe(TextEncodings.Describe(encoding));
        file.Summary().ShouldBe(string.Join('\n', names.Select((value, i) => $"{i + 2} user{i}@example.com¦{value}")));
        var warning = file.Warnings.ShouldHaveSingleItem();
        warning.Text.ShouldBe($"The file is not valid UTF-8 (first at line 2); reading it as {file.Shape.Encoding}.");
        warning.Options.ShouldBe([ImportOption.Encoding]);
    }

    [Theory]
    [InlineData("windows-1252", "Jürgen Müller", "Käthe Groß", "Björn Weiß", "Günther Jäger", "Hüseyin Köhler")]
    [InlineData("windows-1252", "François Lefèvre", "Hélène Béranger", "Noël Ménard", "Zoé Éclair", "Andrée Gérard")]
    [InlineData("windows-1252", "José Muñoz", "Íñigo Ibáñez", "Ángel Peñón", "Núria López", "María Núñez")]
    [InlineData("windows-1252", "João Gonçalves", "Conceição Simões", "Inês Araújo", "Antônio Guimarães")]
    [InlineData("windows-1252", "O’Neil “Jack” D’Arcy", "O’Brien – Smith™", "“X” & “Y”", "It’s “Ann’s”")]
    [InlineData("windows-1252", "Åke Åström", "Göran Öberg", "Märta Sjögren", "Øystein Ångström")]
    [InlineData("windows-1250", "Łukasz Żółć", "Świątek Małgorzata", "Jiří Dvořák", "Zdeněk Růžička")]
    [InlineData("windows-1254", "Şükrü Yılmaz", "Çiğdem Öztürk", "Gülşah Çağlar")]
    [InlineData("macintosh", "Jürgen Müller", "François Éclair", "José Muñoz", "Hélène Béranger")]
    public void Accented_letters_are_taken_for_no_other_script(string name, params string[] names)
    {
        var bytes = TextEncodings.Find(name)!.GetBytes("email,name\n" + string.Concat(names.Select((value, i) => $"user{i}@example.com,{value}\n")));

        ReadFile.From(bytes).Shape.Encoding.ShouldBe("Windows-1252");
    }

    [Fact]
    public void Few_characters_of_another_script_decide_nothing()
    {
        var file = ReadFile.From(TextEncodings.Find("windows-1251")!.GetBytes("email,name\nann@example.com,Анна\n"));

        file.Shape.Encoding.ShouldBe("Windows-1252");
    }

    [Fact]
    public void Utf8_with_some_bad_rows_stays_utf8_in_any_script()
    {
        var file = ReadFile.From([.. "email,name\na@example.com,Иван Петров\nb@example.com,Анна "u8, 0xCF, .. "\nc@example.com,Пётр\n"u8]);

        file.Shape.Encoding.ShouldBe("UTF-8");
        file.Summary().ShouldBe("2 a@example.com¦Иван Петров\n3 !invalid-encoding\n4 c@example.com¦Пётр");
    }

    [Fact]
    public void Rows_before_the_first_other_character_are_read_once_and_unchanged()
    {
        var encoding = TextEncodings.Find("shift_jis")!;
        var plain = "a,b\n" + string.Concat(Enumerable.Range(0, 5000).Select(i => $"row,{i}\n"));
        byte[] bytes = [.. encoding.GetBytes(plain), .. encoding.GetBytes("山田太郎,1\n田中さくら,2\n渡辺ユウキ,3\n")];

        var file = ReadFile.From(bytes, new ReadingOptions { WindowBytes = 4096, BlockBytes = 1000 });

        file.Shape.Encoding.ShouldBe("shift_jis");
        file.Records.Count.ShouldBe(5003);
        file.Records.Select(record => record.Joined).Skip(4999).ShouldBe(["row¦4999", "山田太郎¦1", "田中さくら¦2", "渡辺ユウキ¦3"]);
        file.Records.SelectMany(record => record.Raw).ShouldBe(bytes.AsEnumerable().Skip(4));
    }
}
