namespace CsvIngest.Testing;

/// <summary>A kind of broker and database that the whole pipeline is tested on.</summary>
public abstract class PipelineFixture
{
    /// <summary>The number of rows of a large file here.</summary>
    public abstract int ManyRows { get; }

    /// <summary>The number of rows of a large file that is published as one-row messages here.</summary>
    public abstract int ManyMessages { get; }

    /// <summary>Makes an environment for one test: a database with tables, and a queue that does not exist yet.</summary>
    public abstract Task<PipelineEnvironment> CreateAsync();
}
