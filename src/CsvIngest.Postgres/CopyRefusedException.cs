namespace CsvIngest.Postgres;

/// <summary>COPY did not take the rows of a transaction, which has to be repeated with the statement.</summary>
/// <param name="reason">Without row values.</param>
internal sealed class CopyRefusedException(string reason, Exception? inner = null) : Exception(reason, inner);
