namespace CsvIngest.Testing;

/// <summary>A new folder for one test, deleted with its content in the end.</summary>
public sealed class WorkFolder : IDisposable
{
    /// <summary>The full path.</summary>
    public string FullPath { get; } = Directory.CreateTempSubdirectory("csvingest-test-").FullName;

    /// <summary>The full path of a file in it, which need not exist.</summary>
    public string this[string name] => Path.Combine(FullPath, name);

    /// <summary>Writes a text as UTF-8 without a byte order mark.</summary>
    /// <returns>The full path.</returns>
    public string Write(string name, string text)
    {
        File.WriteAllText(this[name], text);
        return this[name];
    }

    /// <summary>Copies a sample, or anything else, into the folder under its own name.</summary>
    /// <param name="path">Relative to the repository, such as <c>samples/contacts.csv</c>, or absolute.</param>
    /// <returns>The full path of the copy.</returns>
    public string CopyIn(string path)
    {
        var copy = this[Path.GetFileName(path)];
        File.Copy(Repository.PathOf(path), copy);
        return copy;
    }

    /// <summary>The text of a file in it.</summary>
    public string Read(string name) => File.ReadAllText(this[name]);

    /// <inheritdoc/>
    public override string ToString() => FullPath;

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(FullPath, recursive: true);
}
