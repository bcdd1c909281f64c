using System.Globalization;
using CsvHelper;
using CsvIngest.Importing.Sources;
using CsvIngest.Values;
using Microsoft.Win32.SafeHandles;

namespace CsvIngest.Importing.Rows;

/// <summary>
/// The two files of rejected rows: <c>X.rejected.csv</c> with the header and the records byte for byte, to be corrected and imported
/// again, and <c>X.errors.csv</c> with <c>line,column,code,reason</c>. They exist only if a row was rejected. Only their owner can read
/// them, since they contain other people's data. While they are written they are hidden; when the import ends they get their names, and
/// replace those of an earlier import of the same input only if nobody has changed these since.
/// </summary>
internal sealed class RejectsFiles : IDisposable
{
    // Windows moves an open file, and reads it again, only if whoever opened it shares that; no other producer can open it for writing.
    private static readonly FileShare Alone = OperatingSystem.IsWindows() ? FileShare.Read | FileShare.Delete : FileShare.None;

    private readonly string _folder;
    private readonly string _name;
    private readonly string _owner;
    private readonly Func<ReadOnlyMemory<byte>> _header;

    // Its lock stands for both files until they have their names: another producer that writes rejects of this name takes a number.
    private readonly FileStream _errorsFile;
    private string _errorsPath;
    private string _rejectedPath;
    private CsvWriter? _errors;
    private FileStream? _rejected;

    // The files have their names, or there are no rejects.
    private bool _isSettled;

    // A row could not be written, which was reported: the files lack it, and get no names.
    private bool _isUnwritable;

    private RejectsFiles(string folder, string name, string owner, Func<ReadOnlyMemory<byte>> header)
    {
        (_folder, _name, _owner, _header) = (folder, name, owner, header);
        (_errorsFile, var place) = Claim(folder, name);
        (_errorsPath, _rejectedPath) = (place.PartialErrors, place.PartialRejected);
    }

    /// <summary>Where the records are; null while no row was rejected.</summary>
    public string? RejectedPath => _rejected is null ? null : _rejectedPath;

    /// <summary>Where the reasons are; null while no row was rejected.</summary>
    public string? ErrorsPath => _errors is null ? null : _errorsPath;

    /// <summary>Prepares for the rejects of an input. What an earlier run left stays as it is.</summary>
    /// <param name="folder">Where they go; it is created if it does not exist.</param>
    /// <param name="name">The input's name.</param>
    /// <param name="owner">Identifies the input.</param>
    /// <param name="header">What comes before the records.</param>
    /// <exception cref="UnwritableFileException">They cannot be written.</exception>
    public static RejectsFiles Prepare(string folder, string name, string owner, Func<ReadOnlyMemory<byte>> header) =>
        new(folder, name, owner, header);

    /// <summary>Writes a rejected row.</summary>
    /// <param name="line">The line on which it starts.</param>
    /// <param name="reason">Why.</param>
    /// <param name="raw">The record byte for byte, with its line end.</param>
    /// <param name="lineEnd">What to write after it if its own line end was cut off.</param>
    /// <exception cref="UnwritableFileException">They cannot be written.</exception>
    public void Write(long line, RejectReason reason, ReadOnlySpan<byte> raw, ReadOnlySpan<byte> lineEnd)
    {
        try
        {
            WriteReason(line.ToString(CultureInfo.InvariantCulture), reason);
            if (_rejected is null)
            {
                _rejected = CreateRejected();
                _rejected.Write(_header().Span);
            }

            _rejected.Write(raw);
            _rejected.Write(lineEnd);
        }
        catch (Exception e) when (e is not UnwritableFileException && IsWriteFailure(e))
        {
            _isUnwritable = true;
            throw Unwritable(RejectsNames.PlaceOf(_folder, _name, number: 1).Errors, e);
        }
    }

