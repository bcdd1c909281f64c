using CsvIngest.Importing.Sources;
using Microsoft.Win32.SafeHandles;

namespace CsvIngest.Importing.Rows;

/// <summary>
/// Gives the rejects files of an import their names: X, or the first of X.2, X.3 … under which there is nothing, or nothing that has to be
/// kept. Those of an earlier import of the same input are replaced only if nobody has changed them since.
/// </summary>
/// <param name="folder">Where the files go.</param>
/// <param name="name">The input's name.</param>
/// <param name="owner">Identifies the input.</param>
/// <param name="pair">The files, completely written.</param>
internal sealed class RejectsPlacement(string folder, string name, string owner, RejectsPair pair)
{
    /// <summary>Gives the files their names.</summary>
    /// <param name="isSent">Whether rows of the import are published. If not, the rejects files of an import whose rows are stay.</param>
    /// <param name="warn">Receives why the files have a number.</param>
    /// <exception cref="IOException">They cannot be moved.</exception>
    public void Place(bool isSent, Action<ImportWarning> warn)
    {
        CreateMemory();
        using var namesLock = LockNames();
        var record = new RejectsRecord
        {
            Owner = owner,
            IsSent = isSent,
            Rejected = pair.Rejected is null ? null : RejectsRecord.Digest(pair.RejectedPath),
            Errors = RejectsRecord.Digest(pair.ErrorsPath),
        };
        string? reason = null;
        for (var number = 1; !pair.IsSettled; number++)
        {
            var place = RejectsNames.PlaceOf(folder, name, number);
            var known = RejectsRecord.Read(place);
            var kept = WhyKept(place, known, record);
            if (kept is null && TryTake(place))
            {
                WarnIfNumbered(place, number, reason, warn);
                // A report that is the same as the files of an import does not turn them into a report.
                var sent = record with { IsSent = true };
                Remember(place, known == sent ? sent : record, warn);
            }

            // The one without a number is what people expect to be replaced.
            reason ??= kept;
        }
    }

    /// <summary>Removes the files of an earlier import: all rows of this one are accepted.</summary>
    /// <param name="isSent">Whether rows of the import are published.</param>
    /// <exception cref="IOException">They cannot be removed.</exception>
    public void PlaceNone(bool isSent)
    {
        using var namesLock = LockNames();
        RemoveEarlier(isSent);
        // Before the file is moved: if this program is killed then, no later run looks for what belongs to the file.
        pair.DeleteHidden();
    }

    private void CreateMemory()
    {
        try
        {
            Directory.CreateDirectory(Path.Combine(folder, FileNames.MemoryFolder));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The files get their names without a lock, and a warning follows, because nothing can be remembered either.
        }
    }

    /// <summary>Keeps other producers from giving files names in this folder between the looking at what is there and the replacing.</summary>
    // Not the folder itself: the whole command may run under a lock of that, as in `flock FOLDER producer …`.
    private SafeFileHandle? LockNames() => UnixFiles.LockFolder(Path.Combine(folder, FileNames.MemoryFolder));

    /// <summary>Why the files in a place are not replaced; null if there are none, or they are no longer needed.</summary>
    private static string? WhyKept(RejectsPlace place, RejectsRecord? known, RejectsRecord written)
    {
        const string Changed = "they have changed since they were written";
        if (place.IsFree)
        {
            return null;
        }

        try
        {
            var there = (Rejected: RejectsRecord.Digest(place.Rejected), Errors: RejectsRecord.Digest(place.Errors));
            if (known is null)
            {
                return there == (written.Rejected, written.Errors) ? null : Changed;
            }

            // One of the two may have been deleted.
            return (there.Rejected ?? known.Rejected, there.Errors ?? known.Errors) != (known.Rejected, known.Errors) ? Changed
                : known.Owner != written.Owner ? "they belong to another input"
                : known.IsSent && !written.IsSent && there != (written.Rejected, written.Errors) ? "nothing of this run was sent"
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "they cannot be read";
        }
    }

    private bool TryTake(RejectsPlace place)
    {
        if (place.IsFree)
        {
            return pair.TryMove(place);
        }

        pair.Replace(place);
        return true;
    }

    private static void WarnIfNumbered(RejectsPlace place, int number, string? reason, Action<ImportWarning> warn)
    {
        if (number > 1)
        {
            warn(new ImportWarning(
                $"The rejects files of an earlier run are kept because {reason}. Those of this run are {DisplayText.OneLine(place.Stem)}.rejected.csv "
                + $"and {DisplayText.OneLine(place.Stem)}.errors.csv."));
        }
    }

    private static void Remember(RejectsPlace place, RejectsRecord record, Action<ImportWarning> warn)
    {
        try
        {
            record.Write(place);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            warn(new ImportWarning(
                $"{DisplayText.OneLine(place.Record)} cannot be written: {FailureReason.Of(e)} The next run will keep the rejects files of this one."));
        }
    }

    private void RemoveEarlier(bool isSent)
    {
        var none = new RejectsRecord { Owner = owner, IsSent = isSent, Rejected = null, Errors = null };
        for (var number = 1; ; number++)
        {
            var place = RejectsNames.PlaceOf(folder, name, number);
            if (place.IsFree)
            {
                return;
            }

            if (WhyKept(place, RejectsRecord.Read(place), none) is null)
            {
                WholeFile.DeleteIfThere(place.Rejected);
                WholeFile.DeleteIfThere(place.Errors);
                WholeFile.DeleteIfThere(place.Record);
            }
        }
    }
}
