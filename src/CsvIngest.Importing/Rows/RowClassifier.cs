using System.Buffers;
using CsvIngest.Datasets;
using CsvIngest.Messages;
using CsvIngest.Values;

namespace CsvIngest.Importing.Rows;

/// <summary>Gives each record its fate, accepted, rejected or duplicate, and adds it to the slice accordingly.</summary>
internal sealed class RowClassifier
{
    /// <summary>
    /// The largest row that is accepted, in bytes. 8 MiB: together with the rest of its slice it stays well below 16 MiB, the largest
    /// message that RabbitMQ 4 accepts by default.
    /// </summary>
    private const int MaxRowBytes = 8 * 1024 * 1024;

    private static readonly RejectReason TooLarge = new(
        RejectCodes.RecordTooLarge, string.Empty, $"the row's values are larger than {MaxRowBytes} bytes");

    private readonly RecordReader _reader;
    private readonly ColumnBinding _binding;
    private readonly int _keyIndex;
    private readonly RowRules _rules;
    private readonly SliceWriter _slice;
    private readonly ImportProgress _progress;
    private readonly ArrayBufferWriter<byte> _values = new(1024);
    private readonly int[] _ends;

    /// <param name="file">The file; its reader is on the record to classify.</param>
    /// <param name="slice">Where the rows go.</param>
    /// <param name="progress">Counts the rows.</param>
    public RowClassifier(BoundFile file, SliceWriter slice, ImportProgress progress)
    {
        _reader = file.Reader;
        _binding = file.Binding;
        _keyIndex = file.Dataset.KeyIndex;
        _rules = new RowRules(file.Dataset);
        _slice = slice;
        _progress = progress;
        _ends = new int[file.Binding.Sources.Count + file.Binding.Extra.Count];
    }

    /// <summary>The keys of the rows accepted so far; null if the database detects all duplicates.</summary>
    public SeenKeys? Seen { get; init; }

    /// <summary>Where rejected records go; null for nowhere.</summary>
    public RejectsFiles? Rejects { get; init; }

    /// <summary>Who is shown the accepted rows; null for nobody.</summary>
    public IImportObserver? Observer { get; init; }

    /// <summary>Classifies the reader's current record.</summary>
    public void Classify()
    {
        if ((_reader.RejectReason ?? ReadValues()) is { } reason)
        {
            Reject(_reader.Line, reason, _reader.Raw, _reader.IsRawTruncated);
        }
        else
        {
            Accept(_reader.Line, _values.WrittenSpan, _ends);
        }
    }

    /// <summary>Reads the reader's current record without giving it its fate yet.</summary>
    public PendingRow Read()
    {
        var reason = _reader.RejectReason ?? ReadValues();
        return new PendingRow
        {
            Line = _reader.Line,
            Reason = reason,
            Raw = _reader.Raw.ToArray(),
            IsRawTruncated = _reader.IsRawTruncated,
            Values = reason is null ? _values.WrittenSpan.ToArray() : [],
            Ends = reason is null ? [.. _ends] : [],
        };
    }

    /// <summary>Classifies a row that was read before.</summary>
    /// <param name="row">The row.</param>
    /// <param name="reason">Why a row that follows the rules is rejected nevertheless; null if it is not.</param>
    /// <returns>Whether it is accepted: neither rejected nor a duplicate.</returns>
    public bool Classify(PendingRow row, RejectReason? reason)
    {
        if ((row.Reason ?? reason) is { } rejected)
        {
            Reject(row.Line, rejected, row.Raw, row.IsRawTruncated);
            return false;
        }

        return Accept(row.Line, row.Values, row.Ends);
    }

    private void Reject(long line, RejectReason reason, ReadOnlySpan<byte> raw, bool isRawTruncated)
    {
        _slice.AddRejection(line, reason, raw);
        Rejects?.Write(line, reason, raw, isRawTruncated ? _reader.Shape.LineEnd.Span : default);
        _progress.AddRejected();
    }

    private bool Accept(long line, ReadOnlySpan<byte> values, ReadOnlySpan<int> ends)
    {
        if (Seen is not null && !Seen.Add(KeyOf(values, ends)))
        {
            _slice.AddDuplicate(line);
            _progress.AddDuplicate();
            return false;
        }

        _slice.AddRow(line, values, ends);
        Observer?.RowAccepted(new AcceptedRow(line, values, ends));
        _progress.AddValid();
        return true;
    }

    private RejectReason? ReadValues()
    {
        _values.ResetWrittenCount();
        var sources = _binding.Sources;
        for (var column = 0; column < sources.Count; column++)
        {
            var source = sources[column];
            var reason = source.Length == 2
                ? _rules.Canonicalize(column, _reader.Field(source[0]), _reader.Field(source[1]), _values)
                : _rules.Canonicalize(column, source.Length == 0 ? default : _reader.Field(source[0]), _values);
            if (reason is not null)
            {
                return reason;
            }

            _ends[column] = _values.WrittenCount;
        }

        for (var i = 0; i < _binding.Extra.Count; i++)
        {
            var (index, name) = _binding.Extra[i];
            var value = _reader.Field(index);
            if (_rules.CheckExtra(name, value) is { } reason)
            {
                return reason;
            }

            _values.Write(value);
            _ends[sources.Count + i] = _values.WrittenCount;
        }

        return _values.WrittenCount > MaxRowBytes ? TooLarge : null;
    }

    private ReadOnlySpan<byte> KeyOf(ReadOnlySpan<byte> values, ReadOnlySpan<int> ends) =>
        values[(_keyIndex == 0 ? 0 : ends[_keyIndex - 1])..ends[_keyIndex]];
}
