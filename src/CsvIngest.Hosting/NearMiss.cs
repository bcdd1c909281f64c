namespace CsvIngest.Hosting;

/// <summary>Finds the word that somebody probably meant.</summary>
internal static class NearMiss
{
    /// <summary>The end of a message about a word that is not known, such as <c> Did you mean "migrate"?</c>; empty if nothing is like it.</summary>
    /// <param name="word">What was written.</param>
    /// <param name="known">What could have been meant.</param>
    public static string Propose(string word, IEnumerable<string> known) =>
        Find(word, known) is { } meant ? $" Did you mean \"{meant}\"?" : string.Empty;

    /// <summary>The known word that is most like another; null if none is.</summary>
    /// <inheritdoc cref="Propose"/>
    public static string? Find(string word, IEnumerable<string> known) => known
        .Select(each => (Word: each, Distance: Distance(word, each)))
        // A third of the letters, a guess: "statsu" and "--rejcts" are found, and another word of the same length is not.
        .Where(each => each.Distance <= Math.Max(1, Math.Min(word.Length, each.Word.Length) / 3))
        .OrderBy(each => each.Distance)
        .Select(each => each.Word)
        .FirstOrDefault();

    /// <summary>
    /// How many letters have to be inserted, deleted, replaced, or swapped with the next one, to turn a word into another: the optimal
    /// string alignment distance.
    /// </summary>
    private static int Distance(string one, string other)
    {
        var (before, last, current) = (new int[other.Length + 1], new int[other.Length + 1], new int[other.Length + 1]);
        for (var j = 0; j <= other.Length; j++)
        {
            last[j] = j;
        }

        for (var i = 1; i <= one.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= other.Length; j++)
            {
                var replaced = last[j - 1] + (one[i - 1] == other[j - 1] ? 0 : 1);
                current[j] = Math.Min(replaced, Math.Min(last[j], current[j - 1]) + 1);
                if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1])
                {
                    current[j] = Math.Min(current[j], before[j - 2] + 1);
                }
            }

            (before, last, current) = (last, current, before);
        }

        return last[other.Length];
    }
}
