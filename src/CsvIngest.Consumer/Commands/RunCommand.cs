using System.CommandLine;
using System.Runtime.ExceptionServices;
using CsvIngest.Consumer.Consuming;
using CsvIngest.Hosting;
using CsvIngest.Hosting.Display;
using CsvIngest.Messages;
using CsvIngest.Monitoring;
using CsvIngest.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Consumer.Commands;

/// <summary><c>consumer</c> itself: runs until it is stopped, or until the queue is empty.</summary>
internal static class RunCommand
{
    /// <summary>
    /// More than <see cref="ConsumerOptions.StopTimeout"/>, after which the consumer gives up by itself: so the host never abandons it.
    /// </summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(30);

    /// <summary>The option that limits the log to warnings and errors.</summary>
    public static Option<bool> Quiet { get; } = new("--quiet", "-q") { Description = "Log warnings and errors only" };

    public static void AddTo(RootCommand root, Application application)
    {
        var defaults = new ConsumerOptions();
        var parallel = new Option<int>("--parallel")
        {
            Description = "Number of parallel workers, each with its own connections",
            HelpName = "N",
            DefaultValueFactory = _ => defaults.Parallel,
        };
        var prefetch = new Option<ushort>("--prefetch")
        {
            Description = "Maximum number of unacknowledged messages per worker",
            HelpName = "N",
            DefaultValueFactory = _ => defaults.Prefetch,
        };
        var drain = new Option<bool>("--drain") { Description = "Stop when the queue is empty" };
        var readyFile = new Option<string?>("--ready-file")
        {
            Description = "File that exists while the broker and the database are available [CSVINGEST_READY_FILE]",
            HelpName = "FILE",
        };
        var healthPort = new Option<string?>("--health-port")
        {
            Description = "Answer /livez and /readyz at this port, of this machine only unless an address is specified",
            HelpName = "[ADDRESS:]PORT",
        };
        var metricsPort = new Option<string?>("--metrics-port")
        {
            Description = "Answer /metrics, for Prometheus, at this port, of this machine only unless an address is specified",
            HelpName = "[ADDRESS:]PORT",
        };
        var logTotals = new Option<bool>("--log-totals") { Description = "Log the totals that each transaction has changed" };
        root.Add(parallel);
        root.Add(prefetch);
        root.Add(drain);
        root.Add(readyFile);
        root.Add(healthPort);
        root.Add(metricsPort);
        root.Add(logTotals);
        root.Add(Quiet);
        application.Handle(root, async (context, cancellationToken) =>
        {
            var options = defaults with
            {
                Parallel = context.Arguments.GetValue(parallel),
                Prefetch = context.Arguments.GetValue(prefetch),
                Drain = context.Arguments.GetValue(drain),
                Health = Address(healthPort),
                Metrics = Address(metricsPort),
                LogTotals = context.Arguments.GetValue(logTotals),
                ReadyFile = context.Arguments.GetValue(readyFile) ?? context.Settings.FromEnvironment("CSVINGEST_READY_FILE"),
            };
            options.Validate();
            return await RunAsync(application, context, options, cancellationToken);

            ListenAddress? Address(Option<string?> option) =>
                context.Arguments.GetValue(option) is { } text ? ListenAddress.Parse(text, option.Name) : null;
        });
    }

    private static async Task<int> RunAsync(
        Application application, CommandContext context, ConsumerOptions options, CancellationToken cancellationToken)
    {
        var readiness = new Readiness();
        // Before the servers are waited for, so that a consumer that waits is alive, and not ready.
        await using var monitoring = options.Health is null && options.Metrics is null
            ? null
            : await MonitorAsync(application, options, readiness, context.Loggers);
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services
            .AddSingleton(context.Loggers)
            .AddSingleton(_ => context.LoadDatasets())
            .AddSingleton(_ => context.OpenStore())
            .AddSingleton(_ => context.OpenBroker())
            .AddSingleton(options)
            .AddSingleton(services => new QueueInstruments(services.GetRequiredService<IBroker>().System, context.Queue))
            .AddSingleton(readiness)
            .AddSingleton<Totals>()
            .AddSingleton<ConsumerService>()
            .AddHostedService(services => services.GetRequiredService<ConsumerService>())
            .AddHostedService<BacklogGauges>()
            // The token is cancelled by signals, for every command alike.
            .AddSingleton<IHostLifetime, TokenLifetime>()
            .Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        var host = builder.Build();
        var consumer = host.Services.GetRequiredService<ConsumerService>();
        var totals = host.Services.GetRequiredService<Totals>();
        var broker = host.Services.GetRequiredService<IBroker>();
        using (var line = options.Drain ? TerminalLine.TryOpen() : null)
        {
            var running = host.RunAsync(cancellationToken);
            if (line is not null)
            {
                await new DrainProgress(totals, broker, line, TimeProvider.System).ShowUntilAsync(running);
            }

            await running;
        }

        // A host ends normally when one of its services fails.
        if (consumer.Failure is not null)
        {
            ExceptionDispatchInfo.Throw(consumer.Failure);
        }

        if (options.Drain && totals.DeadLettered > 0 && !cancellationToken.IsCancellationRequested)
        {
            context.Logger.DrainedButDeadLettered(totals.DeadLettered);
            return ExitCodes.DeadLettered;
        }

        return ExitCodes.Done;
    }

    // A method of its own: its first call loads the web server.
    private static Task<IAsyncDisposable> MonitorAsync(
        Application application, ConsumerOptions options, Readiness readiness, ILoggerFactory loggers) =>
        MonitoringServer.StartAsync(
            new MonitoringOptions
            {
                Program = application.Name,
                Drivers = application.DriverInstruments,
                Health = options.Health,
                Metrics = options.Metrics,
            },
            () => readiness.IsReady,
            loggers);

    /// <summary>Lets a host run until its token is cancelled or its service ends.</summary>
    private sealed class TokenLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
