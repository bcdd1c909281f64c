using System.Diagnostics;
using System.Runtime.ExceptionServices;
using CsvIngest.Datasets;
using CsvIngest.Messages;
using CsvIngest.Importing.Reading;
using CsvIngest.Producer.Rejects;
using CsvIngest.Producer.Reporting;
using CsvIngest.Importing.Sources;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Producer.Importing;

/// <summary>
/// One input from its name to its summary: opens it, finds or makes its state, runs the import, moves the file away.
/// </summary>
/// <param name="source">The input.</param>
/// <param name="options">The producer's.</param>
/// <param name="findDataset">The dataset that <c>--dataset</c> means.</param>
/// <param name="rejectsTaken">The rejects files of the inputs before it.</param>
/// <param name="broker">Null in a dry run.</param>
/// <param name="terminal">Whether people watch a terminal.</param>
/// <param name="logger">For what happens on the way.</param>
internal sealed class FileRun(
    Source source, ProducerOptions options, Func<string, Dataset> findDataset, ISet<string> rejectsTaken, BrokerLink? broker,
    bool terminal, ILogger logger)
{
    /// <summary>
    /// How long to wait, when an import ends early, for the confirms of what is sent already. 5 s, a guess: confirms take
    /// milliseconds, and whoever pressed Ctrl-C wants out.
    /// </summary>
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(5);

    private readonly Stopwatch _clock = new();
    private readonly Counts _counts = new();
    private Guid? _importId;
    private string _dataset = options.Dataset;
    private string _outcome = Outcomes.Failed;
    private long _bytes;
    private string? _rejectsFile;
    private string? _errorsFile;
    private bool _isResumable;

    /// <summary>What has become of the input so far.</summary>
    public ImportSummary Summary => new(
        _importId, source.Name, _dataset, _counts.RowsRead, _counts.RowsSent, _counts.RowsRejected, _counts.RowsDuplicate,
        _counts.Messages, _bytes, Math.Round(_clock.Elapsed.TotalSeconds, 3), _rejectsFile, _outcome)
    {
        ErrorsFile = _errorsFile,
        RowsConfirmed = _counts.RowsConfirmed,
        IsResumable = _isResumable,
    };

    /// <summary>Imports the input; throws what ended it early.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await SettleAsync(cancellationToken);
        _clock.Start();
        try
        {
            using var open = source.Open(new ExpansionLimit(options.MaxExpansion), cancellationToken);
            try
            {
                await ImportAsync(open, cancellationToken);
            }
            finally
            {
                _bytes = open.BytesRead;
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _outcome = Outcomes.Interrupted;
            throw;
        }
        finally
        {
            _clock.Stop();
        }

        MoveAway();
        _outcome = broker is null ? Outcomes.DryRun : Outcomes.Done;
    }

    private async Task ImportAsync(OpenSource open, CancellationToken cancellationToken)
    {
        var stateFile = broker is not null && open.IsResumable ? StateFile.Of(source, options.StateFolder) : null;
        var unfinished = FindUnfinished(stateFile);
        _isResumable = stateFile is not null;
        var shaped = unfinished?.Shape.ApplyTo(options) ?? options;
        var dataset = findDataset(shaped.Dataset);
        _dataset = dataset.Name;

        using var reader = RecordReader.Open(open.Bytes, shaped.Reading with { HashPrefix = stateFile is not null });
        var binding = reader.Shape.HeaderLine > 0
            ? ColumnBinding.Bind(dataset, reader.Shape.Names, shaped.Map)
            : ColumnBinding.ByPosition(dataset, reader.Shape.Width);
        if (broker is not null)
        {
            await broker.PrepareAsync(cancellationToken);
        }

        var state = stateFile is null ? null : unfinished is null ? Begin(dataset, open, reader.Shape) : Continue(unfinished, dataset, open);
        if (unfinished is null)
        {
            // Before the first message. The state of an import that is continued changes when it goes on, not before.
            stateFile?.Write(state!);
        }

        _importId = state?.Import ?? Guid.CreateVersion7();
        logger.Began(source.Name, reader.Shape.Describe(), dataset.Name, _importId.Value);
        var warned = Warn(reader.Shape, 0);
        await ImportAsync(open, reader, dataset, binding, shaped, stateFile, state, cancellationToken);
        Warn(reader.Shape, warned);
    }

    private int Warn(FileShape shape, int warned)
    {
        foreach (var warning in shape.Warnings.Skip(warned))
        {
            logger.ShapeWarning(source.Name, warning);
        }

        return shape.Warnings.Count;
    }

    private async Task ImportAsync(
        OpenSource open, RecordReader reader, Dataset dataset, ColumnBinding binding, ProducerOptions shaped,
        StateFile? stateFile, ImportState? state, CancellationToken cancellationToken)
    {
        using var rejects = shaped.WriteRejects ? RejectsFiles.Prepare(RejectsFolder, source.Name, rejectsTaken, () => reader.HeaderRaw.ToArray()) : null;
        using var printer = shaped.Print ? new RowPrinter(Console.OpenStandardOutput(), source.Name, dataset, binding) : null;
        var slice = new SliceWriter(_importId!.Value, dataset.Name, source.Name, [.. binding.Extra.Select(extra => extra.Name)]);
        var classifier = new RowClassifier(reader, dataset, binding, slice, _counts, shaped.Dedupe ? new SeenKeys() : null, rejects, printer);
        var import = new Import(reader, open, classifier, slice, _counts, shaped, broker?.Publisher, stateFile, state, logger);

        var work = Task.Run(() => import.RunAsync(cancellationToken), CancellationToken.None);
        if (!options.Quiet)
        {
            await new ProgressReport(source.Name, open, _counts, broker?.Publisher, logger).RunAsync(work, terminal);
        }

        try
        {
            await work;
        }
        catch (Exception failure)
        {
            using var grace = new CancellationTokenSource(StopGrace);
            var told = await import.StopAsync(failure, grace.Token);
            _isResumable &= import.IsResumable;
            ExceptionDispatchInfo.Throw(told);
        }
        finally
        {
            _rejectsFile = rejects?.RejectedPath;
            _errorsFile = rejects?.ErrorsPath;
        }
    }

    private string RejectsFolder =>
        options.RejectsFolder ?? (source.Path is { } path ? Path.GetDirectoryName(path)! : Environment.CurrentDirectory);

    private ImportState? FindUnfinished(StateFile? stateFile)
    {
        if (options.Restart)
        {
            stateFile?.Delete();
        }

        return stateFile?.Read();
    }

    private ImportState Begin(Dataset dataset, OpenSource open, FileShape shape) => new()
    {
        Version = ImportState.CurrentVersion,
        Import = Guid.CreateVersion7(),
        StartedAt = DateTimeOffset.UtcNow,
        Broker = broker!.DisplayAddress,
        Queue = broker.Queue,
        Shape = ImportShape.Of(options, dataset, shape.Pinned),
        Size = open.Size ?? 0,
        ModifiedAt = open.ModifiedAt,
    };

    private ImportState Continue(ImportState state, Dataset dataset, OpenSource open)
    {
        if (state.Broker != broker!.DisplayAddress || state.Queue != broker.Queue)
        {
            throw new UnusableFileException(
                $"The unfinished import {state.Import} of this file goes to queue {state.Queue} at {state.Broker}, not to queue "
                + $"{broker.Queue} at {broker.DisplayAddress}. Resume it there, or say --restart to begin a new import here.");
        }

        if (state.Size != open.Size && !state.Changed)
        {
            throw new UnusableFileException(
                $"This is not the file whose import {state.Import} is unfinished: that one had {state.Size} bytes, this one has "
                + $"{open.Size}. Put the file back as it was, or say --restart to import this one as a new file.");
        }

        if (state.ModifiedAt != open.ModifiedAt && !state.Changed)
        {
            throw new UnusableFileException(
                $"This may not be the file whose import {state.Import} is unfinished: that one was last written at "
                + $"{state.ModifiedAt:u}, this one at {open.ModifiedAt:u}. Put the file back as it was, its time included, or say "
                + "--restart to import this one as a new file: rows that are in the table already are duplicates then.");
        }

        if (state.Shape.DatasetHash != ImportShape.HashOf(dataset))
        {
            throw new UnusableFileException(
                $"The dataset {dataset.Name} has changed since the unfinished import {state.Import} of this file began. Put the "
                + "definition back, or say --restart to begin a new import.");
        }

        if (!state.Shape.IsSameAs(ImportShape.Of(options, dataset, state.Shape.Reading)))
        {
            logger.Continuing(source.Name, state.StartedAt);
        }

        return state with { Size = open.Size ?? 0, ModifiedAt = open.ModifiedAt, Changed = false };
    }

    private async Task SettleAsync(CancellationToken cancellationToken)
    {
        if (options.Settle <= TimeSpan.Zero || source.Path is null)
        {
            return;
        }

        var size = -1L;
        for (var now = new FileInfo(source.Path); now.Exists && now.Length != size; now = new FileInfo(source.Path))
        {
            if (size < 0)
            {
                logger.Settling(source.Name, options.Settle.TotalSeconds);
            }

            size = now.Length;
            await Task.Delay(options.Settle, cancellationToken);
        }
    }

    private void MoveAway()
    {
        if (options.MoveTo is null || source.Path is null || broker is null)
        {
            return;
        }

        Directory.CreateDirectory(options.MoveTo);
        var target = Path.Combine(options.MoveTo, source.Name);
        File.Move(source.Path, target, overwrite: false);
        logger.Moved(source.Name, target);
    }
}
