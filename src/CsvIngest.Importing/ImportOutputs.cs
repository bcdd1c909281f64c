using CsvIngest.Importing.Rows;
using CsvIngest.Messages;

namespace CsvIngest.Importing;

/// <summary>Where an import's rows, rejects and news go.</summary>
internal sealed record ImportOutputs
{
    /// <summary>Null in a dry run.</summary>
    public IPublisher? Publisher { get; init; }

    /// <summary>Null if the import cannot be resumed.</summary>
    public Checkpoint? Checkpoint { get; init; }

    /// <summary>Null if no files of rejected rows are wanted.</summary>
    public RejectsFiles? Rejects { get; init; }

    public required IImportObserver Observer { get; init; }
}
