using System.IO.Compression;
using System.Text;
using CsvIngest.Importing.Text;

namespace CsvIngest.Tests.Fuzz;

/// <summary>Makes files that are almost valid: samples in which some bytes are damaged.</summary>
internal static class Mutations
{
    /// <summary>Larger files are slower and reveal no more. A few are larger, so that they span several blocks of the default size.</summary>
    private const int MaxBytes = 64 << 10;

    private const int MaxLargeBytes = 3 << 20;

    private static readonly byte[][] Insertions =
    [
        "\""u8.ToArray(), "\"\""u8.ToArray(), "'"u8.ToArray(), ","u8.ToArray(), ";"u8.ToArray(), "\t"u8.ToArray(), "|"u8.ToArray(), "||"u8.ToArray(),
        "\\"u8.ToArray(), "\n"u8.ToArray(), "\r"u8.ToArray(), "\r\n"u8.ToArray(), "\n\n"u8.ToArray(), "\0"u8.ToArray(), "#"u8.ToArray(), " "u8.ToArray(),
        " \""u8.ToArray(), "\" ,"u8.ToArray(), "=\""u8.ToArray(), ",,,\n"u8.ToArray(), ",,"u8.ToArray(), "\u001A\r\n"u8.ToArray(),
        "sep=;\n"u8.ToArray(), "a@b.example,x\n"u8.ToArray(), "\",\""u8.ToArray(), "é"u8.ToArray(), "\uFFFD"u8.ToArray(), "\u2028"u8.ToArray(), "😀"u8.ToArray(),
        [0xEF, 0xBB, 0xBF], [0xFF, 0xFE], [0xFE, 0xFF], [0xFF], [0xC3], [0xE9], [0xED, 0xA0, 0x80], [0x81], [0x1A], [0x1F, 0x8B], [0x85],
    ];

    private static readonly string[] Encodings =
        ["utf-16", "utf-16BE", "utf-32", "utf-32BE", "windows-1252", "iso-8859-15", "shift_jis", "gb18030", "utf-7", "cp037"];

    /// <summary>Returns a file: always the same for the same sample and state of the random numbers.</summary>
    public static byte[] Next(Random random, byte[] sample)
    {
        // Without its header the whole file is soon unusable, so the header is usually left alone.
        var body = random.Next(4) == 0 ? 0 : sample.AsSpan().IndexOf((byte)'\n') + 1;
        var file = random.Next(30) == 0 ? Noise(random, random.Next(300)) : sample[body..];
        if (random.Next(3) == 0)
        {
            // Short files have the most oddities.
            file = Some(random, file, 400);
        }

        for (var times = random.Next(8); times > 0; times--)
        {
            file = Mutate(random, file, sample);
            file = file.Length > MaxBytes ? file[..MaxBytes] : file;
        }

        // The same change in header and rows results in another dialect or encoding instead of mere garbage.
        file = [.. sample[..body], .. file];
        file = random.Next(3) == 0 ? Replace(random, file) : file;
        file = random.Next(6) == 0 ? Swap(random, file) : file;
        file = random.Next(6) == 0 ? Mutate(random, file, sample) : file;

        if (random.Next(200) == 0 && file.Length > 0)
        {
            file = [.. Enumerable.Repeat(file, 1 + (MaxLargeBytes / file.Length)).SelectMany(part => part)];
        }

        return random.Next(10) == 0 ? Zip(random, file) : file;
    }

    private static byte[] Mutate(Random random, byte[] file, byte[] sample)
    {
        var at = random.Next(file.Length + 1);
        switch (random.Next(12))
        {
            case 0 or 1 when at < file.Length:
                file[at] ^= (byte)(1 << random.Next(8));
                return file;
            case 2 when at < file.Length:
                file[at] = (byte)random.Next(256);
                return file;
            case 3:
                return file[..at];
            case 4:
                return file[at..];
            case 5:
                return [.. file[..at], .. file[Math.Min(file.Length, at + random.Next(60))..]];
            case 6:
                return [.. file[..at], .. Some(random, file, 200), .. file[at..]];
            case 7:
                return [.. file, .. sample];
            case 8:
                return Swap(random, file);
            case 9:
                return Replace(random, file);
            default:
                return Sprinkle(random, file);
        }
    }

    private static byte[] Some(Random random, byte[] file, int most)
    {
        var at = random.Next(file.Length + 1);
        return file.AsSpan(at, Math.Min(random.Next(most), file.Length - at)).ToArray();
    }

    private static byte[] Noise(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    private static byte[] Sprinkle(Random random, byte[] file)
    {
        var what = Insertions[random.Next(Insertions.Length)];
        for (var times = 1 + random.Next(5); times > 0; times--)
        {
            var at = random.Next(file.Length + 1);
            file = [.. file[..at], .. what, .. file[at..]];
        }

        return file;
    }

    /// <summary>Replaces every separator, quote or line end of one kind by one of another kind.</summary>
    private static byte[] Replace(Random random, byte[] file)
    {
        var text = Encoding.Latin1.GetString(file);
        var (from, to) = random.Next(6) switch
        {
            0 => (",", ";"),
            1 => (",", "\t"),
            2 => ("\"", "'"),
            3 => ("\n", "\r\n"),
            4 => ("\n", "\r"),
            _ => ("\"\"", "\\\""),
        };
        return Encoding.Latin1.GetBytes(text.Replace(from, to, StringComparison.Ordinal));
    }

    private static byte[] Swap(Random random, byte[] file)
    {
        var encoding = TextEncodings.Find(Encodings[random.Next(Encodings.Length)]) ?? Encoding.Latin1;
        return [.. random.Next(2) == 0 ? encoding.Preamble : [], .. encoding.GetBytes(Encoding.UTF8.GetString(file))];
    }

    private static byte[] Zip(Random random, byte[] file)
    {
        var zipped = new MemoryStream();
        if (random.Next(2) == 0)
        {
            using var gzip = new GZipStream(zipped, CompressionLevel.Fastest, leaveOpen: true);
            gzip.Write(file);
        }
        else
        {
            using var archive = new ZipArchive(zipped, ZipArchiveMode.Create, leaveOpen: true);
            var entry = archive.CreateEntry("f.csv", random.Next(2) == 0 ? CompressionLevel.Fastest : CompressionLevel.NoCompression);
            // The same archive whenever it is made.
            entry.LastWriteTime = new DateTimeOffset(2024, 5, 1, 10, 20, 30, TimeSpan.Zero);
            using var content = entry.Open();
            content.Write(file);
        }

        var bytes = zipped.ToArray();
        switch (random.Next(4))
        {
            case 0:
                return bytes[..random.Next(bytes.Length)];
            case 1:
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                return bytes;
            default:
                return bytes;
        }
    }
}
