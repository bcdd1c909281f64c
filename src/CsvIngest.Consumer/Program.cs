using System.CommandLine;
using CsvIngest.Consumer.Commands;
using CsvIngest.Consumer.Datasets;
using CsvIngest.Consumer.Status;
using CsvIngest.Hosting;
using CsvIngest.Monitoring;
using CsvIngest.Postgres;
using CsvIngest.RabbitMq;
using CsvIngest.Sqlite;

var application = new Application(
    "consumer",
    brokers: [RabbitMqBroker.Kind, SqliteBroker.Kind],
    stores: [PostgresStore.Kind, SqliteStore.Kind])
{
    Quiet = RunCommand.Quiet,
};
var root = new RootCommand("Takes messages from a queue and inserts their rows into a database, each row once. "
    + "`consumer completion bash` prints a script for shell completion.")
{
    MigrateCommand.Create(application),
    StatusCommand.Create(application),
    DeadLettersCommand.Create(application),
    DatasetsCommand.Create(application),
    TotalsCommand.Create(application),
    UndoCommand.Create(application),
    HealthCommand.Create(application.Name, "--health-port"),
};
RunCommand.AddTo(root, application);
return await application.RunAsync(root, args);
