using CsvIngest.ServerTests;
using CsvIngest.ServerTests.EndToEnd.Harness;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(LongestFirst))]

namespace CsvIngest.ServerTests;

/// <summary>
/// Starts the collections that take longest before all others, so that the run does not end with one of them on its own.
/// </summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Long = [nameof(BreakableBroker), nameof(BreakableCluster), nameof(BreakableDatabase)];

    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderByDescending(collection => Array.IndexOf(Long, collection.TestCollectionDisplayName))];
}
