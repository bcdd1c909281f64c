using System.Globalization;
using FsCheck;

namespace CsvIngest.Tests.Harness;

/// <summary>
/// Properties are checked on the same inputs in every run, so that the change under test causes a failure, not chance.
/// CSVINGEST_TEST_SEED selects other inputs; <c>make fuzz</c> draws one.
/// </summary>
internal static class PropertyConfig
{
    private const ulong DefaultSeed = 1;

    /// <summary>Decides the inputs.</summary>
    public static ulong Seed => Environment.GetEnvironmentVariable("CSVINGEST_TEST_SEED") is { Length: > 0 } given
        ? ulong.Parse(given, CultureInfo.InvariantCulture)
        : DefaultSeed;

    /// <summary>Throws at the first input that violates the property, with what is needed to repeat it.</summary>
    /// <param name="tests">The number of inputs.</param>
    /// <param name="endSize">FsCheck's size of the last input.</param>
    public static Config Of(int tests, int endSize = 100) => Config.QuickThrowOnFailure
        .WithMaxTest(tests)
        .WithEndSize(endSize)
        .WithQuietOnSuccess(true)
        .WithReplay(new Replay(new Rnd(Seed), null));
}
