using Npgsql;

namespace CsvIngest.Postgres;

/// <summary>Statements that are sent together, each with what to do with its rows.</summary>
internal sealed class QueryBatch(NpgsqlConnection connection, NpgsqlTransaction transaction) : IAsyncDisposable
{
    private readonly NpgsqlBatch _batch = new(connection, transaction);

    // One for each statement that returns rows. The driver skips the others.
    private readonly List<Action<NpgsqlDataReader>> _readers = [];

    /// <summary>Adds a statement that returns no rows.</summary>
    public void Add(string sql, params ReadOnlySpan<NpgsqlParameter> parameters) => Sql.Add(_batch, sql, parameters);

    /// <summary>Adds a statement that returns rows.</summary>
    /// <param name="read">Is called for each row.</param>
    /// <param name="sql">The statement.</param>
    /// <param name="parameters">Its parameters.</param>
    public void Query(Action<NpgsqlDataReader> read, string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        Sql.Add(_batch, sql, parameters);
        _readers.Add(read);
    }

    /// <summary>Adds a statement whose rows do not matter.</summary>
    public void Run(string sql, params ReadOnlySpan<NpgsqlParameter> parameters) => Query(_ => { }, sql, parameters);

    /// <summary>Runs the statements in their order.</summary>
    /// <exception cref="PostgresException">The transaction has failed.</exception>
    public async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        await using var reader = await _batch.ExecuteReaderAsync(cancellationToken);
        foreach (var read in _readers)
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                read(reader);
            }

            await reader.NextResultAsync(cancellationToken);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _batch.DisposeAsync();
}
