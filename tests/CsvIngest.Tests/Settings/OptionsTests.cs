using CsvIngest.Consumer.Consuming;
using CsvIngest.Messages;
using CsvIngest.Producer;
using CsvIngest.Importing;
using CsvIngest.Importing.Rows;
using CsvIngest.Settings;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Settings;

/// <summary>Pins every default, and the message for every value that is not allowed.</summary>
public sealed class OptionsTests
{
    [Fact]
    public void Defaults_of_the_producer()
    {
        var options = new ProducerOptions { Files = ["data.csv"] };

        options.Faults().ShouldBeEmpty();
        options.RejectsFolder.ShouldBeNull();
        options.WriteRejects.ShouldBeTrue();
        options.Settle.ShouldBe(TimeSpan.Zero);
        options.DryRun.ShouldBeFalse();
        options.Print.ShouldBeFalse();
        options.Json.ShouldBeFalse();
        options.Quiet.ShouldBeFalse();
        options.BrokerTimeout.ShouldBe(TimeSpan.FromSeconds(30));
        options.Watch.ShouldBeEmpty();
    }

    [Fact]
    public void Defaults_of_an_import()
    {
        var options = new ImportOptions();

        options.Validate();
        options.Slices.Dataset.ShouldBe("contacts");
        options.Slices.Map.ShouldBeEmpty();
        options.Slices.NullMarkers.ShouldBeEmpty();
        options.Slices.RowsPerMessage.ShouldBe(1000);
        options.Slices.Dedupe.ShouldBeTrue();
        options.Slices.CheckDomains.ShouldBeFalse();
        options.NameServer.ShouldBeNull();
        options.Slices.Reading.MaxRecordBytes.ShouldBe(16 << 20);
        options.Slices.Reading.MaxFields.ShouldBe(4096);
        options.MaxRejects.ShouldBe(RejectLimit.None);
        options.RejectsFolder.ShouldBeNull();
        options.StateFolder.ShouldBeNull();
        options.Restart.ShouldBeFalse();
        options.MaxExpansion.ShouldBe(200);
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
        options.BytesPerTransaction.ShouldBe(5 * 1024 * 1024);
        options.Linger.ShouldBe(TimeSpan.FromMilliseconds(5));
        options.StartTimeout.ShouldBe(TimeSpan.FromSeconds(60));
        options.StopTimeout.ShouldBe(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void Defaults_of_the_seams()
    {
        new PublisherOptions().Timeout.ShouldBe(TimeSpan.FromSeconds(30));
        new ReceiverOptions().Prefetch.ShouldBe((ushort)100);
        AdapterKindsTests.AllSettings.Select(setting => (setting.Flag, setting.Variable, setting.Default)).ShouldBe(
        [
            ("--broker", "CSVINGEST_BROKER", "sqlite:csvingest.db"),
            ("--database", "CSVINGEST_DATABASE", "sqlite:csvingest.db"),
            ("--queue", "CSVINGEST_QUEUE", "csv-ingest"),
            ("--datasets", "CSVINGEST_DATASETS", null),
        ]);
    }

    [Fact]
    public void All_faults_of_the_producers_options_are_reported_together()
    {
        var options = new ProducerOptions
        {
            Files = ["data.csv"],
            Import = new ImportOptions { Slices = new() { RowsPerMessage = 0, NullMarkers = ["NULL", " x"] }, MaxExpansion = 0 },
            BrokerTimeout = TimeSpan.Zero,
            Print = true,
            Json = true,
        };

        options.Faults().ShouldBe(
        [
            "--rows-per-message: 0 is out of range; expected 1 to 100000.",
            "--null: expected a text without surrounding white space; an empty field never has a value.",
            "--max-expansion: 0 is out of range; expected 1 or more.",
            "--broker-timeout: expected a time above zero.",
            "--print: requires --dry-run.",
            "--print and --json: both write to standard output; choose one.",
        ]);
        Should.Throw<ImportOptionsException>(options.Import.Validate).Faults.Select(fault => fault.Option)
            .ShouldBe([ImportOption.RowsPerMessage, ImportOption.Null, ImportOption.MaxExpansion]);
    }

    [Fact]
    public void All_faults_of_the_consumers_options_are_reported_together() =>
        Should.Throw<UsageException>(new ConsumerOptions { Parallel = 65, Prefetch = 1 }.Validate).Message.ShouldBe(
            "--parallel is 65; expected 1 to 64; --prefetch is 1; expected 2 to 65535.");

    [Fact]
    public void A_ready_file_in_a_folder_that_does_not_exist_is_an_error_at_the_start() =>
        Should.Throw<UsageException>(new ConsumerOptions { ReadyFile = "/missing/folder/ready" }.Validate).Message.ShouldBe(
            "--ready-file is \"/missing/folder/ready\", and there is no folder /missing/folder.");
}
