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
    private readonly Dictionary<string, long> _rejections = new(StringComparer.Ordinal);

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

    /// <summary>The code with which most rows were rejected; null if none was.</summary>
    public string? CommonestRejectCode => _rejections.OrderByDescending(code => code.Value).ThenBy(code => code.Key, StringComparer.Ordinal).FirstOrDefault().Key;

    /// <summary>Classifies the reader's current record.</summary>
    public void Classify()
    {
        if ((_reader.RejectReason ?? ReadValues()) is { } reason)
        {
            _slice.AddRejection(_reader.Line, reason, _reader.Raw);
            Rejects?.Write(_reader.Line, reason, _reader.Raw, _reader.IsRawTruncated ? _reader.Shape.LineEnd.Span : default);
            _rejections[reason.Code] = _rejections.GetValueOrDefault(reason.Code) + 1;
            _progress.AddRejected();
        }
        else if (Seen is not null && !Seen.Add(Key()))
        {
            _slice.AddDuplicate(_reader.Line);
            _progress.AddDuplicate();
        }
        else
        {
            _slice.AddRow(_reader.Line, _values.WrittenSpan, _ends);
            Observer?.RowAccepted(new AcceptedRow(_reader.Line, _values.WrittenSpan, _ends));
            _progress.AddValid();
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
