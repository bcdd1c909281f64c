using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using CsvIngest.Consumer.Display;
using CsvIngest.Hosting;
using CsvIngest.Store;

namespace CsvIngest.Consumer.Commands;

/// <summary><c>consumer totals</c>: the running totals that datasets define.</summary>
internal static class TotalsCommand
{
    /// <summary>How often <c>--watch</c> reads the totals.</summary>
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(1);

    public static Command Create(Application application)
    {
        var dataset = new Argument<string?>("dataset")
        {
            Description = "Only the totals of this dataset",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var by = new Option<string[]>("--by")
        {
            Description = "Only the totals of this value, such as one account; may be repeated",
            HelpName = "VALUE",
        };
        var json = new Option<bool>("--json") { Description = "Print a JSON array, with sums as text, so that no digit is lost" };
        var watch = new Option<bool>("--watch") { Description = "Print each total again when it changes, until interrupted" };
        var command = new Command("totals", "Show the running totals of the inserted rows") { dataset, by, json, watch };
        application.Handle(command, async (context, cancellationToken) =>
        {
            var arguments = context.Arguments;
            var name = arguments.GetValue(dataset);
            if (name is not null)
            {
                context.LoadDatasets().FindWithTotals(name);
            }

            var filter = new TotalFilter(name, arguments.GetValue(by) is { Length: > 0 } values ? values : null);
            await using var store = context.OpenStore();
            if (arguments.GetValue(watch))
            {
                await WatchAsync(store, filter, arguments.GetValue(json), cancellationToken);
            }
            else if (arguments.GetValue(json))
            {
                await WriteJsonAsync(store, filter, cancellationToken);
            }
            else
            {
                await WriteTablesAsync(store, filter, cancellationToken);
            }

            return ExitCodes.Done;
        });
        return command;
    }

    private static async Task WriteTablesAsync(IStore store, TotalFilter filter, CancellationToken cancellationToken)
    {
        var totals = await store.ReadTotalsAsync(filter, cancellationToken).ToListAsync(cancellationToken);
        if (totals.Count == 0)
        {
            Terminal.WriteLine($"{store.DisplayAddress} contains no such totals yet.");
            return;
        }

        var groups = totals.GroupBy(total => (total.Key.Dataset, total.Key.Definition)).ToList();
        foreach (var group in groups)
        {
            var (dataset, (by, sum)) = group.Key;
            if (groups.Count > 1)
            {
                Terminal.WriteLine($"{dataset}: {sum} by {by}");
            }

            var table = new TextTable(
                new(by) { IsHeading = true, IsVariable = true }, new("rows") { IsNumber = true }, new(sum) { IsNumber = true });
            foreach (var total in group)
            {
                table.AddRow(total.Key.Value, $"{total.Rows}", total.Sum.ToString());
            }

            Terminal.Write(table);
        }
    }

    private static async Task WriteJsonAsync(IStore store, TotalFilter filter, CancellationToken cancellationToken)
    {
        var output = StandardStreams.OpenOutput();
        await using (var json = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartArray();
            await foreach (var total in store.ReadTotalsAsync(filter, cancellationToken))
            {
                Write(json, total);
                await json.FlushAsync(cancellationToken);
            }

            json.WriteEndArray();
        }

        output.WriteByte((byte)'\n');
    }

    private static async Task WatchAsync(IStore store, TotalFilter filter, bool isJson, CancellationToken cancellationToken)
    {
        var shown = new Dictionary<TotalKey, RunningTotal>();
        while (true)
        {
            await foreach (var total in store.ReadTotalsAsync(filter, cancellationToken))
            {
                if (shown.GetValueOrDefault(total.Key) != total)
                {
                    shown[total.Key] = total;
                    Console.WriteLine(isJson ? ToJson(total) : ToLine(total));
                }
            }

            await Task.Delay(WatchInterval, cancellationToken);
        }
    }

    private static string ToLine(RunningTotal total) =>
        $"{total.Key.Dataset}: {total.Key.Definition.By} {DisplayText.OneLine(total.Key.Value)}, rows {total.Rows}, {total.Key.Definition.Sum} {total.Sum}";

    private static string ToJson(RunningTotal total)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            Write(json, total);
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    private static void Write(Utf8JsonWriter json, RunningTotal total) =>
        JsonSerializer.Serialize(json, TotalReport.Of(total), TotalReportJson.Default.TotalReport);
}

/// <summary>Writes a <see cref="TotalReport"/>.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(TotalReport))]
internal sealed partial class TotalReportJson : JsonSerializerContext;
