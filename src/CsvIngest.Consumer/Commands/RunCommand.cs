using System.CommandLine;
using System.Runtime.ExceptionServices;
using CsvIngest.Consumer.Consuming;
using CsvIngest.Messages;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Consumer.Commands;

/// <summary><c>consumer</c> itself: runs until stopped, or until the queue is empty.</summary>
internal static class RunCommand
{
    public static void AddTo(RootCommand root, CommonOptions common, Func<ParseResult, Session> open)
    {
        var defaults = new ConsumerOptions();
        var parallel = new Option<int>("--parallel")
        {
            Description = "Lanes that store side by side, each with its own connections",
            HelpName = "N",
            DefaultValueFactory = _ => defaults.Parallel,
        };
        var prefetch = new Option<ushort>("--prefetch")
        {
            Description = "Messages a lane may hold unsettled",
            HelpName = "N",
            DefaultValueFactory = _ => defaults.Prefetch,
        };
        var drain = new Option<bool>("--drain") { Description = "Stop when the queue is empty" };
        var readyFile = new Option<string?>("--ready-file")
        {
            Description = "A file that exists while broker and database are reachable [CSVINGEST_READY_FILE]",
            HelpName = "FILE",
        };
        root.Add(parallel);
        root.Add(prefetch);
        root.Add(drain);
        root.Add(readyFile);
        root.SetAction(async (arguments, cancellationToken) =>
        {
            await using var session = open(arguments);
            var options = defaults with
            {
                Parallel = arguments.GetValue(parallel),
                Prefetch = arguments.GetValue(prefetch),
                Drain = arguments.GetValue(drain),
                ReadyFile = arguments.GetValue(readyFile) ?? session.Settings.FromEnvironment("CSVINGEST_READY_FILE"),
            };
            options.Validate();
            return await RunAsync(session, common, arguments, options, cancellationToken);
        });
    }

    private static async Task<int> RunAsync(
        Session session, CommonOptions common, ParseResult arguments, ConsumerOptions options, CancellationToken cancellationToken)
    {
        var datasets = session.Wiring.LoadDatasets(arguments.GetValue(common.Datasets));
        await using var store = session.Wiring.OpenStore(arguments.GetValue(common.Database));
        await using var broker = session.Wiring.OpenBroker(arguments.GetValue(common.Broker), arguments.GetValue(common.Queue));

        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddSingleton(session.Loggers);
        builder.Services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        builder.Services.AddSingleton(store);
        builder.Services.AddSingleton<IBroker>(broker);
        builder.Services.AddSingleton(datasets);
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton<ConsumerService>();
        builder.Services.AddHostedService(services => services.GetRequiredService<ConsumerService>());
        builder.Services.Configure<ConsoleLifetimeOptions>(console => console.SuppressStatusMessages = true);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(30));
        using var host = builder.Build();
        var service = host.Services.GetRequiredService<ConsumerService>();
        await host.RunAsync(cancellationToken);
        if (service.Failure is not null)
        {
            ExceptionDispatchInfo.Throw(service.Failure);
        }

        return ExitCodes.Done;
    }
}
