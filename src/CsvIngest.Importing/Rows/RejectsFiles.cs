using System.Globalization;
using CsvHelper;
using CsvIngest.Values;

namespace CsvIngest.Importing.Rows;

/// <summary>
/// The two files of rejected rows: <c>X.rejected.csv</c> with the header and the records byte for byte, to be corrected and imported
/// again, and <c>X.errors.csv</c> with <c>line,column,code,reason</c>. They exist only if a row was rejected; those of an earlier run
/// are removed. Only their owner can read them, since they contain other people's data.
/// </summary>
internal sealed class RejectsFiles : IDisposable
{
    private readonly string _rejectedPath;
    private readonly string _errorsPath;
    private readonly Func<ReadOnlyMemory<byte>> _header;
    private FileStream? _rejected;
    private CsvWriter? _errors;

    private RejectsFiles(string rejectedPath, string errorsPath, Func<ReadOnlyMemory<byte>> header)
    {
        _rejectedPath = rejectedPath;
        _errorsPath = errorsPath;
        _header = header;
    }

    /// <summary>Where the records are; null while no row was rejected.</summary>
    public string? RejectedPath => _rejected is null ? null : _rejectedPath;

    /// <summary>Where the reasons are; null while no row was rejected.</summary>
    public string? ErrorsPath => _errors is null ? null : _errorsPath;

    /// <summary>Prepares for the rejects of a file, and removes what an earlier run left.</summary>
    /// <param name="folder">Where they go.</param>
    /// <param name="name">The file's name.</param>
    /// <param name="taken">
    /// The paths, without their endings, that are in use by other files of this run. This file's path is added; if it is in use, it
    /// gets a number: X.2.rejected.csv.
    /// </param>
    /// <param name="header">What comes before the records.</param>
    public static RejectsFiles Prepare(string folder, string name, ISet<string> taken, Func<ReadOnlyMemory<byte>> header)
    {
        var plain = Stem(name);
        var stem = plain;
        for (var number = 2; !taken.Add(Path.Combine(folder, stem)); number++)
        {
            stem = string.Create(CultureInfo.InvariantCulture, $"{plain}.{number}");
        }

        Directory.CreateDirectory(folder);
        var files = new RejectsFiles(
            Path.Combine(folder, stem + ".rejected.csv"), Path.Combine(folder, stem + ".errors.csv"), header);
        File.Delete(files._rejectedPath);
        File.Delete(files._errorsPath);
        return files;
    }

    /// <summary>Writes a rejected row.</summary>
    /// <param name="line">The line on which it starts.</param>
    /// <param name="reason">Why.</param>
    /// <param name="raw">The record byte for byte, with its line end.</param>
    /// <param name="lineEnd">What to write after it if its own line end was cut off.</param>
    public void Write(long line, RejectReason reason, ReadOnlySpan<byte> raw, ReadOnlySpan<byte> lineEnd)
    {
        if (_rejected is null)
        {
            _rejected = Create(_rejectedPath);
            _rejected.Write(_header().Span);
            _errors = CsvWriter.Create(Create(_errorsPath), new CsvWriterOptions { NewLine = "\n" });
            _errors.WriteRecord("line", "column", "code", "reason");
        }

        _rejected.Write(raw);
        _rejected.Write(lineEnd);
        _errors!.WriteRecord(line.ToString(CultureInfo.InvariantCulture), reason.Column, reason.Code, reason.Reason);
    }

    public void Dispose()
    {
        _rejected?.Dispose();
        _errors?.Dispose();
    }

    private static string Stem(string name)
    {
        var extension = Path.GetExtension(name).ToLowerInvariant();
        var plain = extension is ".gz" or ".zip" ? name[..^extension.Length] : name;
        return Path.GetFileNameWithoutExtension(plain) is { Length: > 0 } stem ? stem : plain;
    }

    private static FileStream Create(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.Read, BufferSize = 64 * 1024 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        try
        {
            return new FileStream(path, options);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UnwritableFileException($"{DisplayText.OneLine(path)} cannot be written. {FailureReason.Of(e)}", e, new Remedy(ImportOption.Rejects));
        }
    }
}
