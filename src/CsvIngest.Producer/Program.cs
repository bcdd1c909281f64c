using CsvIngest;
using CsvIngest.Hosting;
using CsvIngest.Importing;
using CsvIngest.Producer;
using CsvIngest.Producer.CommandLine;
using CsvIngest.RabbitMq;
using CsvIngest.Sqlite;

var command = new ProducerCommand();
var application = new Application("producer", brokers: [RabbitMqBroker.Kind, SqliteBroker.Kind]) { Quiet = command.Quiet };
application.CompleteDatasets(command.Dataset);
application.Handle(command.Root, async (context, cancellationToken) =>
{
    var options = command.Options(context.Arguments, context.Settings);
    var datasets = context.DatasetsFolder;
    await using var destination = options.DryRun
        ? null
        : new ImportDestination(
            context.OpenBroker(), context.Queue, options.BrokerTimeout,
            waiting: failure => context.Logger.BrokerUnavailable((int)options.BrokerTimeout.TotalSeconds, FailureReason.Of(failure)));
    return await new ProducerProgram(options, name => DatasetFiles.Find(name, datasets), destination, context.IsVerbose, context.Logger)
        .RunAsync(cancellationToken);
});
return await application.RunAsync(command.Root, args);
