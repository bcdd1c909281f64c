using CsvIngest.Values;

namespace CsvIngest.Importing;

/// <summary>What a reading of the file is for.</summary>
internal enum ReadingPass
{
    /// <summary>The only one.</summary>
    Only,

    /// <summary>To find out whether the file is to be imported. Publishes nothing.</summary>
    Check,

    /// <summary>To publish what was checked.</summary>
    AfterCheck,
}

/// <summary>Tells the observer what happens in one reading of the file, so that two of them tell everything once.</summary>
internal sealed class ReadingPassObserver(IImportObserver observer, bool hasWarnings, bool hasRows) : IImportObserver
{
    public bool WantsRows => hasRows && observer.WantsRows;

    public void Resumed(int slices, long rows) => observer.Resumed(slices, rows);

    public void Warned(ImportWarning warning)
    {
        if (hasWarnings)
        {
            observer.Warned(warning);
        }
    }

    public void StateNotSaved(Exception failure) => observer.StateNotSaved(failure);

    public void RowAccepted(in AcceptedRow row) => observer.RowAccepted(row);

    public void RowRejected(long line, RejectReason reason) => observer.RowRejected(line, reason);
}
