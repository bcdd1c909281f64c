using System.Buffers;
using CsvIngest.Datasets;
using CsvIngest.Store;
using Npgsql;

namespace CsvIngest.Postgres;

/// <summary>Inserts rows of one dataset by COPY: all of them, or none and the transaction has failed.</summary>
internal sealed class RowCopy(NpgsqlConnection connection, Dataset dataset)
{
    /// <summary>How many bytes are collected before they are sent; a guess: many rows, and little memory.</summary>
    private const int ChunkBytes = 64 * 1024;

    /// <summary>Inserts rows, in their order.</summary>
    /// <exception cref="CopyRefusedException">A value cannot be sent by COPY.</exception>
    /// <exception cref="PostgresException">The transaction has failed.</exception>
    public async Task ExecuteAsync(ReadOnlyMemory<SliceRow> rows, CancellationToken cancellationToken)
    {
        var stream = await connection.BeginRawBinaryCopyAsync(Sql.Copy(dataset), cancellationToken);
        stream.ReadTimeout = stream.WriteTimeout = connection.CommandTimeout * 1000;
        try
        {
            await WriteAsync(stream, rows, cancellationToken);
        }
        catch (CopyRefusedException)
        {
            // Disposing the stream would complete the COPY.
            await stream.CancelAsync();
            throw;
        }

        // The server reads to the end, whatever it finds, and then answers.
        await stream.DisposeAsync();
    }

    private async Task WriteAsync(Stream stream, ReadOnlyMemory<SliceRow> rows, CancellationToken cancellationToken)
    {
        var chunk = new ArrayBufferWriter<byte>(ChunkBytes);
        CopyFormat.WriteHeader(chunk);
        for (var i = 0; i < rows.Length; i++)
        {
            Write(chunk, rows.Span[i]);
            if (chunk.WrittenCount >= ChunkBytes / 2)
            {
                await stream.WriteAsync(chunk.WrittenMemory, cancellationToken);
                chunk.ResetWrittenCount();
            }
        }

        CopyFormat.WriteTrailer(chunk);
        await stream.WriteAsync(chunk.WrittenMemory, cancellationToken);
    }

    private void Write(ArrayBufferWriter<byte> chunk, SliceRow sliceRow)
    {
        var (slice, row) = sliceRow;
        var columns = dataset.Columns;
        CopyFormat.WriteRow(chunk, columns.Count + (dataset.ExtraColumns is null ? 2 : 3));
        for (var column = 0; column < columns.Count; column++)
        {
            if (!CopyFormat.TryWrite(chunk, columns[column].Type, row.Utf8(column)))
            {
                throw new CopyRefusedException("a value is not in canonical form");
            }
        }

        if (dataset.ExtraColumns is not null)
        {
            CopyFormat.WriteJson(chunk, row.Extra.Span);
        }

        CopyFormat.WriteGuid(chunk, slice.Part.ImportId);
        CopyFormat.WriteInt64(chunk, row.Line);
    }
}
