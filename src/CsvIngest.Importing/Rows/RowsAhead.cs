using System.Text;
using CsvIngest.Datasets;
using CsvIngest.Importing.Domains;
using CsvIngest.Values;

namespace CsvIngest.Importing.Rows;

/// <summary>
/// Rows that are read, but wait for the verdicts about the domains of their email addresses. Reading goes on meanwhile, up to a limit; the
/// rows get their fates in file order. Where slices end depends on the rows alone, not on the verdicts.
/// </summary>
internal sealed class RowsAhead
{
    /// <summary>How many rows wait at most. 10,000, a guess: enough to keep all questions busy if every tenth row has a new domain.</summary>
    private const int MaxRows = 10_000;

    /// <summary>How many bytes wait at most: 32 MiB, a guess, as for the slices that wait for their confirms.</summary>
    private const long MaxBytes = 32 * 1024 * 1024;

    private readonly Queue<PendingRow> _rows = new();
    private readonly RowClassifier _classifier;
    private readonly DomainVerdicts _domains;
    private readonly ImportProgress _progress;
    private readonly Action<ImportWarning> _warn;
    private readonly Dataset _dataset;
    private readonly int[] _emailColumns;
    private readonly int _maxSliceRows;
    private readonly int _maxSliceBytes;
    private readonly Dictionary<(int Column, DomainVerdict Verdict), RejectReason> _reasons = [];
    private long _bytes;
    private int _sliceRows;
    private int _sliceBytes;
    private bool _hasWarned;

    /// <param name="classifier">Reads the rows, and gives them their fates.</param>
    /// <param name="dataset">The dataset; the domains of its email columns are checked.</param>
    /// <param name="domains">The verdicts.</param>
    /// <param name="progress">Counts the rows that could not be checked.</param>
    /// <param name="maxSliceRows">How many rows a slice has.</param>
    /// <param name="maxSliceBytes">The size of a message at which a slice ends early.</param>
    /// <param name="warn">Learns once that no name server answers.</param>
    public RowsAhead(
        RowClassifier classifier,
        Dataset dataset,
        DomainVerdicts domains,
        ImportProgress progress,
        int maxSliceRows,
        int maxSliceBytes,
        Action<ImportWarning> warn)
    {
        (_classifier, _dataset, _domains, _progress, _warn) = (classifier, dataset, domains, progress, warn);
        (_maxSliceRows, _maxSliceBytes) = (maxSliceRows, maxSliceBytes);
        _emailColumns = [.. dataset.Columns.Index().Where(column => column.Item.Type == ColumnType.Email).Select(column => column.Index)];
    }

    /// <summary>Whether no row waits.</summary>
    public bool IsEmpty => _rows.Count == 0;

    /// <summary>Whether the oldest row must get its fate before another row is read, or can get it without waiting.</summary>
    public bool IsSettleable =>
        _rows.TryPeek(out var oldest) && (_rows.Count >= MaxRows || _bytes >= MaxBytes || oldest.Domains.TrueForAll(domain => domain.Verdict.IsCompleted));

    /// <summary>Adds the row that the reader is on, and begins to ask about its domains.</summary>
    /// <param name="endHere">Called if the row is the last one of a slice: where that slice ends.</param>
    public void Add(Func<SliceEnd> endHere)
    {
        var row = _classifier.Read();
        if (row.Reason is null)
        {
            foreach (var column in _emailColumns)
            {
                var value = row.Value(column);
                if (value.LastIndexOf((byte)'@') is >= 0 and var at)
                {
                    var domain = Encoding.ASCII.GetString(value[(at + 1)..]);
                    row.Domains.Add((column, domain, _domains.Ask(domain)));
                }
            }
        }

        _sliceRows++;
        _sliceBytes += row.MaxMessageBytes;
        if (_sliceRows >= _maxSliceRows || _sliceBytes >= _maxSliceBytes)
        {
            row.SliceEnd = endHere();
            (_sliceRows, _sliceBytes) = (0, 0);
        }

        _rows.Enqueue(row);
        _bytes += row.Bytes;
    }

    /// <summary>Gives the oldest row its fate, once the verdicts about its domains are known.</summary>
    /// <returns>Where the slice ends, if the row is the last one of it.</returns>
    public async ValueTask<SliceEnd?> SettleAsync(CancellationToken cancellationToken)
    {
        var row = _rows.Peek();
        RejectReason? reason = null;
        var isChecked = true;
        foreach (var (column, domain, asked) in row.Domains)
        {
            var verdict = await asked.WaitAsync(cancellationToken);
            _domains.Decide(domain, verdict);
            reason ??= ReasonFor(column, verdict);
            isChecked &= verdict != DomainVerdict.NotChecked;
        }

        _rows.Dequeue();
        _bytes -= row.Bytes;
        if (_classifier.Classify(row, reason) && !isChecked)
        {
            CountUnchecked(row.Line);
        }

        return row.SliceEnd;
    }

    private void CountUnchecked(long line)
    {
        _progress.RowsUnchecked++;
        if (!_hasWarned)
        {
            _hasWarned = true;
            _warn(new ImportWarning(
                $"No name server gave an answer about the domain on line {line}. Such rows are accepted, and counted as not checked."));
        }
    }

    private RejectReason? ReasonFor(int column, DomainVerdict verdict)
    {
        var text = verdict switch
        {
            DomainVerdict.DoesNotExist => "the domain of the address does not exist",
            DomainVerdict.HasNoServer => "the domain of the address has no mail server: no MX, A or AAAA record",
            DomainVerdict.RefusesMail => "the domain of the address states that it accepts no mail (null MX)",
            _ => null,
        };
        if (text is null)
        {
            return null;
        }

        if (!_reasons.TryGetValue((column, verdict), out var reason))
        {
            reason = new RejectReason(RejectCodes.UnknownDomain, _dataset.Columns[column].Name, text);
            _reasons.Add((column, verdict), reason);
        }

        return reason;
    }
}
