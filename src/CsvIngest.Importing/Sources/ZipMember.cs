using System.Globalization;
using System.IO.Compression;
using System.IO.Hashing;

namespace CsvIngest.Importing.Sources;

/// <summary>A member of a ZIP archive.</summary>
/// <param name="Index">Its position in the archive's directory: names need not be unique.</param>
/// <param name="FullName">
/// Its name in the archive. Anybody may have written it: nothing is ever opened or created under this name.
/// </param>
internal sealed record ZipMember(int Index, string FullName)
{
    /// <summary>Names have up to 65,535 bytes; the end is what tells them apart. A guess.</summary>
    private const int MaxNameLength = 120;

    /// <summary>The name as it is shown: its parts without those that lead elsewhere, and without control and format characters.</summary>
    public string DisplayName { get; } = Display(FullName);

    /// <summary>The last part of that, as a name that a file can have.</summary>
    public string FileName => string.Join('_', Path.GetFileName(DisplayName).Split(Path.GetInvalidFileNameChars()));

    public bool IsFolder => FullName.EndsWith('/') || FullName.EndsWith('\\');

    /// <summary>Whether it is a hidden file, or what macOS stores about another file.</summary>
    public bool IsHidden => Parts(FullName).Any(part => part.StartsWith('.') || part == "__MACOSX");

    public bool HasExtension(params ReadOnlySpan<string> extensions)
    {
        var plain = FullName.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? FullName[..^3] : FullName;
        foreach (var extension in extensions)
        {
            if (plain.EndsWith(extension, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Opens it for reading, which checks its length and checksum at the end.</summary>
    /// <param name="archive">The archive.</param>
    /// <exception cref="UnusableFileException">It is not there, is encrypted, or is compressed in an unknown way.</exception>
    public (Stream Data, long CompressedBytes) Open(ZipArchive archive)
    {
        if (Index >= archive.Entries.Count || archive.Entries[Index].FullName != FullName)
        {
            throw new UnusableFileException($"The ZIP archive no longer contains {DisplayName} where it was. Import the archive again.");
        }

        var entry = archive.Entries[Index];
        if (entry.IsEncrypted)
        {
            throw new UnusableFileException($"{DisplayName} in the ZIP archive is encrypted. Extract it with its password, and import that.");
        }

        return (new Content(entry.Open(), entry.Length, entry.Crc32), entry.CompressedLength);
    }

    private static string Display(string name)
    {
        var shown = string.Join('/', Parts(name).Select(part => string.Concat(part.Select(c => IsPlain(c) ? c : '?'))));
        return shown.Length <= MaxNameLength ? shown : "…" + shown[^MaxNameLength..];
    }

    // A file gets a name that is made from it: none that a terminal or a file manager shows as another one.
    private static bool IsPlain(char c) =>
        char.GetUnicodeCategory(c) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate);

    private static IEnumerable<string> Parts(string name) => name.Split('/', '\\').Where(part => part is not ("" or "." or ".."));

    /// <summary>The data of a member. The framework does not check it against the directory.</summary>
    private sealed class Content(Stream expanded, long length, uint crc) : ForwardStream
    {
        private readonly Crc32 _crc = new();
        private long _length;

        public override int Read(Span<byte> buffer)
        {
            var read = expanded.Read(buffer);
            _crc.Append(buffer[..read]);
            _length += read;
            if (read == 0 && buffer.Length > 0 && (_length != length || _crc.GetCurrentHashAsUInt32() != crc))
            {
                throw new InvalidDataException("The data does not have the length and checksum that the directory states.");
            }

            return read;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                expanded.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
