using CsvIngest.Importing;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Producer.Reporting;

/// <summary>Logs what happens during an import, and prints the accepted rows.</summary>
/// <param name="source">The file's name.</param>
/// <param name="rows">Where accepted rows are printed; null for nowhere.</param>
/// <param name="logger">The log.</param>
internal sealed class ImportReporter(string source, Stream? rows, ILogger logger) : IImportObserver, IDisposable
{
    // The display of the progress must not continue on the import's thread.
    private readonly TaskCompletionSource<ImportProgress> _beginning = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RowPrinter? _printer;

    /// <summary>Completes when the import begins. It may end without that.</summary>
    public Task<ImportProgress> Beginning => _beginning.Task;

    /// <summary>The level at which the beginning of the import is logged. Defaults to Information.</summary>
    public LogLevel BeginningLevel { get; init; } = LogLevel.Information;

    public bool WantsRows => rows is not null;

    public void Began(ImportBeginning beginning)
    {
        logger.Began(BeginningLevel, source, beginning.Format, beginning.Dataset.Name, beginning.ImportId);
        _printer = rows is null ? null : new RowPrinter(rows, source, beginning);
        _beginning.SetResult(beginning.Progress);
    }

    public void OptionsKept(DateTimeOffset startedAt) => logger.OptionsKept(source, startedAt);

    public void Resumed(int slices, long rowCount) => logger.Resumed(source, rowCount);

    public void ImportedBefore(ImportedContent before, bool isSame) => logger.ImportedBefore(
        BeginningLevel, source, before.ImportedAt, before.Source, before.Import,
        isSame ? "; --skip-imported skips such a file" : ", with other options or to another queue");

    public void Warned(ImportWarning warning) => logger.Warned(source, RemedyWording.Describe(warning));

    public void StateNotSaved(Exception failure) => logger.StateNotSaved(RemedyWording.Describe(failure));

    public void RowAccepted(in AcceptedRow row) => _printer!.Write(row);

    public void Dispose() => _printer?.Dispose();
}
