using System.Text;
using CsvIngest.Importing;

namespace CsvIngest.Tests.Importing;

/// <summary>Records what an import reports, in order.</summary>
internal sealed class RecordingObserver : IImportObserver
{
    public List<string> Events { get; } = [];

    public ImportBeginning? Beginning { get; private set; }

    public List<ImportWarning> Warnings { get; } = [];

    public bool WantsRows { get; init; }

    /// <summary>Called for every event and accepted row.</summary>
    public Action<string> OnEvent { get; init; } = _ => { };

    public void Began(ImportBeginning beginning)
    {
        Beginning = beginning;
        Add($"began {beginning.Format}");
    }

    public void OptionsKept(DateTimeOffset startedAt) => Add($"options kept since {startedAt:u}");

    public void Resumed(int slices, long rows) => Add($"resumed after {slices} slices, {rows} rows");

    public void ImportedBefore(ImportedContent before, bool isSame) =>
        Add($"imported before as {before.Source}, {before.Import}, same way: {isSame}");

    public void Warned(ImportWarning warning)
    {
        Warnings.Add(warning);
        Add("warned");
    }

    public void StateNotSaved(Exception failure) => Add("state not saved");

    public void RowAccepted(in AcceptedRow row)
    {
        var values = new List<string>();
        for (var i = 0; i < row.Count; i++)
        {
            values.Add($"{Beginning!.Columns[i]}={Encoding.UTF8.GetString(row[i])}");
        }

        Add($"row {row.Line} {string.Join(' ', values)}");
    }

    private void Add(string text)
    {
        Events.Add(text);
        OnEvent(text);
    }
}
