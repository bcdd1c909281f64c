using System.Text;

namespace CsvIngest.Testing;

/// <summary>What a program has written to one of its streams so far, and a way to wait for a line of it.</summary>
internal sealed class CapturedText
{
    private readonly Lock _gate = new();
    private readonly StringBuilder _text = new();
    private TaskCompletionSource _changed = NewSignal();
    private bool _ended;
    private int _searchedTo;

    /// <summary>Reads to the end of the stream, which comes when every process that holds it has ended.</summary>
    public async Task ReadFromAsync(TextReader reader)
    {
        var buffer = new char[4096];
        int read;
        while ((read = await reader.ReadAsync(buffer.AsMemory())) > 0)
        {
            Change(() => _text.Append(buffer, 0, read));
        }

        Change(() => _ended = true);
    }

    /// <summary>Waits for a whole line that holds the fragment, after the line that the last call found.</summary>
    /// <returns>The line, or null when the stream ended without one.</returns>
    public async Task<string?> WaitForLineAsync(string fragment, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (NextLineWith(fragment) is { } line)
                {
                    return line;
                }

                if (_ended)
                {
                    return null;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    /// <summary>All of it, so far.</summary>
    public override string ToString()
    {
        lock (_gate)
        {
            return _text.ToString();
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Lines without the fragment are skipped for good only when the line that holds it has been found: two waits for different
    // lines, one after the other, must not depend on how the text arrived.
    private string? NextLineWith(string fragment)
    {
        var text = _text.ToString();
        var start = _searchedTo;
        while (start < text.Length)
        {
            var end = text.IndexOf('\n', start);
            if (end < 0 && !_ended)
            {
                return null;
            }

            var line = end < 0 ? text[start..] : text[start..end];
            start = end < 0 ? text.Length : end + 1;
            if (line.Contains(fragment, StringComparison.Ordinal))
            {
                _searchedTo = start;
                return line.TrimEnd('\r');
            }
        }

        return null;
    }

    private void Change(Action change)
    {
        lock (_gate)
        {
            change();
            var changed = _changed;
            _changed = NewSignal();
            changed.SetResult();
        }
    }
}
