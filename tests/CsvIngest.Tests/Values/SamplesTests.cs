using System.Text;
using CsvIngest.Testing;
using CsvIngest.Datasets;
using CsvIngest.Values;
using Microsoft.VisualBasic.FileIO;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Values;

/// <summary>Applies the rules to the values of the samples. The reading of records is tested with the producer.</summary>
public sealed class SamplesTests
{
    private static readonly string[] RecordCodes =
    [
        RejectCodes.InvalidEncoding, RejectCodes.TooFewFields, RejectCodes.TooManyFields, RejectCodes.RepeatedHeader,
        RejectCodes.UnbalancedQuote,
    ];

    [Theory]
    [InlineData("contacts.csv", "contacts", 50)]
    [InlineData("orders.csv", "orders", 20)]
    public void Every_row_of_a_clean_sample_is_valid(string file, string dataset, int rows)
    {
        using var reader = new StringReader(Read(file));
        var records = ReadRecords(reader).ToList();
        var judge = new Judge(DatasetOf(dataset), records[0]);
        records.Skip(1).Select(judge.FirstReason).ShouldAllBe(reason => reason == null);
        judge.Keys.Distinct().Count().ShouldBe(rows);
    }

    [Theory]
    [InlineData("contacts-messy.csv", "contacts-messy.errors.csv", "contacts")]
    [InlineData("orders-messy.csv", "orders-messy.errors.csv", "orders")]
    public void Every_value_of_a_messy_sample_is_rejected_as_expected(string sample, string errors, string dataset)
    {
        var lines = Read(sample).Split('\n');
        var judge = new Judge(DatasetOf(dataset), ReadRecord(lines[0]));
        using var expected = new StringReader(Read(errors));
        foreach (var error in ReadRecords(expected).Skip(1).Where(error => !RecordCodes.Contains(error[2])))
        {
            var line = int.Parse(error[0], System.Globalization.CultureInfo.InvariantCulture);
            judge.FirstReason(ReadRecord(lines[line - 1])).ShouldBe(new RejectReason(error[2], error[1], error[3]), $"line {error[0]}");
        }
    }

    [Fact]
    public void The_messy_samples_contain_every_code_that_a_small_file_can_produce()
    {
        var codes = new[] { "contacts-messy.errors.csv", "orders-messy.errors.csv" }.SelectMany(errors =>
        {
            using var reader = new StringReader(Read(errors));
            return ReadRecords(reader).Skip(1).Select(error => error[2]).ToList();
        });
        codes.Distinct().Order().ShouldBe(
            RejectDocumentTests.AllCodes.Except(
                [RejectCodes.RecordTooLarge, RejectCodes.UnknownDomain, RejectCodes.UnusableFile, RejectCodes.DatabaseRejected]).Order());
    }

    private static Dataset DatasetOf(string name) => name == "contacts"
        ? DatasetCatalog.Contacts
        : DatasetFile.Parse(Read($"{name}.json"), $"{name}.json");

    private static string Read(string sample) => File.ReadAllText(Repository.PathOf("samples", sample));

    private static string[] ReadRecord(string line)
    {
        using var reader = new StringReader(line);
        return ReadRecords(reader).Single();
    }

    private static IEnumerable<string[]> ReadRecords(TextReader reader)
    {
        using var parser = new TextFieldParser(reader) { Delimiters = [","], TrimWhiteSpace = false };
        while (!parser.EndOfData)
        {
            yield return parser.ReadFields()!;
        }
    }

    private sealed class Judge(Dataset dataset, string[] headers)
    {
        private readonly ColumnBinding _binding = ColumnBinding.Bind(dataset, new FileHead(headers, []), new Dictionary<string, string>());
        private readonly RowRules _rules = new(dataset);
        private readonly JoinedText _joined = new();
        private readonly System.Buffers.ArrayBufferWriter<byte> _output = new();

        public List<string> Keys { get; } = [];

        public RejectReason? FirstReason(string[] fields)
        {
            for (var column = 0; column < dataset.Columns.Count; column++)
            {
                _output.ResetWrittenCount();
                // The samples need no alternatives.
                _joined.Clear();
                foreach (var source in _binding.Sources[column].Columns)
                {
                    _joined.Append(Encoding.UTF8.GetBytes(fields[source]));
                }

                var reason = _rules.Canonicalize(column, _joined.Span, _output);
                if (reason is not null)
                {
                    return reason;
                }

                if (column == dataset.KeyIndex)
                {
                    Keys.Add(Encoding.UTF8.GetString(_output.WrittenSpan));
                }
            }

            return _binding.Extra.Select(extra => _rules.CheckExtra(extra.Name, Encoding.UTF8.GetBytes(fields[extra.Index])))
                .FirstOrDefault(reason => reason is not null);
        }
    }
}
