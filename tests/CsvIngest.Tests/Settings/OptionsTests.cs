using CsvIngest.Consumer.Consuming;
using CsvIngest.Messages;
using CsvIngest.Producer;
using CsvIngest.Producer.Importing;
using CsvIngest.Settings;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Settings;

/// <summary>Every default is pinned here, and what is said of a value that cannot be.</summary>
public sealed class OptionsTests
{
    [Fact]
    public void Defaults_of_the_producer()
    {
        var options = new ProducerOptions { Files = ["data.csv"] };

        options.Validate();
        options.Dataset.ShouldBe("contacts");
        options.Map.ShouldBeEmpty();
        options.RowsPerMessage.ShouldBe(200);
        options.MaxRejects.ShouldBe(RejectLimit.None);
        options.RejectsFolder.ShouldBeNull();
        options.WriteRejects.ShouldBeTrue();
        options.StateFolder.ShouldBeNull();
        options.Dedupe.ShouldBeTrue();
        options.Restart.ShouldBeFalse();
        options.Settle.ShouldBe(TimeSpan.Zero);
        options.MaxExpansion.ShouldBe(200);
        options.DryRun.ShouldBeFalse();
        options.Print.ShouldBeFalse();
        options.Json.ShouldBeFalse();
        options.Quiet.ShouldBeFalse();
        options.BrokerTimeout.ShouldBe(TimeSpan.FromSeconds(30));
        options.MoveTo.ShouldBeNull();
        options.Reading.Faults().ShouldBeEmpty();
        options.Reading.MaxRecordBytes.ShouldBe(16 << 20);
        options.Reading.MaxFields.ShouldBe(4096);
    }

    [Fact]
    public void Defaults_of_the_consumer()
    {
        var options = new ConsumerOptions();

        options.Validate();
        options.Parallel.ShouldBe(1);
        options.Prefetch.ShouldBe((ushort)200);
        options.Drain.ShouldBeFalse();
        options.ReadyFile.ShouldBeNull();
        options.RowsPerTransaction.ShouldBe(5000);
        options.Linger.ShouldBe(TimeSpan.FromMilliseconds(5));
        options.StartTimeout.ShouldBe(TimeSpan.FromSeconds(60));
        options.StopTimeout.ShouldBe(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void Defaults_of_the_seams()
    {
        new PublisherOptions().Timeout.ShouldBe(TimeSpan.FromSeconds(30));
        new ReceiverOptions().Prefetch.ShouldBe((ushort)100);
        Setting.All.Select(setting => (setting.Flag, setting.Variable, setting.Default)).ShouldBe(
        [
            ("--broker", "CSVINGEST_BROKER", "sqlite:csvingest.db"),
            ("--database", "CSVINGEST_DATABASE", "sqlite:csvingest.db"),
            ("--queue", "CSVINGEST_QUEUE", "csv-ingest"),
            ("--datasets", "CSVINGEST_DATASETS", null),
        ]);
    }

    [Fact]
    public void Every_value_of_the_producer_that_cannot_be_is_said_at_once()
    {
        var options = new ProducerOptions
        {
            Files = ["data.csv"], RowsPerMessage = 0, BrokerTimeout = TimeSpan.Zero, MaxExpansion = 0, Print = true, Json = true,
        };

        Should.Throw<UsageException>(options.Validate).Message.ShouldBe(
            "--rows-per-message is 0; expected 1 to 100000; --broker-timeout is not positive; --max-expansion is 0; expected 1 or more; "
            + "--print goes with --dry-run; --print and --json both write to standard output; choose one.");
    }

    [Fact]
    public void Every_value_of_the_consumer_that_cannot_be_is_said_at_once() =>
        Should.Throw<UsageException>(new ConsumerOptions { Parallel = 65, Prefetch = 1 }.Validate).Message.ShouldBe(
            "--parallel is 65; expected 1 to 64; --prefetch is 1; expected 2 to 65535.");

    [Fact]
    public void A_ready_file_in_a_folder_that_is_missing_is_said_at_the_start() =>
        Should.Throw<UsageException>(new ConsumerOptions { ReadyFile = "/missing/folder/ready" }.Validate).Message.ShouldBe(
            "--ready-file is \"/missing/folder/ready\", and there is no folder /missing/folder.");
}
