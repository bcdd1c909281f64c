using CsvIngest.Settings;

namespace CsvIngest.Consumer.Commands;

/// <summary>Asks on the terminal before something is deleted permanently.</summary>
internal static class Confirmation
{
    /// <summary>Asks, and waits for the answer.</summary>
    /// <param name="action">What is about to happen, as an imperative: <c>permanently delete 3 messages</c>.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="UsageException">Standard input is no terminal, so that nobody can answer.</exception>
    public static async Task<bool> AskAsync(string action, CancellationToken cancellationToken)
    {
        if (Console.IsInputRedirected)
        {
            throw new UsageException($"This would {action}; pass --yes to confirm.");
        }

        Console.Error.Write($"{char.ToUpperInvariant(action[0])}{action[1..]}? [y/N] ");
        // Reading a line cannot be cancelled, but it can be left behind when the process ends.
        var answer = await Task.Run(Console.ReadLine, cancellationToken).WaitAsync(cancellationToken);
        return answer?.Trim() is "y" or "Y" or "yes";
    }
}
