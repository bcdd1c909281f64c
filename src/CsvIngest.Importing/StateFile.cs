using System.Text.Json;
using CsvIngest.Importing.Domains;

namespace CsvIngest.Importing;

/// <summary>
/// Keeps the state of an import on disk: beside the file, or in a folder of its own. It exists from before the first message until the
/// closing message is confirmed; longer if the file is to be moved then, or to be imported only once.
/// </summary>
internal sealed class StateFile(string path)
{
    /// <summary>What is added to a file's name at most: a dot, two hashes with theirs, and two endings.</summary>
    private const int AddedBytes = 48;

    /// <summary>The state file of a file to import.</summary>
    /// <param name="file">The file's full path.</param>
    /// <param name="member">What tells a table in an archive from the others; null for a file that is imported as a whole.</param>
    /// <param name="folder">The folder of all state files; null for beside the file.</param>
    public static StateFile Of(string file, string? member, string? folder)
    {
        // A name in an archive may be anything, and there may be several of one name.
        var name = FileNames.Fit(Path.GetFileName(file), AddedBytes) + (member is null ? "" : $".{FileNames.Hash(member)}");
        return folder is null
            ? new StateFile(Path.Combine(Path.GetDirectoryName(file)!, $".{name}.csvingest"))
            // Files of the same name from several folders may share a state folder.
            : new StateFile(Path.Combine(folder, $"{name}.{FileNames.Hash(file)}.csvingest"));
    }

    /// <summary>The state; null if there is none: no import of the file is unfinished or remembered.</summary>
    /// <exception cref="UnusableFileException">It is damaged, or of another version.</exception>
    public ImportState? Read()
    {
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            var state = JsonSerializer.Deserialize(File.ReadAllText(path), ImportStateJson.Default.ImportState);
            return state is { Version: ImportState.CurrentVersion }
                ? state
                : throw Unusable($"has version {state?.Version.ToString() ?? "none"}; expected {ImportState.CurrentVersion}");
        }
        catch (JsonException e)
        {
            throw Unusable("is damaged", e);
        }
    }

    /// <summary>Replaces the state, as a whole or not at all; on return it is on disk.</summary>
    /// <exception cref="UnwritableFileException">It cannot be written.</exception>
    public void Write(ImportState state)
    {
        try
        {
            WholeFile.Write(path, file => file.Write(JsonSerializer.SerializeToUtf8Bytes(state, WritingJson.Default.ImportState)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UnwritableFileException($"The state file {DisplayText.OneLine(path)} cannot be written. {FailureReason.Of(e)}", e, new Remedy(ImportOption.State));
        }
    }

    /// <summary>The file whose lock stands for the state and what belongs to it. It exists while an import runs.</summary>
    public string LockPath => path + ".lock";

    /// <summary>The file of the import's <see cref="VerdictFile"/>.</summary>
    public string VerdictsPath => path + ".domains";

    public void Delete()
    {
        WholeFile.DeleteIfThere(path);
        DeleteVerdicts();
    }

    /// <summary>Deletes the verdicts: the import is done, so none of its rows is read again.</summary>
    public void DeleteVerdicts() => WholeFile.DeleteIfThere(VerdictsPath);

    private UnusableFileException Unusable(string what, Exception? inner = null) => new(
        $"The state file {DisplayText.OneLine(path)} {what}.", inner, new Remedy(ImportOption.Restart));
}
