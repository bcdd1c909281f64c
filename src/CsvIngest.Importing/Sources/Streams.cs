namespace CsvIngest.Importing.Sources;

/// <summary>A stream that is read forward only, once, unless a derived class says otherwise.</summary>
internal abstract class ForwardStream : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public abstract override int Read(Span<byte> buffer);

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}

/// <summary>
/// A pipe whose reader can be stopped while no data comes: the read that waits is abandoned, and ends with the process.
/// </summary>
internal sealed class InterruptibleStream(Stream inner, CancellationToken cancellationToken) : ForwardStream
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private bool _isAbandoned;

    public override int Read(Span<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_isAbandoned, this);
        var wanted = Math.Min(buffer.Length, _buffer.Length);
        var reading = Task.Run(() => inner.Read(_buffer, 0, wanted), CancellationToken.None);
        // Until the read returns, it owns the buffer.
        _isAbandoned = true;
        Task.WaitAny([reading], cancellationToken);
        _isAbandoned = false;
        var read = reading.GetAwaiter().GetResult();
        _buffer.AsSpan(0, read).CopyTo(buffer);
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        // Closing a descriptor that is being read may wait for that read.
        if (disposing && !_isAbandoned)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}

/// <summary>Counts the bytes that are read. The progress display reads the count from another thread.</summary>
internal sealed class CountingStream(Stream inner) : ForwardStream
{
    private long _count;

    public long Count => Interlocked.Read(ref _count);

    // An archive is read from its end.
    public override bool CanSeek => inner.CanSeek;

    public override long Length => inner.Length;

    public override long Position
    {
        get => inner.Position;
        set => inner.Position = value;
    }

    public override long Seek(long offset, SeekOrigin origin) => inner.Seek(offset, origin);

    public override int Read(Span<byte> buffer)
    {
        var read = inner.Read(buffer);
        Interlocked.Add(ref _count, read);
        return read;
    }

    /// <summary>Counts from zero again.</summary>
    public void Restart() => Interlocked.Exchange(ref _count, 0);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}

/// <summary>Some bytes that were read ahead, then the rest.</summary>
internal sealed class PrefixedStream(ReadOnlyMemory<byte> prefix, Stream rest) : ForwardStream
{
    private ReadOnlyMemory<byte> _prefix = prefix;

    public override int Read(Span<byte> buffer)
    {
        if (_prefix.IsEmpty)
        {
            return rest.Read(buffer);
        }

        var length = Math.Min(buffer.Length, _prefix.Length);
        _prefix.Span[..length].CopyTo(buffer);
        _prefix = _prefix[length..];
        return length;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            rest.Dispose();
        }

        base.Dispose(disposing);
    }
}

/// <summary>How far compressed input may expand.</summary>
/// <param name="MaxRatio">
/// Expanded bytes for each compressed one, checked once more than <see cref="UncheckedBytes"/> are expanded. Defaults to 200: text that
/// people write stays under 50; a bomb reaches 1,000.
/// </param>
internal sealed record ExpansionLimit(int MaxRatio = 200)
{
    /// <summary>Up to here nothing is checked: a small file of spaces does no harm. 64 MiB, a guess.</summary>
    public const long UncheckedBytes = 64L * 1024 * 1024;
}

/// <summary>Stops a compression bomb.</summary>
internal sealed class ExpansionGuard(Stream expanded, CountingStream compressed, ExpansionLimit limit) : ForwardStream
{
    private long _count;

    public override int Read(Span<byte> buffer)
    {
        var read = expanded.Read(buffer);
        _count += read;
        if (_count > ExpansionLimit.UncheckedBytes && _count / limit.MaxRatio > compressed.Count)
        {
            throw new UnusableFileException(
                $"The compressed data expands to more than {limit.MaxRatio} times its size.", null, new Remedy(ImportOption.MaxExpansion));
        }

        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            expanded.Dispose();
        }

        base.Dispose(disposing);
    }
}
