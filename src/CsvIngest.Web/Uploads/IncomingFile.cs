namespace CsvIngest.Web.Uploads;

/// <summary>A file that was received as a whole and is on disk. Its folder is deleted unless it is kept.</summary>
/// <param name="Id">The ID of the upload that it may become.</param>
/// <param name="Folder">Its folder.</param>
/// <param name="Name">Its name as the client sent it.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sha256">Its hash, in lower-case hexadecimal digits.</param>
internal sealed record IncomingFile(Guid Id, string Folder, string? Name, long Bytes, string Sha256) : IDisposable
{
    /// <summary>The span that has received it; null for none.</summary>
    public string? TraceParent { get; init; }

    /// <summary>Whether the folder has become that of an upload.</summary>
    public bool IsKept { get; set; }

    public void Dispose()
    {
        if (!IsKept)
        {
            Directory.Delete(Folder, recursive: true);
        }
    }
}
