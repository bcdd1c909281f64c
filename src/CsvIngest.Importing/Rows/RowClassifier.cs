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
    private readonly int[] _onlyColumns;
    private readonly NullMarkers? _nulls;
    private readonly int _keyIndex;
    private readonly RowRules _rules;
    private readonly SliceWriter _slice;
    private readonly ImportProgress _progress;
    private readonly ArrayBufferWriter<byte> _values = new(1024);
    private readonly JoinedText _joined = new();
    private readonly int[] _ends;
    private readonly Dictionary<string, long> _rejections = new(StringComparer.Ordinal);
    private long _lossyRows;
    private long _firstLossyLine;

    /// <param name="file">The file; its reader is on the record to classify.</param>
    /// <param name="slice">Where the rows go.</param>
    /// <param name="progress">Counts the rows.</param>
    public RowClassifier(BoundFile file, SliceWriter slice, ImportProgress progress)
    {
        _reader = file.Reader;
        _binding = file.Binding;
        _onlyColumns = [.. file.Binding.Sources.Select(source => source.Alternatives is [[var only]] ? only : -1)];
        _nulls = file.Nulls;
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

    /// <summary>Who is shown the accepted and the rejected rows; null for nobody.</summary>
    public IImportObserver? Observer { get; init; }

    /// <summary>The code with which most rows were rejected; null if none was.</summary>
    public string? CommonestRejectCode => _rejections.OrderByDescending(code => code.Value).ThenBy(code => code.Key, StringComparer.Ordinal).FirstOrDefault().Key;

    /// <summary>What people should know of the rows that were accepted; null if they are in order.</summary>
    public ImportWarning? Warning => _lossyRows == 0 ? null : new ImportWarning(
        $"{Quantity.Of(_lossyRows, "row")} {(_lossyRows == 1 ? "contains" : "contain")} U+FFFD in place of a character that was lost before the file "
        + $"was written (first at line {_firstLossyLine}). Such rows are accepted unless the character is in an email address.");

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
        Observer?.RowRejected(line, reason);
        _rejections[reason.Code] = _rejections.GetValueOrDefault(reason.Code) + 1;
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

        NoteLoss(line, values);

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
            var only = _onlyColumns[column];
            if (_rules.Canonicalize(column, only >= 0 ? Field(only) : Choose(sources[column]), _values) is { } reason)
            {
                return reason;
            }

            _ends[column] = _values.WrittenCount;
        }

        for (var i = 0; i < _binding.Extra.Count; i++)
        {
            var (index, name) = _binding.Extra[i];
            var value = Field(index);
            if (_rules.CheckExtra(name, value) is { } reason)
            {
                return reason;
            }

            _values.Write(value);
            _ends[sources.Count + i] = _values.WrittenCount;
        }

        return _values.WrittenCount > MaxRowBytes ? TooLarge : null;
    }

    private void NoteLoss(long line, ReadOnlySpan<byte> values)
    {
        // A search for one byte takes half the time, and the byte occurs in few scripts.
        if (values.Contains((byte)0xEF) && values.IndexOf("\uFFFD"u8) >= 0)
        {
            if (_lossyRows == 0)
            {
                _firstLossyLine = line;
            }

            _lossyRows++;
        }
    }

    /// <summary>The value of the first alternative that is not empty; empty if there is none.</summary>
    private ReadOnlySpan<byte> Choose(ColumnSource source)
    {
        foreach (var columns in source.Alternatives)
        {
            _joined.Clear();
            foreach (var column in columns)
            {
                _joined.Append(Field(column));
            }

            if (!_joined.Span.IsEmpty)
            {
                return columns is [var only] ? Field(only) : _joined.Span;
            }
        }

        return default;
    }

    private ReadOnlySpan<byte> Field(int index)
    {
        var value = _reader.Field(index);
        return _nulls?.Contains(value) == true ? default : value;
    }

    private ReadOnlySpan<byte> KeyOf(ReadOnlySpan<byte> values, ReadOnlySpan<int> ends) =>
        values[(_keyIndex == 0 ? 0 : ends[_keyIndex - 1])..ends[_keyIndex]];
}
