using CsvIngest.Hosting;
using CsvIngest.Messages;
using CsvIngest.Monitoring;
using CsvIngest.Store;
using CsvIngest.Web.Api;
using CsvIngest.Web.Imports;
using CsvIngest.Web.Pages;
using CsvIngest.Web.Security;
using CsvIngest.Web.Uploads;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CsvIngest.Web;

/// <summary>Composes the program and runs it until it is stopped.</summary>
internal static class WebServer
{
    /// <summary>
    /// How long requests may take after the program was stopped: an upload that is being received then is sent again. 3 s, a guess, so that
    /// the imports have most of the 30 s that supervisors commonly give.
    /// </summary>
    private static readonly TimeSpan RequestGrace = TimeSpan.FromSeconds(3);

    /// <summary>How often uploads that are kept no longer are looked for.</summary>
    private static readonly TimeSpan CleaningInterval = TimeSpan.FromHours(1);

    /// <summary>The largest body of a request that is not an upload: forms of pages. A guess, far above what they send.</summary>
    private const long MaxFormBytes = 1 << 20;

    /// <summary>
    /// The slowest upload that is not cut off: 1 KB/s, after 10 s. A guess: slower than any network that people send files over, and what a
    /// client that holds connections for nothing would have to send.
    /// </summary>
    private static readonly MinDataRate SlowestUpload = new(bytesPerSecond: 1024, gracePeriod: TimeSpan.FromSeconds(10));

    /// <summary>Runs the program.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(CommandContext context, WebOptions options, CancellationToken stop)
    {
        await using var app = Build(context, options);
        await options.Listen.StartAsync(app.StartAsync);
        var access = options.Token is null ? "this machine only" : options.ReadToken is null ? "with a token" : "with a token, or one for looking only";
        context.Logger.Listening(
            app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First(),
            access,
            app.Services.GetRequiredService<IBroker>().DisplayAddress,
            app.Services.GetRequiredService<IStore>().DisplayAddress,
            options.Uploads);

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        List<Task> work =
        [
            app.Services.GetRequiredService<ImportWorkers>().RunAsync(ended.Token),
            CleanAsync(app.Services.GetRequiredService<Spool>(), ended.Token),
        ];
        // The first part to end, whether it is stopped or has failed, ends the others.
        await Task.WhenAny(work);
        await ended.CancelAsync();
        using var grace = new CancellationTokenSource(RequestGrace);
        await Task.WhenAll([.. work, app.StopAsync(grace.Token)]);
        context.Logger.Stopped();
        return ExitCodes.Done;
    }

    internal static WebApplication Build(CommandContext context, WebOptions options)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "web" });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxFormBytes;
            kestrel.Limits.MinRequestBodyDataRate = SlowestUpload;
            options.Listen.Apply(kestrel);
        });
        builder.Services
            .AddRoutingCore()
            .AddSingleton(context.Loggers)
            .AddSingleton<IHostLifetime, TokenLifetime>()
            .AddSingleton(TimeProvider.System)
            .AddSingleton(options)
            .AddSingleton(new DatasetChoice(context.DatasetsFolder))
            .AddSingleton(_ => context.OpenStore())
            .AddSingleton(_ => context.OpenBroker())
            .AddSingleton(_ => new SpoolFolder(options, context.Logger))
            .AddSingleton<Spool>()
            .AddSingleton(services => new ImportWorkers(
                services.GetRequiredService<Spool>(), options, services.GetRequiredService<DatasetChoice>().Find, context.OpenBroker, context.Queue,
                services.GetRequiredService<TimeProvider>(), context.Logger))
            .AddSingleton<QueueView>()
            .AddSingleton<DeadLetterDesk>()
            .AddSingleton<ImportRegister>()
            .AddSingleton<TotalsList>()
            .AddSingleton<UploadReceiver>()
            .AddSingleton<Access>()
            .AddSingleton<RequestGuard>()
            .AddSingleton<PageRenderer>()
            .AddSingleton<Problems>()
            .AddSingleton<ImportsApi>()
            .AddSingleton<DeadLettersApi>()
            .AddSingleton<TotalsApi>()
            .AddSingleton(services => new QueueApi(
                services.GetRequiredService<QueueView>(), services.GetRequiredService<IBroker>(), context.Queue))
            .AddSingleton<Health>()
            .AddSingleton<SitePages>();
        var app = builder.Build();
        // Before anything is answered: uploads that cannot be kept, or an address that is not valid, end the program.
        app.Services.GetRequiredService<Spool>();
        var problems = app.Services.GetRequiredService<Problems>();
        var guard = app.Services.GetRequiredService<RequestGuard>();
        app.Use(problems.InvokeAsync);
        app.Use(guard.InvokeAsync);
        app.UseRouting();
        app.Services.GetRequiredService<ImportsApi>().Map(app);
        app.Services.GetRequiredService<DeadLettersApi>().Map(app);
        app.Services.GetRequiredService<TotalsApi>().Map(app);
        app.Services.GetRequiredService<QueueApi>().Map(app);
        app.Services.GetRequiredService<Health>().Map(app);
        app.Services.GetRequiredService<SitePages>().Map(app);
        return app;
    }

    private static async Task CleanAsync(Spool spool, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(CleaningInterval);
        try
        {
            do
            {
                await spool.CleanAsync();
            }
            while (await timer.WaitForNextTickAsync(stop));
        }
        catch (OperationCanceledException)
        {
        }
    }
}
