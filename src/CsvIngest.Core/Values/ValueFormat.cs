namespace CsvIngest.Values;

/// <summary>
/// How the values of a column are written in files, where that is not how docs/datasets.md lists it for the column's type. It changes what is
/// accepted, never the canonical form. Instances are immutable.
/// </summary>
public abstract class ValueFormat
{
    /// <summary>
    /// The format in the form in which reasons and lists show it, such as <c>dd.MM.yyyy</c>. Different formats of a type have different texts.
    /// </summary>
    public abstract override string ToString();

    /// <summary>Writes the canonical form of a value.</summary>
    /// <param name="value">A value without surrounding white space; not empty.</param>
    /// <param name="target">Longer than the value by 2 bytes at least, and large enough for every canonical form of a fixed length.</param>
    /// <param name="length">The length of the canonical form; 0 if the value is rejected.</param>
    /// <returns>Null, or why the value is rejected.</returns>
    internal abstract RejectReason? Canonicalize(ReadOnlySpan<byte> value, Span<byte> target, out int length);
}
