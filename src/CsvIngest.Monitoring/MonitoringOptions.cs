namespace CsvIngest.Monitoring;

/// <summary>What a <see cref="MonitoringServer"/> answers, and where.</summary>
public sealed record MonitoringOptions
{
    /// <summary>The name of the program.</summary>
    public required string Program { get; init; }

    /// <summary>The names under which the drivers of servers have metrics of their own.</summary>
    public required IReadOnlyList<string> Drivers { get; init; }

    /// <summary>Where to answer probes. Defaults to null: nowhere.</summary>
    public ListenAddress? Health { get; init; }

    /// <summary>Where to answer scrapes. Defaults to null: nowhere.</summary>
    public ListenAddress? Metrics { get; init; }
}
