namespace CsvIngest.Importing.Rows;

/// <summary>A place for the two rejects files of an input.</summary>
/// <param name="Folder">The folder.</param>
/// <param name="Stem">The names of the files without their endings.</param>
internal sealed record RejectsPlace(string Folder, string Stem)
{
    private const string RejectedEnding = ".rejected.csv";
    private const string ErrorsEnding = ".errors.csv";

    /// <summary>The file of the rejected records.</summary>
    public string Rejected => Path.Combine(Folder, Stem + RejectedEnding);

    /// <summary>The file of the reasons.</summary>
    public string Errors => Path.Combine(Folder, Stem + ErrorsEnding);

    /// <summary>Where <see cref="Rejected"/> is while it is written: hidden and partial, so that nobody takes it for the whole file.</summary>
    public string PartialRejected => Path.Combine(Folder, $".{Stem}{RejectedEnding}.part");

    /// <summary>Where <see cref="Errors"/> is while it is written.</summary>
    public string PartialErrors => Path.Combine(Folder, $".{Stem}{ErrorsEnding}.part");

    /// <summary>Where the <see cref="RejectsRecord"/> of the files is.</summary>
    public string Record => Path.Combine(Folder, FileNames.MemoryFolder, Stem + ".rejects.json");

    /// <summary>Whether nothing has one of the names.</summary>
    public bool IsFree => !Path.Exists(Rejected) && !Path.Exists(Errors);
}
