using CsvIngest.Datasets;
using CsvIngest.Messages;
using CsvIngest.Store;

namespace CsvIngest.Tests.Importing;

/// <summary>Receives what an import publishes and decodes it as the consumer does.</summary>
internal sealed class DecodingPublisher(Dataset dataset) : IPublisher
{
    private readonly MessageDecoder _decoder = new(new DatasetCatalog([dataset]));

    public List<ImportPart> Parts { get; } = [];

    public BrokerCondition Condition => BrokerCondition.Flowing;

    public Task PublishAsync(OutgoingMessage message)
    {
        Parts.Add(_decoder.Decode(message.Body, message.ContentType));
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
