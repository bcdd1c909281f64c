namespace CsvIngest.Tests.Fuzz;

/// <summary>Random flags about how a file and its values are read: right, wrong, or nonsense.</summary>
internal static class FuzzedFlags
{
    private static readonly (string Flag, string[] Values)[] Flags =
    [
        ("--delimiter", [",", ";", "tab", "|", "||", ", ", "é", "\"", "a", "@", "\\", "<sep>"]),
        ("--quote", ["\"", "'", "none", "é", "a", ",", "auto"]),
        ("--escape", ["doubled", "\\", "none", "^", "\"", "a"]),
        ("--encoding", ["utf-8", "windows-1252", "utf-16", "utf-16BE", "utf-32", "ascii", "shift_jis", "gb18030", "cp949", "437", "iso-2022-jp", "utf-7", "cp037"]),
        ("--skip-lines", ["0", "1", "3", "100000"]),
        ("--header-lines", ["1", "2", "5"]),
        ("--comment", ["#", ";", "\"", "a"]),
        ("--max-record-bytes", ["16", "64", "1000"]),
        ("--max-fields", ["1", "4", "10"]),
        ("--map", ["full_name=#1+#2", "full_name=#1+#2+#1", "email=#2", "email=name", "full_name=x"]),
        ("--null", ["Ann", "1", "-", "\\N", "é"]),
        ("--rows-per-message", ["1", "7", "1000"]),
    ];

    /// <summary>Returns random flags; none in one case out of three.</summary>
    public static List<string> Next(Random random)
    {
        var flags = new List<string>();
        if (random.Next(3) == 0)
        {
            return flags;
        }

        foreach (var (flag, values) in Flags)
        {
            if (random.Next(8) == 0)
            {
                flags.Add($"{flag}={values[random.Next(values.Length)]}");
            }
        }

        if (random.Next(12) == 0)
        {
            flags.Add("--no-header");
        }

        return flags;
    }
}
