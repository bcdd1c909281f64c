using System.IO.Compression;

namespace CsvIngest.Importing.Sources;

/// <summary>
/// Decompresses gzip data of one or several members, up to the end of the file. <see cref="GZipStream"/> stops without an error at
/// bytes that do not begin another member, such as a damaged header, and would drop all rows after them; here that is an error.
/// Zero bytes at the end, which tape and block devices add, are allowed.
/// </summary>
internal sealed class GzipSource : ForwardStream
{
    private readonly Feed _feed;
    private readonly GZipStream _expanded;

    public GzipSource(Stream compressed)
    {
        _feed = new Feed(compressed);
        _expanded = new GZipStream(_feed, CompressionMode.Decompress);
    }

    /// <exception cref="UnusableFileException">The data is damaged, cut short, or followed by something else.</exception>
    public override int Read(Span<byte> buffer)
    {
        try
        {
            var read = _expanded.Read(buffer);
            if (read == 0 && buffer.Length > 0 && _feed.HasDataLeft())
            {
                throw new UnusableFileException(
                    "The gzip data is damaged: what follows its last complete member is neither another member nor zero padding.");
            }

            return read;
        }
        catch (InvalidDataException e)
        {
            throw new UnusableFileException($"The gzip data is damaged: {FailureReason.Of(e)}", e);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _expanded.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>
    /// Supplies the compressed bytes in blocks, and the last ones one by one: this shows where the decompressor has stopped, which does
    /// not tell how much of a block it has used.
    /// </summary>
    private sealed class Feed(Stream compressed) : ForwardStream
    {
        /// <summary>How many bytes at the end are supplied one by one: as many as the decompressor takes in one block.</summary>
        private const int SingleBytes = 8192;

        private readonly byte[] _ahead = new byte[8 * SingleBytes];
        private int _start;
        private int _end;
        private byte _last;
        private bool _hasEnded;
        private bool _wasReadAtEnd;

        public override int Read(Span<byte> buffer)
        {
            Fill();
            var available = _end - _start;
            if (available == 0)
            {
                _wasReadAtEnd = true;
                return 0;
            }

            var length = Math.Min(buffer.Length, available > SingleBytes ? available - SingleBytes : 1);
            _ahead.AsSpan(_start, length).CopyTo(buffer);
            _start += length;
            _last = _ahead[_start - 1];
            return length;
        }

        /// <summary>Whether the decompressor, which has stopped, left anything but zero bytes.</summary>
        public bool HasDataLeft()
        {
            // It read on after a complete member, so nothing is left.
            if (_wasReadAtEnd)
            {
                return false;
            }

            // It stopped at a byte that does not begin another member.
            var isZero = _last == 0;
            for (Fill(); isZero && _start < _end; Fill())
            {
                isZero = !_ahead.AsSpan(_start, _end - _start).ContainsAnyExcept((byte)0);
                _start = _end;
            }

            return !isZero;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                compressed.Dispose();
            }

            base.Dispose(disposing);
        }

        private void Fill()
        {
            if (_hasEnded || _end - _start > SingleBytes)
            {
                return;
            }

            _ahead.AsSpan(_start, _end - _start).CopyTo(_ahead);
            (_start, _end) = (0, _end - _start);
            while (!_hasEnded && _end <= SingleBytes)
            {
                var read = compressed.Read(_ahead.AsSpan(_end));
                _end += read;
                _hasEnded = read == 0;
            }
        }
    }
}
