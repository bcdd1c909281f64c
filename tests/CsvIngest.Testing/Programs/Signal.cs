namespace CsvIngest.Testing;

/// <summary>What <see cref="RunningProgram.SendSignal"/> can send.</summary>
public enum Signal
{
    /// <summary>SIGINT, as Ctrl+C sends it.</summary>
    Interrupt,

    /// <summary>SIGTERM: please stop.</summary>
    Terminate,

    /// <summary>SIGHUP, as a terminal that is closed sends it.</summary>
    HangUp,

    /// <summary>SIGQUIT, as Ctrl+\ sends it.</summary>
    Quit,

    /// <summary>SIGKILL: dead at once, nothing is cleaned up.</summary>
    Kill,

    /// <summary>SIGSTOP: frozen until <see cref="Continue"/>, with all its connections open.</summary>
    Stop,

    /// <summary>SIGCONT.</summary>
    Continue,
}
