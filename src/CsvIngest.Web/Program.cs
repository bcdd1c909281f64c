using CsvIngest.Hosting;
using CsvIngest.Postgres;
using CsvIngest.RabbitMq;
using CsvIngest.Sqlite;
using CsvIngest.Web;

var command = new WebCommand();
var application = new Application(
    "web",
    brokers: [RabbitMqBroker.Kind, SqliteBroker.Kind],
    stores: [PostgresStore.Kind, SqliteStore.Kind])
{
    Quiet = command.Quiet,
};
application.Handle(command.Root, (context, cancellationToken) =>
    WebServer.RunAsync(context, command.Options(context.Arguments, context.Settings), cancellationToken));
return await application.RunAsync(command.Root, args);
