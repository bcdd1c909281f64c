using System.Text.RegularExpressions;

namespace CsvIngest;

/// <summary>
/// Why something failed, in one line, for a log line or for the message of another exception. The outer exceptions of a client library
/// say only that it failed, and the messages of some contain the stack trace of another exception.
/// </summary>
public static partial class FailureReason
{
    // How Exception.ToString begins a frame, and what it writes after an inner exception, which has no frames if it was never thrown.
    private static readonly string[] StackTraceStarts = ["\n   at ", "\n   --- End of "];

    /// <summary>
    /// The message of the innermost cause, or of the first one that is an exception of this project: those are worded for people. If there
    /// are several causes, their reasons, each once.
    /// </summary>
    public static string Of(Exception failure) => string.Join("; ", Causes(failure).Select(Describe).Distinct(StringComparer.Ordinal));

    /// <summary>
    /// What to tell a person whose command has failed: the message of an exception of this project, on as many lines as it has, or that
    /// of any other exception, on one line.
    /// </summary>
    public static string InFull(Exception failure) => IsOfThisProject(failure) ? failure.Message : Describe(failure);

    /// <summary>The message of a server or of the system, on one line, and without stack traces.</summary>
    public static string OfMessage(string message) => DisplayText.OneLine(Whitespace().Replace(WithoutStackTrace(message), " ").Trim());

    private static IEnumerable<Exception> Causes(Exception failure) => failure switch
    {
        _ when IsOfThisProject(failure) => [failure],
        AggregateException { InnerExceptions.Count: > 0 } several => several.InnerExceptions.SelectMany(Causes),
        { InnerException: { } inner } => Causes(inner),
        _ => [failure],
    };

    private static bool IsOfThisProject(Exception failure) =>
        failure.GetType().Namespace is { } name && name.StartsWith(nameof(CsvIngest), StringComparison.Ordinal);

    private static string Describe(Exception cause) => cause switch
    {
        // Their own messages say that something was cancelled, or that an operation timed out.
        OperationCanceledException or TimeoutException => "no answer in time",
        _ => OfMessage(cause.Message),
    };

    /// <summary>The message of the innermost exception, if the message contains exceptions with their stack traces.</summary>
    private static string WithoutStackTrace(string message)
    {
        var starts = StackTraceStarts.Select(start => message.IndexOf(start, StringComparison.Ordinal)).Where(at => at >= 0).ToList();
        if (starts.Count == 0)
        {
            return message;
        }

        var before = message[..starts.Min()];
        var innermost = ExceptionName().Matches(before).LastOrDefault();
        return innermost is null ? before : before[(innermost.Index + innermost.Length)..];
    }

    // As Exception.ToString writes it: "System.IO.IOException: text ---> System.Net.Sockets.SocketException (104): text\n   at …".
    [GeneratedRegex(@"[\w.+`]*Exception(?: \([^()]*\))?: ", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ExceptionName();

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Whitespace();
}
