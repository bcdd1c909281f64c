using CsvIngest.Importing.Rows;
using CsvIngest.Importing.Sources;

namespace CsvIngest.Importing;

/// <summary>
/// The file of an import that has ended: it moves where complete files go, or where unusable ones go. What was saved of its import is
/// needed until then, and deleted after that.
/// </summary>
/// <param name="source">The file; nothing but a file on disk is moved.</param>
/// <param name="requested">The options of this run.</param>
/// <param name="warn">Receives why the file stays where it is.</param>
internal sealed class FinishedFile(Source source, ImportOptions requested, Action<ImportWarning> warn)
{
    /// <summary>Where the file was moved to; null if it was not.</summary>
    public string? MovedTo { get; private set; }

    /// <summary>Checks that the file can be moved out of its folder, if it may have to be.</summary>
    /// <exception cref="UnwritableFileException">It cannot.</exception>
    public void CheckMovable()
    {
        if ((requested.MoveTo ?? requested.FailedTo) is not null)
        {
            FileMove.CheckSource(source.Path!, requested.MoveTo is null ? ImportOption.FailedTo : ImportOption.MoveTo);
        }
    }

    /// <summary>Moves the file, whose import is done, where it is to go. Then nothing needs to be remembered.</summary>
    /// <param name="open">The file that was imported.</param>
    /// <param name="state">What is saved of the import.</param>
    /// <exception cref="UnwritableFileException">It cannot be moved.</exception>
    public void MoveAway(OpenSource open, SavedState state)
    {
        if (requested.MoveTo is not { } folder)
        {
            return;
        }

        try
        {
            Move(folder, open, state, prepare: _ => true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UnwritableFileException(
                $"Every row is confirmed, but the file cannot be moved to {DisplayText.OneLine(folder)}: {FailureReason.Of(e)} Importing it again only moves it.",
                e,
                new Remedy(ImportOption.MoveTo));
        }
    }

    /// <summary>Moves the file, which is unusable, where such files go, with its rejects files and the reason beside it.</summary>
    /// <param name="folder">Where they go.</param>
    /// <param name="failure">The reason.</param>
    /// <param name="open">The file that is unusable; null if it could not even be opened.</param>
    /// <param name="state">What is saved of the import; null if nothing is.</param>
    /// <param name="prepareRejects">Returns the rejects files, which may not exist yet; null if none are wanted.</param>
    public void SetAside(
        string folder, UnusableFileException failure, OpenSource? open, SavedState? state, Func<RejectsFiles?> prepareRejects)
    {
        try
        {
            // If this is interrupted, the same file resumes this import, and another one of its name begins its own.
            state?.End(ImportEnd.Failed);
            var rejects = prepareRejects();
            rejects?.WriteFailure(FailureReason.Of(failure));
            Move(folder, open, state, prepare: target => rejects?.TryMoveBeside(target) ?? true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            warn(new ImportWarning($"The file cannot be moved to {DisplayText.OneLine(folder)}: {FailureReason.Of(e)}"));
        }
    }

    private void Move(string folder, OpenSource? open, SavedState? state, Func<string, bool> prepare)
    {
        var path = source.Path!;
        if (open is not null && open.IsReplaced(path))
        {
            // The next version of the file has arrived. What is saved is not about that one.
            state?.Delete();
            warn(new ImportWarning(
                $"Another file has taken the name {DisplayText.OneLine(path)} during the import. It has not been imported, and stays where it is."));
            return;
        }

        var target = FileMove.Into(folder, path, prepare);
        // It may be in that folder already. Then what is known of it is still needed.
        if (target != path)
        {
            MovedTo = target;
            state?.Delete();
            // An archive takes all its tables with it.
            foreach (var member in source.MemberKeys)
            {
                StateFile.Of(path, member, requested.StateFolder).Delete();
            }
        }
    }
}
