using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using CsvIngest.Messages.Wire;
using CsvIngest.Testing;
using Google.Protobuf.Reflection;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Clients;

/// <summary>clients/python, as far as it needs no server.</summary>
public sealed partial class PythonClientTests : IDisposable
{
    private readonly WorkFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Its_own_tests_pass()
    {
        var result = await PythonClient.RunAsync(
            PythonClient.Interpreter,
            ["-m", "unittest", "discover", "-s", Path.Combine(PythonClient.FolderPath, "tests"), "-t", PythonClient.FolderPath],
            _folder);

        TestCount().IsMatch(result.ShouldExitWith(0).Error).ShouldBeTrue(result.ToString());
    }

    [Fact]
    public async Task Its_messages_are_generated_from_the_current_schema()
    {
        const string Print = "from csvingest import ingest_pb2; print(ingest_pb2.DESCRIPTOR.serialized_pb.hex())";
        var result = await Programs.RunAsync(
            PythonClient.Interpreter,
            ["-c", Print],
            _folder,
            environment: new Dictionary<string, string>(PythonClient.Environment) { ["PYTHONPATH"] = PythonClient.FolderPath });

        SchemaOf(Convert.FromHexString(result.ShouldExitWith(0).Output.Trim())).ShouldBe(
            SchemaOf(IngestReflection.Descriptor.SerializedData.ToByteArray()),
            "Run: protoc --proto_path=src/CsvIngest.Core/Messages --python_out=clients/python/csvingest ingest.proto");
    }

    [Fact]
    public async Task It_accepts_no_row_that_the_programs_reject()
    {
        var random = new Random(1);
        var file = new StringBuilder("transaction_id,account_number,transaction_reference,transaction_datetime,amount\n");
        for (var row = 0; row < 2000; row++)
        {
            // One tricky value a row: most combinations of two would be rejected for the other one.
            string[] values = [$"t-{row}", "ACC-1", "", "2026-01-01T00:00:00Z", "1.00"];
            var column = random.Next(values.Length);
            values[column] = TrickyValue(column, random);
            file.AppendJoin(',', values.Select(value => $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"")).Append('\n');
        }

        var source = _folder.Write("tricky.csv", file.ToString());
        var accepted = (await PythonClient.RunAsync(PythonClient.Producer, ["--file", source, "--dry-run"], _folder)).ShouldExitWith(0).Output;
        var summary = (await Programs.RunAsync(
            "producer", ["--file", _folder.Write("accepted.csv", accepted), "--dataset", "transactions", "--dry-run", "--json"], _folder))
            .ShouldExitWith(0);

        summary.Json().GetProperty("rowsRejected").GetInt64().ShouldBe(0, summary.ToString());
        summary.Json().GetProperty("rowsSent").GetInt64().ShouldBeGreaterThan(500);
    }

    [Theory]
    [InlineData(64, "Argument --events: must be at least 1", "--events", "0")]
    [InlineData(64, "is not of the form amqp://", "--events", "1", "--broker", "sqlite:x.db")]
    [InlineData(66, "no-such.csv does not exist", "--file", "no-such.csv")]
    [InlineData(65, "The header lacks transaction_id", "--file", "other.csv")]
    [InlineData(75, "was not available for 0.1 s", "--events", "1", "--broker", "amqp://127.0.0.1:1", "--broker-timeout", "0.1")]
    public async Task The_producer_ends_with_the_exit_codes_of_the_other_programs(int exitCode, string message, params string[] arguments)
    {
        _folder.Write("other.csv", "a,b\n1,2\n");

        (await PythonClient.RunAsync(PythonClient.Producer, arguments, _folder)).ShouldExitWith(exitCode).ShouldSay(message);
    }

    [Fact]
    public async Task The_producer_keeps_its_state_in_the_folder_that_the_environment_names()
    {
        Directory.CreateDirectory(_folder["state"]);

        (await Programs.RunAsync(
            PythonClient.Producer,
            ["--file", Repository.PathOf("samples", "transactions.csv"), "--broker", "amqp://127.0.0.1:1", "--broker-timeout", "0.1"],
            _folder,
            environment: new Dictionary<string, string>(PythonClient.Environment) { ["CSVINGEST_STATE"] = _folder["state"] })).ShouldExitWith(75);

        File.Exists(_folder["state/.transactions.csv.csvingest-python"]).ShouldBeTrue();
    }

    private static FileDescriptorProto SchemaOf(byte[] descriptor)
    {
        var schema = FileDescriptorProto.Parser.ParseFrom(descriptor);
        schema.Name = "";
        return schema;
    }

    private static string TrickyValue(int column, Random random)
    {
        string[] texts = ["", " ", " x ", "\u00a0x", "x\u200b", "x\u001c", "\0", new('x', 200), new('x', 201), "\ufeffx", "a\"b,c\nd", "𝔘", "\u0085"];
        string[] amounts =
            ["", "+1", "-0", ".5", "5.", ".", "+", "1e3", "1,5", "1_0", "٣", " 7 ", "--1", "0x1", "NaN", new('9', 1000), new('9', 1001), "1.2.3"];
        return column switch
        {
            3 => Timestamp(random),
            4 => amounts[random.Next(amounts.Length)],
            _ => texts[random.Next(texts.Length)],
        };
    }

    private static string Timestamp(Random random)
    {
        string[] years = ["2026", "2024", "0001", "9999", "0000", "1900"];
        string[] days = ["01-01", "02-29", "12-31", "13-01", "04-31", "00-00"];
        string[] times = ["00:00", "23:59:59", "23:59:60", "24:00:00", "12:30:15.5", "12:30:15.123456", "12:30:15.1234567", "7:00"];
        string[] zones = ["", "Z", "z", "+02:00", "-0530", "+14:00", "-14:00", "+14:01", "+15:00", "+02", " +02:00", "+00:60"];
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Any(years)}-{Any(days)}{(random.Next(2) == 0 ? 'T' : ' ')}{Any(times)}{Any(zones)}");

        // The first ones, which are valid, half of the time.
        string Any(string[] values) => values[random.Next(2) * random.Next(values.Length)];
    }

    [GeneratedRegex(@"Ran [1-9]\d* tests in .*\s+OK", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TestCount();
}
