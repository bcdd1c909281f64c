namespace CsvIngest.Importing.Domains;

/// <summary>
/// The verdicts of one import: it asks about each domain once, and every row with that domain has the same verdict. Not for concurrent use.
/// </summary>
internal sealed class DomainVerdicts : IDisposable
{
    // Shared, so that a domain that is decided costs only its entry.
    private static readonly Task<DomainVerdict>[] Decided = [.. Enum.GetValues<DomainVerdict>().Select(Task.FromResult)];

    private readonly Dictionary<string, (Task<DomainVerdict> Verdict, bool IsFinal)> _verdicts = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _end = new();
    private readonly DomainLookup _lookup;
    private readonly VerdictFile? _file;

    /// <param name="lookup">Asks about a domain.</param>
    /// <param name="openFile">
    /// Opens the file that keeps the verdicts of an import that can be resumed, and passes on those that it contains; null to keep none.
    /// </param>
    public DomainVerdicts(DomainLookup lookup, Func<Action<string, DomainVerdict>, VerdictFile>? openFile)
    {
        _lookup = lookup;
        _file = openFile?.Invoke((domain, verdict) => _verdicts[domain] = (Decided[(int)verdict], IsFinal: true));
    }

    /// <summary>The verdict about a domain, once it is known.</summary>
    /// <param name="domain">In ASCII and lower case.</param>
    public Task<DomainVerdict> Ask(string domain)
    {
        if (!_verdicts.TryGetValue(domain, out var known))
        {
            known = (_lookup.FindAsync(domain, _end.Token), IsFinal: false);
            _verdicts.Add(domain, known);
        }

        return known.Verdict;
    }

    /// <summary>Notes that a row's fate depends on a verdict, which from now on is final for this import.</summary>
    /// <param name="domain">The domain.</param>
    /// <param name="verdict">What was answered.</param>
    public void Decide(string domain, DomainVerdict verdict)
    {
        if (!_verdicts[domain].IsFinal)
        {
            _verdicts[domain] = (Decided[(int)verdict], IsFinal: true);
            _file?.Add(domain, verdict);
        }
    }

    /// <summary>Saves the final verdicts. To be called before a slice that depends on them is published.</summary>
    /// <exception cref="UnwritableFileException">They cannot be saved.</exception>
    public void Save() => _file?.Save();

    /// <summary>Ends the questions that are not answered yet.</summary>
    public void Dispose()
    {
        _end.Cancel();
        _end.Dispose();
        _file?.Dispose();
    }
}
