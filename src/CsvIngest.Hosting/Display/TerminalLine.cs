using System.Text;

namespace CsvIngest.Hosting.Display;

/// <summary>
/// A line at the bottom of the terminal on standard error that shows how far something is. Until it is disposed, what others write to
/// standard error, such as the log, appears above it.
/// </summary>
public sealed class TerminalLine : IDisposable
{
    // Back to the first column, and clear from there. Between two writes the cursor is in the first column, too: a terminal that becomes
    // narrower may break the line, but keeps the cursor at its beginning.
    private const string Clear = "\r\x1b[J";

    private readonly TextWriter _terminal;
    private readonly Func<int> _width;
    private readonly Lock _lock = new();
    private string _text = string.Empty;
    private bool _isWithinLine;

    /// <param name="terminal">The terminal.</param>
    /// <param name="width">Its width in columns of characters, which may change.</param>
    internal TerminalLine(TextWriter terminal, Func<int> width)
    {
        (_terminal, _width) = (terminal, width);
        Above = new WriterAbove(this);
    }

    /// <summary>Writes above the line.</summary>
    internal TextWriter Above { get; }

    /// <summary>Takes over standard error; null if that is not a terminal.</summary>
    public static TerminalLine? TryOpen()
    {
        if (Console.IsErrorRedirected || Console.WindowWidth <= 0)
        {
            return null;
        }

        var line = new TerminalLine(Console.Error, () => Console.WindowWidth);
        Console.SetError(line.Above);
        return line;
    }

    /// <summary>Replaces the line by another, which is cut if the terminal is too narrow.</summary>
    public void Show(string text) => Show(_ => text);

    /// <summary>Replaces the line by another, which depends on the number of columns that it may have.</summary>
    public void Show(Func<int, string> textOf)
    {
        lock (_lock)
        {
            if (_isWithinLine)
            {
                return;
            }

            // A terminal that is filled to its last column goes to the next line.
            var width = Math.Max(_width() - 1, 1);
            _text = TerminalText.CutMiddle(textOf(width), width);
            _terminal.Write($"{Clear}{_text}\r");
            _terminal.Flush();
        }
    }

    /// <summary>Removes the line, and returns standard error.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            Hide();
            _terminal.Flush();
        }

        Console.SetError(_terminal);
    }

    private void WriteAbove(ReadOnlySpan<char> text)
    {
        lock (_lock)
        {
            Hide();
            _terminal.Write(text);
            _terminal.Flush();
            _isWithinLine = text.Length == 0 ? _isWithinLine : text[^1] != '\n';
        }
    }

    private void Hide()
    {
        if (_text.Length > 0)
        {
            _terminal.Write(Clear);
            _text = string.Empty;
        }
    }

    /// <summary>The line is shown again with its next text, and not before the end of a line that is written here.</summary>
    private sealed class WriterAbove(TerminalLine line) : TextWriter
    {
        public override Encoding Encoding => line._terminal.Encoding;

        public override void Write(char value) => line.WriteAbove([value]);

        public override void Write(char[] buffer, int index, int count) => line.WriteAbove(buffer.AsSpan(index, count));

        public override void Write(ReadOnlySpan<char> buffer) => line.WriteAbove(buffer);

        public override void Write(string? value) => line.WriteAbove(value);

        public override void WriteLine(string? value) => line.WriteAbove(value + Environment.NewLine);
    }
}
