using CsvIngest.Contracts;
using Xunit;

namespace CsvIngest.ServerTests.Adapters;

/// <summary>RabbitMQ under the contract.</summary>
public sealed class RabbitMqBrokerTests(RabbitMqFixture fixture)
    : BrokerContract<RabbitMqFixture>(fixture), IClassFixture<RabbitMqFixture>;
