using CsvIngest.Importing.Text;

namespace CsvIngest.Importing.Detection;

/// <summary>Tells e-mail messages and mailboxes from CSV files with titles such as <c>From: 2024-01-01</c>.</summary>
internal static class MailText
{
    /// <summary>How many lines are searched for a field that only messages have. A guess: messages begin with these.</summary>
    private const int MaxLines = 30;

    private static readonly byte[][] Fields =
    [
        [.. "Return-Path:"u8], [.. "Received:"u8], [.. "Delivered-To:"u8], [.. "Message-ID:"u8], [.. "MIME-Version:"u8], [.. "DKIM-Signature:"u8],
        [.. "X-Mozilla-Status:"u8],
    ];

    /// <summary>Whether every line is a field of a message's header, and one of them has a name that only messages have.</summary>
    /// <param name="text">The start of the text, without white space before it.</param>
    public static bool IsStartOf(ReadOnlySpan<byte> text)
    {
        // A mailbox has a line "From sender date" before each message.
        var isField = false;
        var (fields, isMessage) = (0, false);
        for (var lines = 0; lines < MaxLines && !text.IsEmpty; lines++)
        {
            Lines.TryFindEnd(text, isFinalBlock: true, out var length, out var end);
            var line = text[..length];
            text = text[end..];
            if (lines == 0 && line.StartsWith("From "u8))
            {
                continue;
            }

            // Continues the field of the line above.
            if (isField && line is [(byte)' ' or (byte)'\t', ..])
            {
                continue;
            }

            isField = IsField(line);
            if (!isField)
            {
                return false;
            }

            fields++;
            isMessage |= IsOnlyInMessages(line);
            if (isMessage && fields > 1)
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsOnlyInMessages(ReadOnlySpan<byte> line)
    {
        foreach (var name in Fields)
        {
            if (Markup.StartsWith(line, name))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsField(ReadOnlySpan<byte> line)
    {
        var colon = line.IndexOf((byte)':');
        return colon > 0 && line[..colon].IndexOfAny((byte)' ', (byte)',', (byte)';') < 0;
    }
}
