using System.Net;
using System.Net.Sockets;
using CsvIngest.Settings;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace CsvIngest.Monitoring;

/// <summary>An address and port to listen on.</summary>
/// <param name="Option">The option that has it, for messages.</param>
/// <param name="Text">As it was specified.</param>
/// <param name="Address">The address; null for all of this machine.</param>
/// <param name="Port">The port; 0 for a free one.</param>
public sealed record ListenAddress(string Option, string Text, IPAddress? Address, int Port)
{
    /// <summary>Whether only this machine reaches it.</summary>
    public bool IsLoopback => Address is not null && IPAddress.IsLoopback(Address);

    /// <summary>Parses <c>127.0.0.1:8080</c>, <c>[::1]:8080</c>, <c>localhost:8080</c>, <c>*:8080</c> or a port, which is one of the loopback address.</summary>
    /// <exception cref="UsageException">It is none of these.</exception>
    public static ListenAddress Parse(string text, string option)
    {
        var colon = text.LastIndexOf(':');
        var host = colon < 0 ? "localhost" : text[..colon];
        if (!ushort.TryParse(text.AsSpan(colon + 1), out var port))
        {
            throw Invalid(text, option);
        }

        return host switch
        {
            "localhost" => new(option, text, IPAddress.Loopback, port),
            "*" or "+" => new(option, text, null, port),
            ['[', .. var inner, ']'] when IPAddress.TryParse(inner, out var address) => new(option, text, address, port),
            _ when !host.Contains(':', StringComparison.Ordinal) && IPAddress.TryParse(host, out var address) => new(option, text, address, port),
            _ => throw Invalid(text, option),
        };
    }

    /// <inheritdoc/>
    public override string ToString() => Text;

    /// <summary>Lets a server listen here.</summary>
    public void Apply(KestrelServerOptions kestrel)
    {
        if (Address is null)
        {
            kestrel.ListenAnyIP(Port);
        }
        else
        {
            kestrel.Listen(Address, Port);
        }
    }

    /// <summary>Starts a server that listens here.</summary>
    /// <exception cref="IOException">The port is in use, or may not be used.</exception>
    public async Task StartAsync(Func<CancellationToken, Task> server)
    {
        try
        {
            await server(CancellationToken.None);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            throw new IOException($"Cannot listen on {Text}: {FailureReason.Of(e)} Choose another address with {Option}.", e);
        }
    }

    private static UsageException Invalid(string text, string option) =>
        new($"{option} is \"{text}\"; expected an address and a port, such as 127.0.0.1:8080, [::1]:8080 or *:8080.");
}
