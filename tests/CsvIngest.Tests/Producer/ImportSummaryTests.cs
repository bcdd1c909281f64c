using CsvIngest.Importing;
using CsvIngest.Producer.Reporting;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Producer;

public sealed class ImportSummaryTests
{
    private static readonly ImportResult Done = new()
    {
        Source = "data.csv",
        Dataset = "contacts",
        Outcome = ImportOutcome.Done,
        ImportId = new Guid("01a2184e-a828-7a7e-baf9-2d91ac6f665c"),
        Elapsed = TimeSpan.FromSeconds(2),
        RowsRead = 1,
        RowsSent = 1,
        Messages = 3,
    };

    [Fact]
    public void One_row_is_a_row() => Lines(Done).ShouldBe(
    [
        "data.csv: done, import 01a2184e-a828-7a7e-baf9-2d91ac6f665c",
        "             1 row read in 2.0 s (0 rows/s)",
        "             1 sent in 3 messages",
        "             0 duplicate (same key as an earlier line)",
        "             0 rejected",
    ]);

    [Fact]
    public void Nothing_is_sent_in_no_messages() =>
        Lines(Done with { RowsSent = 0, RowsRejected = 1, Messages = 2 })[2].ShouldBe("             0 sent");

    [Fact]
    public void A_resumed_import_tells_this_run_from_the_earlier_ones()
    {
        var lines = Lines(Done with
        {
            RowsRead = 1_000_000,
            RowsSent = 999_000,
            RowsDuplicate = 1_000,
            RowsConfirmedBefore = 393_000,
            RowsSentBefore = 392_900,
            Messages = 3_036,
        });

        lines[0].ShouldEndWith(", resumed after row 393,000");
        lines[2].ShouldBe("       999,000 sent: 392,900 by earlier runs, 606,100 by this run in 3,036 messages");
    }

    private static string[] Lines(ImportResult result) => ImportSummary.ToText(result, isDryRun: false).Split(Environment.NewLine);
}