    /// <summary>Writes why the file as a whole is unusable, after the reasons of its rows.</summary>
    /// <param name="reason">Why.</param>
    public void WriteFailure(string reason) => WriteReason(string.Empty, new RejectReason(RejectCodes.UnusableFile, string.Empty, reason));

    /// <summary>
    /// Gives the files their names: X, or the first of X.2, X.3 … under which there is nothing, or nothing that has to be kept. Without
    /// rejects, those of the import before are removed, and nothing may be written any more. Later calls do nothing, nor does one after a row could not be written.
    /// </summary>
    /// <param name="isSent">Whether rows of the import are published. If not, the rejects files of an import whose rows are stay.</param>
    /// <param name="isComplete">Whether the whole input was read.</param>
    /// <param name="warn">Receives why the files have a number.</param>
    /// <exception cref="UnwritableFileException">They cannot be written.</exception>
    public void Publish(bool isSent, bool isComplete, Action<ImportWarning> warn)
    {
        if (_isSettled || _isUnwritable)
        {
            return;
        }

        try
        {
            Flush();
            using var namesLock = LockNames();
            if (_errors is not null)
            {
                Place(isSent, warn);
            }
            else if (isComplete)
            {
                RemoveEarlier(isSent);
                // Before the file is moved: if this program is killed then, no later run looks for what belongs to the file.
                WholeFile.DeleteIfThere(_errorsPath);
                _isSettled = true;
            }
        }
        catch (Exception e) when (IsWriteFailure(e))
        {
            throw Unwritable(RejectsNames.PlaceOf(_folder, _name, number: 1).Errors, e);
        }
    }

    /// <summary>Moves the files beside the file that they are about.</summary>
    /// <param name="file">The path that the file is to have.</param>
    /// <returns>False if other rejects files have the names that belong to it.</returns>
    /// <exception cref="IOException">They cannot be moved.</exception>
    public bool TryMoveBeside(string file)
    {
        Flush();
        var place = RejectsNames.PlaceOf(Path.GetDirectoryName(file)!, Path.GetFileName(file), number: 1);
        return place.IsFree && TryMove(place);
    }

    /// <summary>Removes files that have no names yet.</summary>
    public void Dispose()
    {
        if (!_isSettled)
        {
            WholeFile.DeleteIfThere(_rejectedPath);
            WholeFile.DeleteIfThere(_errorsPath);
        }

        Close();
    }

    /// <summary>Keeps other producers from giving files names in this folder between the looking at what is there and the replacing.</summary>
    private SafeFileHandle? LockNames()
    {
        // Not the folder itself: the whole command may run under a lock of that, as in `flock FOLDER producer …`.
        var memory = Path.Combine(_folder, FileNames.MemoryFolder);
        if (_errors is not null)
        {
            try
            {
                Directory.CreateDirectory(memory);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The files get their names without a lock, and a warning follows, because nothing can be remembered either.
            }
        }

        return UnixFiles.LockFolder(memory);
    }

