using System.Security.Cryptography;
using System.Text;

namespace CsvIngest.Importing;

/// <summary>Names of files that are made from the name of another one.</summary>
internal static class FileNames
{
    /// <summary>The longest name of a file on most file systems, in bytes.</summary>
    private const int MaxBytes = 255;

    /// <summary>The hidden folder in which the producer keeps what it has to remember about the files beside it.</summary>
    public const string MemoryFolder = ".csvingest";

    /// <summary>A short text that tells a name or a path from others.</summary>
    public static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..12];

    /// <summary>A name that is still short enough with what is added to it: the name itself, or its start and its hash.</summary>
    /// <param name="name">The name.</param>
    /// <param name="added">How many bytes are added at most.</param>
    public static string Fit(string name, int added)
    {
        if (Encoding.UTF8.GetByteCount(name) + added <= MaxBytes)
        {
            return name;
        }

        var hash = "~" + Hash(name);
        var room = MaxBytes - added - hash.Length;
        return string.Concat(name.EnumerateRunes().TakeWhile(rune => (room -= rune.Utf8SequenceLength) >= 0)) + hash;
    }
}
