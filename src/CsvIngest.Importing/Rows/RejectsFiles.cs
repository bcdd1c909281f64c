using System.Globalization;
using CsvHelper;
using CsvIngest.Values;

namespace CsvIngest.Importing.Rows;

/// <summary>
/// The two files of rejected rows: <c>X.rejected.csv</c> with the header and the records byte for byte, to be corrected and imported
/// again, and <c>X.errors.csv</c> with <c>line,column,code,reason</c>. They exist only if a row was rejected. Only their owner can read
/// them, since they contain other people's data. While they are written they are hidden; when the import ends they get their names.
/// </summary>
internal sealed class RejectsFiles : IDisposable
{
    private readonly Func<ReadOnlyMemory<byte>> _header;
    private readonly RejectsPair _pair;
    private readonly RejectsPlacement _placement;
    private readonly string _firstErrorsPath;
    private CsvWriter? _errors;

    // A row could not be written, which was reported: the files lack it, and get no names.
    private bool _isUnwritable;

    private RejectsFiles(string folder, string name, string owner, Func<ReadOnlyMemory<byte>> header)
    {
        _header = header;
        _pair = RejectsPair.Claim(folder, name);
        _placement = new RejectsPlacement(folder, name, owner, _pair);
        _firstErrorsPath = RejectsNames.PlaceOf(folder, name, number: 1).Errors;
    }

    /// <summary>Where the records are; null while no row was rejected.</summary>
    public string? RejectedPath => _pair.Rejected is null ? null : _pair.RejectedPath;

    /// <summary>Where the reasons are; null while no row was rejected.</summary>
    public string? ErrorsPath => _errors is null ? null : _pair.ErrorsPath;

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
            var rejected = _pair.Rejected;
            if (rejected is null)
            {
                rejected = _pair.CreateRejected();
                rejected.Write(_header().Span);
            }

            rejected.Write(raw);
            rejected.Write(lineEnd);
        }
        catch (Exception e) when (IsWriteFailure(e))
        {
            _isUnwritable = true;
            throw RejectsPair.Unwritable(_firstErrorsPath, e);
        }
    }

    /// <summary>Writes why the file as a whole is unusable, after the reasons of its rows.</summary>
    /// <param name="reason">Why.</param>
    public void WriteFailure(string reason) => WriteReason(string.Empty, new RejectReason(RejectCodes.UnusableFile, string.Empty, reason));

    /// <summary>
    /// Gives the files their names. Without rejects, those of the import before are removed, and nothing may be written any more. Later
    /// calls do nothing, nor does one after a row could not be written.
    /// </summary>
    /// <param name="isSent">Whether rows of the import are published. If not, the rejects files of an import whose rows are stay.</param>
    /// <param name="isComplete">Whether the whole input was read.</param>
    /// <param name="warn">Receives why the files have a number.</param>
    /// <exception cref="UnwritableFileException">They cannot be written.</exception>
    public void Publish(bool isSent, bool isComplete, Action<ImportWarning> warn)
    {
        if (_pair.IsSettled || _isUnwritable)
        {
            return;
        }

        try
        {
            Flush();
            if (_errors is not null)
            {
                _placement.Place(isSent, warn);
            }
            else if (isComplete)
            {
                _placement.PlaceNone(isSent);
            }
        }
        catch (Exception e) when (IsWriteFailure(e))
        {
            throw RejectsPair.Unwritable(_firstErrorsPath, e);
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
        return place.IsFree && _pair.TryMove(place);
    }

    /// <summary>Removes files that have no names yet.</summary>
    public void Dispose()
    {
        _pair.DeleteHidden();
        Close();
    }

    private void WriteReason(string line, RejectReason reason)
    {
        if (_errors is null)
        {
            _errors = CsvWriter.Create(_pair.Errors, new CsvWriterOptions
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
        _pair.Errors.Flush();
        _pair.Rejected?.Flush();
    }

    private void Close()
    {
        foreach (var file in (IDisposable?[])[_errors, _pair.Errors, _pair.Rejected])
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
        failure is (IOException or UnauthorizedAccessException or ArgumentOutOfRangeException) and not UnwritableFileException;
}
