using System.Globalization;
using CsvHelper;
using CsvIngest.Importing.Sources;
using CsvIngest.Values;

namespace CsvIngest.Importing.Rows;

/// <summary>
/// The two files of rejected rows: <c>X.rejected.csv</c> with the header and the records byte for byte, to be corrected and imported
/// again, and <c>X.errors.csv</c> with <c>line,column,code,reason</c>. They exist only if a row was rejected; those of an earlier run
/// are removed. Only their owner can read them, since they contain other people's data.
/// </summary>
internal sealed class RejectsFiles : IDisposable
{
    private const string RejectedEnding = ".rejected.csv";
    private const string ErrorsEnding = ".errors.csv";

    private readonly Func<string> _takeName;
    private readonly Func<ReadOnlyMemory<byte>> _header;
    private string _stem;
    private FileStream? _rejected;
    private CsvWriter? _errors;

    private RejectsFiles(Func<string> takeName, Func<ReadOnlyMemory<byte>> header) =>
        (_takeName, _stem, _header) = (takeName, takeName(), header);

    /// <summary>Where the records are; null while no row was rejected.</summary>
    public string? RejectedPath => _rejected is null ? null : _stem + RejectedEnding;

    /// <summary>Where the reasons are; null while no row was rejected.</summary>
    public string? ErrorsPath => _errors is null ? null : _stem + ErrorsEnding;

    /// <summary>Prepares for the rejects of a file, and removes what an earlier run left.</summary>
    /// <param name="folder">Where they go.</param>
    /// <param name="name">The file's name.</param>
    /// <param name="owner">Identifies the file.</param>
    /// <param name="names">The names that are in use.</param>
    /// <param name="header">What comes before the records.</param>
    /// <exception cref="UnwritableFileException">They cannot be written.</exception>
    public static RejectsFiles Prepare(string folder, string name, string owner, RejectsNames names, Func<ReadOnlyMemory<byte>> header) =>
        // The errors file first: it is created first, and its lock stands for both.
        new(() => names.Take(folder, name, owner, [ErrorsEnding, RejectedEnding]), header);

    /// <summary>Writes a rejected row.</summary>
    /// <param name="line">The line on which it starts.</param>
    /// <param name="reason">Why.</param>
    /// <param name="raw">The record byte for byte, with its line end.</param>
    /// <param name="lineEnd">What to write after it if its own line end was cut off.</param>
    public void Write(long line, RejectReason reason, ReadOnlySpan<byte> raw, ReadOnlySpan<byte> lineEnd)
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

    /// <summary>Writes why the file as a whole is unusable, after the reasons of its rows.</summary>
    /// <param name="reason">Why.</param>
    public void WriteFailure(string reason) => WriteReason(string.Empty, new RejectReason(RejectCodes.UnusableFile, string.Empty, reason));

    /// <summary>Moves the files, which are closed, beside the file that they are about; what has their names there is replaced.</summary>
    /// <param name="file">The path of the file.</param>
    public void MoveBeside(string file)
    {
        var stem = Path.Combine(Path.GetDirectoryName(file)!, RejectsNames.Stem(Path.GetFileName(file)));
        foreach (var ending in (string[])[RejectedEnding, ErrorsEnding])
        {
            if (File.Exists(_stem + ending))
            {
                File.Move(_stem + ending, stem + ending, overwrite: true);
            }
        }

        _stem = stem;
    }

    public void Dispose()
    {
        _rejected?.Dispose();
        _errors?.Dispose();
    }

    private void WriteReason(string line, RejectReason reason)
    {
        if (_errors is null)
        {
            _errors = CsvWriter.Create(CreateErrors(), new CsvWriterOptions
            {
                NewLine = "\n",
                // The name of a column may come from the file, and a spreadsheet would take it for a formula.
                Injection = CsvInjection.Escape,
            });
            _errors.WriteRecord("line", "column", "code", "reason");
        }

        _errors.WriteRecord(line, reason.Column, reason.Code, reason.Reason);
    }

    /// <summary>Creates the errors file. If another producer has taken its name since, both files get another name.</summary>
    private FileStream CreateErrors()
    {
        while (true)
        {
            try
            {
                return PrivateFile.Create(_stem + ErrorsEnding, FileMode.CreateNew);
            }
            catch (IOException e) when (UnixFiles.IsLocked(e) || File.Exists(_stem + ErrorsEnding))
            {
                _stem = _takeName();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw RejectsNames.Unwritable(_stem + ErrorsEnding, e);
            }
        }
    }

    private FileStream CreateRejected()
    {
        try
        {
            return PrivateFile.Create(_stem + RejectedEnding, FileMode.Create);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw RejectsNames.Unwritable(_stem + RejectedEnding, e);
        }
    }
}
