using System.Text;

namespace CsvIngest.Importing.Domains;

/// <summary>
/// The verdicts that decided the fates of an import's rows, kept on disk beside the state file. A resumed import reads again what is
/// published already, and a slice number must always mean the same rows with the same fates, whatever name servers say by then.
/// One line for each domain: the domain and the verdict. A line that a crash cut short decided nothing yet.
/// </summary>
internal sealed class VerdictFile : IDisposable
{
    private readonly string _path;
    private readonly FileStream _file;
    private readonly StringBuilder _unsaved = new();

    private VerdictFile(string path, FileStream file) => (_path, _file) = (path, file);

    /// <summary>Creates the file of a new import; it replaces that of an earlier one.</summary>
    /// <exception cref="UnwritableFileException">It cannot be written.</exception>
    public static VerdictFile Create(string path) => new(path, Open(path, FileMode.Create));

    /// <summary>Opens the file of an import that is resumed.</summary>
    /// <param name="path">The file.</param>
    /// <param name="known">Receives the verdicts.</param>
    /// <exception cref="UnusableFileException">It is missing or damaged.</exception>
    /// <exception cref="UnwritableFileException">It cannot be written.</exception>
    public static VerdictFile Resume(string path, Action<string, DomainVerdict> known)
    {
        if (!File.Exists(path))
        {
            throw Unusable(path, "is missing");
        }

        var file = Open(path, FileMode.Open);
        try
        {
            var text = new byte[file.Length];
            file.ReadExactly(text);
            var whole = text.AsSpan().LastIndexOf((byte)'\n') + 1;
            foreach (var line in Encoding.ASCII.GetString(text, 0, whole).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                if (line.Split(' ') is not [var domain, var name] || !Enum.TryParse<DomainVerdict>(name, out var verdict))
                {
                    throw Unusable(path, "is damaged");
                }

                known(domain, verdict);
            }

            file.SetLength(whole);
            file.Position = whole;
            return new VerdictFile(path, file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Adds a verdict, to be saved with the others.</summary>
    public void Add(string domain, DomainVerdict verdict) => _unsaved.Append(domain).Append(' ').Append(verdict).Append('\n');

    /// <summary>Saves what was added; on return it is on disk.</summary>
    /// <exception cref="UnwritableFileException">It cannot be written.</exception>
    public void Save()
    {
        if (_unsaved.Length == 0)
        {
            return;
        }

        try
        {
            _file.Write(Encoding.ASCII.GetBytes(_unsaved.ToString()));
            _file.Flush(flushToDisk: true);
        }
        catch (IOException e)
        {
            throw Unwritable(_path, e);
        }

        _unsaved.Clear();
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static FileStream Open(string path, FileMode mode)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, BufferSize = 0 };
            if (mode == FileMode.Create && !OperatingSystem.IsWindows())
            {
                // Whom people write to is nobody else's business.
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            return new FileStream(path, options);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(path, e);
        }
    }

    private static UnwritableFileException Unwritable(string path, Exception inner) => new(
        $"The file {DisplayText.OneLine(path)} of verdicts about domains cannot be written. {FailureReason.Of(inner)}",
        inner,
        new Remedy(ImportOption.State));

    private static UnusableFileException Unusable(string path, string what) => new(
        $"The file {DisplayText.OneLine(path)}, with the verdicts about domains of an unfinished import, {what}.",
        null,
        new Remedy(ImportOption.Restart));
}
