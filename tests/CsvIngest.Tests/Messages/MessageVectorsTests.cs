using System.Text;
using System.Text.Json;
using CsvIngest.Datasets;
using CsvIngest.Messages;
using CsvIngest.Messages.Wire;
using CsvIngest.Store;
using CsvIngest.Testing;
using Google.Protobuf;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Messages;

/// <summary>docs/message-vectors.json, by which programs in other languages check that they speak the message format.</summary>
public sealed class MessageVectorsTests
{
    private static readonly JsonElement Vectors =
        JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(Repository.PathOf("docs", "message-vectors.json")));

    private readonly MessageDecoder _decoder = new(DatasetCatalog.BuiltIn);

    public static TheoryData<string> Accepted => Names("accepted");

    public static TheoryData<string> Rejected => Names("rejected");

    [Theory]
    [MemberData(nameof(Accepted))]
    public void An_accepted_vector_means_the_same_in_both_forms(string name)
    {
        var vector = Find("accepted", name);
        var body = Convert.FromHexString(vector.GetProperty("hex").GetString()!);
        var json = vector.GetProperty("json").GetRawText();
        var fromJson = JsonParser.Default.Parse<ImportMessage>(json);

        JsonFormatter.Default.Format(ImportMessage.Parser.ParseFrom(body)).ShouldBe(JsonFormatter.Default.Format(fromJson));
        Describe(_decoder.Decode(body, ContentTypes.Protobuf)).ShouldBe(
            Describe(_decoder.Decode(Encoding.UTF8.GetBytes(json), ContentTypes.Json)));
        if (!vector.TryGetProperty("decodeOnly", out _))
        {
            Convert.ToHexStringLower(fromJson.ToByteArray()).ShouldBe(vector.GetProperty("hex").GetString());
        }
    }

    [Theory]
    [MemberData(nameof(Rejected))]
    public void A_rejected_vector_is_dead_lettered_with_its_reason(string name)
    {
        var vector = Find("rejected", name);
        var body = Convert.FromHexString(vector.GetProperty("hex").GetString()!);

        Should.Throw<UnacceptableMessageException>(() => _decoder.Decode(body, vector.GetProperty("contentType").GetString()))
            .Reason.ShouldBe(vector.GetProperty("reason").GetString());
    }

    // All that the consumer takes from a message.
    private static string Describe(ImportPart part) => JsonSerializer.Serialize<object>(part);

    private static TheoryData<string> Names(string list) =>
        new(Vectors.GetProperty(list).EnumerateArray().Select(vector => vector.GetProperty("name").GetString()!));

    private static JsonElement Find(string list, string name) =>
        Vectors.GetProperty(list).EnumerateArray().Single(vector => vector.GetProperty("name").GetString() == name);
}
