using CsvIngest.Monitoring;
using CsvIngest.Settings;

namespace CsvIngest.Consumer.Consuming;

/// <summary>How the consumer runs.</summary>
internal sealed record ConsumerOptions
{
    /// <summary>
    /// How many lanes gather and apply batches side by side, each with its own connections. More lanes use more of the database's
    /// cores. Defaults to 1.
    /// </summary>
    public int Parallel { get; init; } = 1;

    /// <summary>
    /// How many messages a lane may hold unsettled: half of them are applied while the others arrive. Raising it costs memory, redeliveries
    /// after a crash, and work that another consumer could do. Defaults to 200 messages: half of them nearly fill a transaction as the
    /// producer makes them by default, and at one row each a hundred still share a commit.
    /// </summary>
    public ushort Prefetch { get; init; } = 200;

    /// <summary>Whether to stop when the queue is empty. Defaults to false: run until stopped.</summary>
    public bool Drain { get; init; }

    /// <summary>A file that exists while broker and database are reachable, for health checks; null for none.</summary>
    public string? ReadyFile { get; init; }

    /// <summary>Where to answer probes, and nothing else; null for nowhere.</summary>
    public ListenAddress? Health { get; init; }

    /// <summary>Where to answer scrapes of Prometheus; null for nowhere.</summary>
    public ListenAddress? Metrics { get; init; }

    /// <summary>Whether to log, after each transaction, the totals that it has changed. Defaults to false: accounts are not for every log.</summary>
    public bool LogTotals { get; init; }

    /// <summary>
    /// The length of the messages that fill a transaction even if they are few, in bytes. Defaults to 5 MiB: about 70,000 rows of 4 columns.
    /// Measured on PostgreSQL over two connections, with 5,000,000 new rows in random order: the server took 23 to 26 s of processor time
    /// with transactions of 20,000 rows, 18 to 20 s with 50,000 and 16 s with 80,000, because sorted rows that are neighbours in the index go
    /// in one after the other. Larger transactions would need more memory. A consumer that keeps up with its producers has smaller ones.
    /// </summary>
    public int BytesPerTransaction { get; init; } = 5 * 1024 * 1024;

    /// <summary>
    /// How long a transaction that is not full waits for the next message. Defaults to 5 ms, a guess: short beside a commit on disk.
    /// </summary>
    public TimeSpan Linger { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>
    /// How long to wait at the start for the broker and for the database, each, while it is unavailable. Defaults to 60 s: as long as
    /// servers that are started together with the consumer take. The worst case is 5 s and one attempt more for each.
    /// </summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long the running transaction may take after the consumer was stopped. Defaults to 20 s, so that everything ends within the
    /// 30 s that supervisors commonly give: to give up a statement that is not answered takes some seconds more.
    /// </summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Checks every value.</summary>
    /// <exception cref="UsageException">Lists all faults.</exception>
    public void Validate()
    {
        var faults = new List<string>();
        if (Parallel is < 1 or > 64)
        {
            faults.Add($"--parallel is {Parallel}; expected 1 to 64");
        }

        if (Prefetch < 2)
        {
            faults.Add($"--prefetch is {Prefetch}; expected 2 to 65535");
        }

        // A missing folder is not created: with a wrong name the health check would never turn green.
        if (ReadyFile is "")
        {
            faults.Add("--ready-file is empty");
        }
        else if (ReadyFile is not null && Path.GetDirectoryName(Path.GetFullPath(ReadyFile)) is { } folder && !Directory.Exists(folder))
        {
            faults.Add($"--ready-file is \"{ReadyFile}\", and there is no folder {folder}");
        }

        if (faults.Count > 0)
        {
            throw new UsageException(string.Join("; ", faults) + ".");
        }
    }
}
