namespace CsvIngest.Values;

/// <summary>Why a row is refused.</summary>
/// <param name="Code">One of <see cref="RejectCodes"/>.</param>
/// <param name="Column">The dataset's column; empty where the record as a whole is at fault.</param>
/// <param name="Reason">For people; holds no value of the row.</param>
public sealed record Fault(string Code, string Column, string Reason);
