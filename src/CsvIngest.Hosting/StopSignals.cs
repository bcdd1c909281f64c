using System.Runtime.InteropServices;

namespace CsvIngest.Hosting;

/// <summary>
/// The signals that ask a process to end: SIGINT, SIGTERM, SIGQUIT and SIGHUP. The first one cancels the token, so that the program stops
/// in order; the second one ends the process at once, as if it were not handled. A signal that is ignored when the process starts, as
/// <c>nohup</c> ignores SIGHUP, stays ignored.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private static readonly PosixSignal[] Signals = [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGQUIT, PosixSignal.SIGHUP];

    // Not disposed: a signal that arrives while the registrations are removed still uses it, on a thread of its own.
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenRegistration _outer;
    private readonly PosixSignalRegistration[] _registrations;

    /// <param name="cancellationToken">Cancels <see cref="Token"/> too.</param>
    public StopSignals(CancellationToken cancellationToken)
    {
        _outer = cancellationToken.UnsafeRegister(_ => _stop.Cancel(), null);
        _registrations = [.. Signals.Select(signal => PosixSignalRegistration.Create(signal, Handle))];
    }

    /// <summary>Is cancelled by the first signal.</summary>
    public CancellationToken Token => _stop.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _outer.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = !_stop.IsCancellationRequested;
        // Whatever waits for the token goes on elsewhere, so that the next signal finds this handler done.
        _ = _stop.CancelAsync();
    }
}
