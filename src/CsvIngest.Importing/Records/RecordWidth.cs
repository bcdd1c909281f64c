namespace CsvIngest.Importing.Records;

/// <summary>How many fields a record has.</summary>
/// <param name="Fewest">
/// The smallest number of fields; equal to <paramref name="Columns"/> unless the last columns may be left out, which are then empty.
/// </param>
/// <param name="Columns">The number of columns. Only fields without a value may follow.</param>
internal readonly record struct RecordWidth(int Fewest, int Columns)
{
    /// <summary>Whether a record has this width.</summary>
    public bool Fits(FieldTable fields, ReadOnlySpan<byte> text) =>
        fields.Count <= Columns ? fields.Count >= Fewest : IsBlankBeyond(fields, text);

    /// <summary>The width in words, such as <c>3</c>, <c>2 or 3</c>, or <c>2 to 4</c>.</summary>
    public override string ToString() => (Columns - Fewest) switch
    {
        0 => $"{Columns}",
        1 => $"{Fewest} or {Columns}",
        _ => $"{Fewest} to {Columns}",
    };

    private bool IsBlankBeyond(FieldTable fields, ReadOnlySpan<byte> text)
    {
        for (var index = Columns; index < fields.Kept; index++)
        {
            if (!fields.IsBlank(text, index))
            {
                return false;
            }
        }

        return fields.Kept == fields.Count;
    }
}
