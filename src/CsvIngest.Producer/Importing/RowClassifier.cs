using System.Buffers;
using CsvIngest.Datasets;
using CsvIngest.Messages;
using CsvIngest.Importing.Reading;
using CsvIngest.Producer.Rejects;
using CsvIngest.Producer.Reporting;
using CsvIngest.Values;

namespace CsvIngest.Producer.Importing;

/// <summary>Gives each record its fate: sent, rejected or duplicate; and puts it into the slice accordingly.</summary>
internal sealed class RowClassifier
{
    /// <summary>
    /// The largest row that is sent, in bytes. 8 MiB: with the slice it joins it stays well below 16 MiB, the largest message
    /// that RabbitMQ 4 takes by default.
    /// </summary>
    public const int MaxRowBytes = 8 * 1024 * 1024;

    private static readonly RejectReason TooLarge = new(
        RejectCodes.RecordTooLarge, string.Empty, $"the row's values are larger than {MaxRowBytes} bytes");

    private readonly RecordReader _reader;
    private readonly ColumnBinding _binding;
    private readonly int _keyIndex;
    private readonly RowRules _rules;
    private readonly SliceWriter _slice;
    private readonly Counts _counts;
    private readonly SeenKeys? _seen;
    private readonly RejectsFiles? _rejects;
    private readonly RowPrinter? _printer;
    private readonly ArrayBufferWriter<byte> _values = new(1024);
    private readonly int[] _ends;

    /// <param name="reader">Stands on the record to take.</param>
    /// <param name="dataset">What the columns mean.</param>
    /// <param name="binding">Which field feeds which column.</param>
    /// <param name="slice">Where the row goes.</param>
    /// <param name="counts">The books.</param>
    /// <param name="seen">The keys sent so far; null where the database is to decide.</param>
    /// <param name="rejects">Where refused records go; null for nowhere.</param>
    /// <param name="printer">Where accepted rows are shown; null for nowhere.</param>
    public RowClassifier(
        RecordReader reader, Dataset dataset, ColumnBinding binding, SliceWriter slice, Counts counts,
        SeenKeys? seen, RejectsFiles? rejects, RowPrinter? printer)
    {
        _reader = reader;
        _binding = binding;
        _keyIndex = dataset.KeyIndex;
        _rules = new RowRules(dataset);
        _slice = slice;
        _counts = counts;
        _seen = dataset.Key is null ? null : seen;
        _rejects = rejects;
        _printer = printer;
        _ends = new int[binding.Sources.Count + binding.Extra.Count];
    }

    /// <summary>Takes the reader's current record.</summary>
    public void Classify()
    {
        if ((_reader.RejectReason ?? ReadValues()) is { } reason)
        {
            _slice.AddRejection(_reader.Line, reason, _reader.Raw);
            _rejects?.Write(_reader.Line, reason, _reader.Raw, _reader.IsRawCut ? _reader.Shape.LineEnd.Span : default);
            _counts.AddRejected();
        }
        else if (_seen is not null && !_seen.Add(Key()))
        {
            _slice.AddDuplicate(_reader.Line);
            _counts.AddDuplicate();
        }
        else
        {
            _slice.AddRow(_reader.Line, _values.WrittenSpan, _ends);
            _printer?.Write(_reader.Line, _values.WrittenSpan, _ends);
            _counts.AddValid();
        }
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

    private ReadOnlySpan<byte> Key() =>
        _values.WrittenSpan[(_keyIndex == 0 ? 0 : _ends[_keyIndex - 1]).._ends[_keyIndex]];
}
