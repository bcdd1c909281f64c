namespace CsvIngest.Hosting;

/// <summary>
/// Standard output and standard error where they lead to a file or a pipe, which can be full or closed. A pipe that nobody reads any more,
/// such as that of <c>| head -1</c>, is no failure: the runtime drops what is written to it.
/// </summary>
public static class StandardStreams
{
    /// <summary>Standard output, for bytes. A failure to write is a <see cref="StandardOutputException"/>.</summary>
    public static Stream OpenOutput() => new CheckedStream(Console.OpenStandardOutput(), failure => throw new StandardOutputException(failure));

    /// <summary>
    /// Lets writing to <see cref="Console.Out"/> fail with a <see cref="StandardOutputException"/>, and writing to
    /// <see cref="Console.Error"/> not at all: there is nowhere left to report that.
    /// </summary>
    internal static void Guard()
    {
        if (Console.IsOutputRedirected)
        {
            Console.SetOut(WriterFor(OpenOutput()));
        }

        if (Console.IsErrorRedirected)
        {
            Console.SetError(WriterFor(new CheckedStream(Console.OpenStandardError(), _ => { })));
        }
    }

    private static StreamWriter WriterFor(Stream stream) => new(stream, Console.OutputEncoding) { AutoFlush = true };

    /// <summary>Writes to another stream, and hands its failures over.</summary>
    private sealed class CheckedStream(Stream inner, Action<Exception> failed) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            try
            {
                inner.Write(buffer);
            }
            // A closed descriptor is reported as denied access.
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                failed(e);
            }
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        // Nothing is buffered here.
        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}

/// <summary>Standard output cannot be written: its disk is full, or it is closed. Exit code 74.</summary>
/// <param name="inner">Why.</param>
public sealed class StandardOutputException(Exception inner)
    : IOException($"Standard output cannot be written: {(inner is UnauthorizedAccessException ? "it is closed" : FailureReason.Of(inner).TrimEnd('.'))}.", inner);
