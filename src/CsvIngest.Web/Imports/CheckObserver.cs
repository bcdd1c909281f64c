using System.Text;
using CsvIngest.Importing;
using CsvIngest.Values;
using CsvIngest.Web.Uploads;

namespace CsvIngest.Web.Imports;

/// <summary>Gathers what the check of a file finds: what was recognized, what feeds the columns, and the first rows.</summary>
/// <param name="upload">The upload.</param>
internal sealed class CheckObserver(Upload upload) : UploadObserver(upload, _ => { }), IImportObserver
{
    /// <summary>How many rows are kept; a guess: more do not fit on a screen.</summary>
    private const int MaxRows = 20;

    /// <summary>How many rejected rows are kept; a guess: the file of the reasons has all of them.</summary>
    private const int MaxRejections = 100;

    /// <summary>The most characters that are kept of a value; a guess: more do not fit into a table.</summary>
    private const int MaxValueLength = 200;

    private readonly List<CheckedRow> _rows = [];
    private readonly List<CheckedRejection> _rejections = [];
    private RecognizedFile? _file;
    private ImportBeginning? _beginning;

    public bool WantsRows => true;

    public void Recognized(RecognizedFile file) => _file = file;

    public override void Began(ImportBeginning beginning)
    {
        base.Began(beginning);
        _beginning = beginning;
    }

    public void RowAccepted(in AcceptedRow row)
    {
        if (_rows.Count == MaxRows)
        {
            return;
        }

        var values = new string?[row.Count];
        for (var i = 0; i < row.Count; i++)
        {
            values[i] = row[i].IsEmpty ? null : Shortened(Encoding.UTF8.GetString(row[i]));
        }

        _rows.Add(new CheckedRow(row.Line, values));
    }

    public void RowRejected(long line, RejectReason reason)
    {
        if (_rejections.Count < MaxRejections)
        {
            _rejections.Add(new CheckedRejection(line, reason.Column, reason.Code, reason.Reason));
        }
    }

    /// <summary>All that was found.</summary>
    /// <param name="revision">The number of the options.</param>
    /// <param name="result">How the check ended.</param>
    public CheckResult Result(int revision, ImportResult result) => new()
    {
        Revision = revision,
        Failure = result.Failure is { } failure ? FieldWording.Describe(failure) : null,
        Format = result.Format ?? _file?.Format,
        Delimiter = _file?.Reading.Delimiter,
        Encoding = _file?.Reading.Encoding,
        SkippedLines = _file?.Reading.SkipLines,
        Headers = _file?.Headers ?? [],
        Columns = Columns(result.Failure as UnusableFileException),
        RowColumns = _beginning?.Columns ?? [],
        FirstRows = _rows,
        FirstRejections = _rejections,
        Warnings = Warnings,
        RowsRead = result.RowsRead,
        RowsValid = result.RowsSent,
        RowsDuplicate = result.RowsDuplicate,
        RowsRejected = result.RowsRejected,
    };

    private List<CheckedColumn> Columns(UnusableFileException? failure)
    {
        var dataset = _file?.Dataset;
        return dataset is null
            ? []
            : [.. dataset.Columns.Select((column, index) => new CheckedColumn(
                column.Name,
                dataset.IsRequired(index),
                _beginning?.Binding.Sources[index].Alternatives.Select(columns => string.Join(" + ", columns.Select(HeaderOf))).ToList() ?? [],
                // What is missing is what should be mapped.
                failure?.Remedies.Any(remedy => remedy.Option == ImportOption.Map && remedy.Value?.StartsWith(column.Name + "=", StringComparison.Ordinal) == true) == true))];
    }

    private string HeaderOf(int column) => _beginning!.Headers[column] is { Length: > 0 } header ? header : $"#{column + 1}";

    private static string Shortened(string text) => text.Length <= MaxValueLength
        ? text
        : string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[MaxValueLength - 1]) ? MaxValueLength - 1 : MaxValueLength), "…");
}
