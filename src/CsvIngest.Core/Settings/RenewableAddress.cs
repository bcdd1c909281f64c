namespace CsvIngest.Settings;

/// <summary>
/// The address of a server, in the adapter's form. Passwords are replaced while programs run, so an address that comes from a file is read
/// again after the server has refused a login. Safe for concurrent use.
/// </summary>
/// <typeparam name="T">What the adapter makes of an address.</typeparam>
public sealed class RenewableAddress<T>
{
    /// <summary>
    /// How long a login that was accepted before may be refused until that is final: the server may learn a new password before the file does.
    /// 5 min, a guess: Kubernetes takes up to two minutes to update a mounted secret.
    /// </summary>
    public static readonly TimeSpan RenewalTimeout = TimeSpan.FromMinutes(5);

    private readonly AddressFile? _file;
    private readonly Func<string, T> _parse;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private volatile Version _version;
    private bool _wasAccepted;
    private long? _refusedAt;

    /// <param name="address">Where it comes from.</param>
    /// <param name="parse">Reads it. Throws a <see cref="UsageException"/>, which contains no password, if it is not valid.</param>
    /// <param name="time">The clock of <see cref="RenewalTimeout"/>.</param>
    /// <exception cref="UsageException">The address is not valid.</exception>
    public RenewableAddress(ConfiguredAddress address, Func<string, T> parse, TimeProvider time)
    {
        (_file, _parse, _time) = (address.File, parse, time);
        _version = new Version(address.Text, parse(address.Text));
    }

    /// <summary>The address that the next attempt uses.</summary>
    public T Current => _version.Address;

    /// <summary>
    /// Makes an attempt to connect. If the server refuses the login and the file contains another address by now, makes one with that.
    /// </summary>
    /// <param name="attempt">One attempt. Throws a <see cref="LoginRefusedException"/> if the server refuses the login.</param>
    /// <param name="unavailable">Makes the exception for a server that another attempt may reach, from its message and its cause.</param>
    /// <exception cref="LoginRefusedException">The login is refused, and another attempt would end the same way.</exception>
    /// <exception cref="Exception">
    /// What <paramref name="attempt"/> throws; or what <paramref name="unavailable"/> makes, if the login was accepted before and the file
    /// may still change.
    /// </exception>
    public async Task<TConnection> ConnectAsync<TConnection>(
        Func<T, Task<TConnection>> attempt, Func<string, Exception, Exception> unavailable)
    {
        while (true)
        {
            var version = _version;
            try
            {
                var connection = await attempt(version.Address);
                Accept();
                return connection;
            }
            catch (LoginRefusedException refusal) when (_file is not null)
            {
                var fault = TryRenew(_file, version);
                if (_version != version)
                {
                    continue;
                }

                if (!IsWaitedFor())
                {
                    throw;
                }

                throw unavailable(
                    $"{FailureReason.Of(refusal)} Waiting for other credentials in {_file.Path}.{(fault is null ? "" : $" {fault}")}", refusal);
            }
        }
    }

    private void Accept()
    {
        lock (_lock)
        {
            _wasAccepted = true;
            _refusedAt = null;
        }
    }

    private bool IsWaitedFor()
    {
        lock (_lock)
        {
            _refusedAt ??= _time.GetTimestamp();
            return _wasAccepted && _time.GetElapsedTime(_refusedAt.Value) < RenewalTimeout;
        }
    }

    /// <summary>Reads the file, unless another caller has done so since the attempt began.</summary>
    /// <returns>Why the file cannot be used, such as while it is being written; null if it can.</returns>
    private string? TryRenew(AddressFile file, Version refused)
    {
        lock (_lock)
        {
            try
            {
                if (_version == refused && file.Read() is var text && text != refused.Text)
                {
                    _version = new Version(text, _parse(text));
                }

                return null;
            }
            catch (UsageException unusable)
            {
                return FailureReason.Of(unusable);
            }
        }
    }

    private sealed class Version(string text, T address)
    {
        public string Text => text;

        public T Address => address;
    }
}
