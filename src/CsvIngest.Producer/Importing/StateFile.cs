using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CsvIngest.Importing.Sources;

namespace CsvIngest.Producer.Importing;

/// <summary>
/// Keeps the state of an unfinished import on disk: beside the file, or in a folder of its own. It is there from before the first
/// message until the closing is confirmed.
/// </summary>
internal sealed class StateFile(string path)
{
    public string Path => path;

    /// <summary>The state file of an input.</summary>
    /// <param name="source">The input.</param>
    /// <param name="folder">The folder of <c>--state</c>; null for beside the file.</param>
    public static StateFile Of(Source source, string? folder)
    {
        var file = source.Path ?? throw new ArgumentException("Standard input has no state.", nameof(source));
        if (folder is null)
        {
            return new StateFile(System.IO.Path.Combine(System.IO.Path.GetDirectoryName(file)!, $".{source.Name}.csvingest"));
        }

        // Files of the same name from several folders may share a state folder.
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(file)))[..12];
        return new StateFile(System.IO.Path.Combine(folder, $"{source.Name}.{hash}.csvingest"));
    }

    /// <summary>The state; null where no import is unfinished.</summary>
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
    /// <exception cref="IOException">It cannot be written; says what to do.</exception>
    public void Write(ImportState state)
    {
        var next = path + ".next";
        try
        {
            System.IO.Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
            using (var file = new FileStream(next, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                JsonSerializer.Serialize(file, state, ImportStateJson.Default.ImportState);
                file.Flush(flushToDisk: true);
            }

            File.Move(next, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            DeleteIfThere(next);
            throw new IOException($"The state file {path} cannot be written; --state DIR names another folder. {e.Message}", e);
        }
    }

    public void Delete() => DeleteIfThere(path);

    // Deleting what is in no folder would fail.
    private static void DeleteIfThere(string file)
    {
        if (File.Exists(file))
        {
            File.Delete(file);
        }
    }

    private UnusableFileException Unusable(string what, Exception? inner = null) => new(
        $"The state file {path} {what}. Say --restart to import the file from its start, as a new import.", inner);
}
