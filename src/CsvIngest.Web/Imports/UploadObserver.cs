using CsvIngest.Importing;
using CsvIngest.Web.Uploads;

namespace CsvIngest.Web.Imports;

/// <summary>Shows how far the import of an upload is, and keeps its warnings.</summary>
/// <param name="upload">The upload.</param>
/// <param name="warned">Called with each warning.</param>
internal class UploadObserver(Upload upload, Action<string> warned) : IImportObserver
{
    /// <summary>The most warnings that are kept; a guess: more are the same ones again.</summary>
    private const int MaxWarnings = 50;

    private readonly List<string> _warnings = [];

    /// <summary>What was noticed, each once.</summary>
    public IReadOnlyList<string> Warnings => [.. _warnings];

    public virtual void Began(ImportBeginning beginning) => upload.Progress = beginning.Progress;

    public void Warned(ImportWarning warning)
    {
        var text = FieldWording.Describe(warning);
        if (_warnings.Count < MaxWarnings && !_warnings.Contains(text, StringComparer.Ordinal))
        {
            _warnings.Add(text);
            warned(text);
        }
    }
}