    private void Place(bool isSent, Action<ImportWarning> warn)
    {
        var record = new RejectsRecord
        {
            Owner = _owner, IsSent = isSent, Rejected = RejectsRecord.Digest(_rejectedPath), Errors = RejectsRecord.Digest(_errorsPath),
        };
        string? reason = null;
        for (var number = 1; !_isSettled; number++)
        {
            var place = RejectsNames.PlaceOf(_folder, _name, number);
            var known = RejectsRecord.Read(place);
            var kept = WhyKept(place, known, record);
            if (kept is null && TryReplace(place, record))
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

    private bool TryReplace(RejectsPlace place, RejectsRecord written)
    {
        if (place.IsFree)
        {
            return TryMove(place);
        }

        if (written.Rejected is null)
        {
            WholeFile.DeleteIfThere(place.Rejected);
        }
        else
        {
            File.Move(_rejectedPath, place.Rejected, overwrite: true);
        }

        // Last, because its lock also keeps the hidden name of the other file.
        File.Move(_errorsPath, place.Errors, overwrite: true);
        (_errorsPath, _rejectedPath, _isSettled) = (place.Errors, place.Rejected, true);
        return true;
    }

    /// <summary>
    /// Moves the files to a place that was free; false if another program has taken it meanwhile. The next place then takes both files, even
    /// if one of them was moved already.
    /// </summary>
    private bool TryMove(RejectsPlace place)
    {
        if (_rejected is not null)
        {
            if (!FileMove.TryMove(_rejectedPath, place.Rejected))
            {
                return false;
            }

            _rejectedPath = place.Rejected;
        }

        // Last, as when files are replaced.
        if (!FileMove.TryMove(_errorsPath, place.Errors))
        {
            return false;
        }

        (_errorsPath, _isSettled) = (place.Errors, true);
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
        var none = new RejectsRecord { Owner = _owner, IsSent = isSent, Rejected = null, Errors = null };
        for (var number = 1; ; number++)
        {
            var place = RejectsNames.PlaceOf(_folder, _name, number);
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

    private void WriteReason(string line, RejectReason reason)
    {
        if (_errors is null)
        {
            _errors = CsvWriter.Create(_errorsFile, new CsvWriterOptions
            {
                NewLine = "\n",
                // The name of a column may come from the file, and a spreadsheet would take it for a formula.
                Injection = CsvInjection.Escape,
            });
            _errors.WriteRecord("line", "column", "code", "reason");
        }

        _errors.WriteRecord(line, reason.Column, reason.Code, reason.Reason);
    }

    private void Flush()
    {
        _errors?.Flush();
        _errorsFile.Flush();
        _rejected?.Flush();
    }

    private void Close()
    {
        foreach (var file in (IDisposable?[])[_errors, _errorsFile, _rejected])
        {
            try
            {
                file?.Dispose();
            }
            catch (Exception e) when (IsWriteFailure(e))
            {
                // Closed all the same. What a full disk did not take was reported before, and the files have no names.
            }
        }
    }

    // .NET reports a file that is larger than its file system allows as an argument that is out of range.
    private static bool IsWriteFailure(Exception failure) =>
        failure is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException;

    private FileStream CreateRejected()
    {
        try
        {
            return PrivateFile.Create(_rejectedPath, FileMode.Create, FileShare.Read | FileShare.Delete);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(_rejectedPath, e);
        }
    }

    /// <summary>Creates the errors file, hidden, in the first place that no other producer is using.</summary>
    private static (FileStream Errors, RejectsPlace Place) Claim(string folder, string name)
    {
        for (var number = 1; ; number++)
        {
            var place = RejectsNames.PlaceOf(folder, name, number);
            try
            {
                Directory.CreateDirectory(folder);
                RemoveAbandoned(place.PartialErrors);
                var errors = PrivateFile.Create(place.PartialErrors, FileMode.CreateNew, Alone);
                if (UnixFiles.IsAt(place.PartialErrors, errors.SafeFileHandle))
                {
                    return (errors, place);
                }

                // Between the creating and the locking, another producer took it for abandoned.
                errors.Dispose();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // If it is locked or there, another producer is writing it.
                if (!File.Exists(place.PartialErrors) && !(e is IOException failure && UnixFiles.IsLocked(failure)))
                {
                    throw Unwritable(place.Errors, e);
                }
            }
        }
    }

    /// <summary>Removes what a producer left that was killed.</summary>
    private static void RemoveAbandoned(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.None);
            // Otherwise it got its name between the opening and the locking.
            if (UnixFiles.IsAt(path, file.SafeFileHandle))
            {
                File.Delete(path);
            }
        }
        catch (FileNotFoundException)
        {
            // There is nothing to remove.
        }
    }

    private static UnwritableFileException Unwritable(string path, Exception failure) =>
        new($"{DisplayText.OneLine(path)} cannot be written. {FailureReason.Of(failure)}", failure, new Remedy(ImportOption.Rejects));
}
