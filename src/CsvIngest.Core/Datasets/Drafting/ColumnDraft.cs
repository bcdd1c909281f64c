using System.Buffers;
using System.Text;
using CsvIngest.Values;

namespace CsvIngest.Datasets.Drafting;

/// <summary>What a column of a file can be, from all its values.</summary>
/// <param name="header">Its header.</param>
public sealed class ColumnDraft(string header)
{
    /// <summary>Numbers that mean two things, depending on what the point or the comma is.</summary>
    private static readonly string[] AmbiguousNumbers = ["1.234", "1,234"];

    private readonly ArrayBufferWriter<byte> _form = new();
    private List<Candidate>? _candidates;
    private bool _hasEmpty;
    private bool _isPadded;
    private bool _hasSpace;

    /// <summary>The header.</summary>
    public string Header => header;

    /// <summary>Whether every row has a value.</summary>
    public bool IsComplete => _candidates is not null && !_hasEmpty;

    /// <summary>Whether no value contains white space, as identifiers do not, unlike names and descriptions.</summary>
    internal bool IsWithoutSpace => !_hasSpace;

    /// <summary>Adds the value of a row.</summary>
    public void Add(ReadOnlySpan<byte> field)
    {
        var value = Utf8Text.Trim(field);
        if (value.IsEmpty)
        {
            _hasEmpty = true;
            return;
        }

        _isPadded |= value.Length != field.Length;
        _hasSpace |= value.IndexOfAny(" \t\r\n"u8) >= 0;
        _candidates ??= [.. ColumnCandidates.All.Select(column => new Candidate(column))];
        for (var i = _candidates.Count - 1; i >= 0; i--)
        {
            _form.ResetWrittenCount();
            if (!_candidates[i].Accepts(value, _form))
            {
                _candidates.RemoveAt(i);
            }
        }
    }

    /// <summary>Proposes a column.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="comment">What a person should decide; null if nothing.</param>
    internal Column Propose(string name, out string? comment)
    {
        comment = null;
        var possible = (_candidates ?? []).Where(candidate => candidate.HasEvidence).Select(candidate => candidate.Column).ToList();
        if (possible.Count > 0)
        {
            if (possible.Find(other => Differ(possible[0], other)) is not { } other)
            {
                return possible[0] with { Name = name, Required = IsComplete };
            }

            comment = $"Either {Describe(possible[0])} or {Describe(other)}: the values do not tell which.";
        }

        return new Column(name, ColumnType.Text, IsComplete, Trim: _isPadded);
    }

    private static string Describe(Column column) =>
        column.Type.ToString().ToLowerInvariant() + (column.Format is null ? "" : $" ({column.Format})");

    /// <summary>Whether a text can have different meanings in two columns.</summary>
    private static bool Differ(Column one, Column other)
    {
        if (one.Format is DateFormats dates && other.Format is DateFormats others)
        {
            return dates.IsAmbiguousWith(others);
        }

        return AmbiguousNumbers.Any(text => FormOf(one, text) is { } form && FormOf(other, text) is { } another && form != another);
    }

    private static string? FormOf(Column column, string text)
    {
        var form = new ArrayBufferWriter<byte>();
        return new ColumnRule(column, required: false).Apply(Encoding.UTF8.GetBytes(text), form) is null
            ? Encoding.UTF8.GetString(form.WrittenSpan)
            : null;
    }

    /// <summary>A candidate that accepts all values so far.</summary>
    private sealed class Candidate(Column column)
    {
        private readonly ColumnRule _rule = new(column, required: false);
        private bool _isTrue;
        private bool _isFalse;
        private bool _hasFraction;

        public Column Column => column;

        /// <summary>
        /// Whether the values suggest the type: booleans of both kinds, and decimals one of which has a fraction. Other numbers that are no
        /// integers are too long for one, and are rather identifiers.
        /// </summary>
        public bool HasEvidence => column.Type switch
        {
            ColumnType.Boolean => _isTrue && _isFalse,
            ColumnType.Decimal => _hasFraction,
            _ => true,
        };

        public bool Accepts(ReadOnlySpan<byte> value, ArrayBufferWriter<byte> form)
        {
            if ((column.Type is ColumnType.Integer or ColumnType.Decimal && IsIdentifier(value)) || _rule.Apply(value, form) is not null)
            {
                return false;
            }

            _isTrue |= form.WrittenSpan[0] == 't';
            _isFalse |= form.WrittenSpan[0] == 'f';
            _hasFraction |= form.WrittenSpan.Contains((byte)'.');
            return true;
        }

        // A postal code or a telephone number would lose its zeros or its plus sign.
        private static bool IsIdentifier(ReadOnlySpan<byte> value) =>
            value is [(byte)'+', ..] or [(byte)'0', >= (byte)'0' and <= (byte)'9', ..];
    }
}
