using CsvIngest.Settings;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Store;

/// <summary>An implementation of the store seam, for the list that each program makes of those it is built with.</summary>
/// <param name="Addresses">The addresses it accepts.</param>
/// <param name="Open">
/// Opens the database at an address; connects to nothing yet. Throws a <see cref="UsageException"/>, which contains no password, if
/// the address is not valid.
/// </param>
public sealed record StoreKind(AddressForms Addresses, OpenStore Open)
{
    /// <summary>The name under which its driver has spans and metrics of its own. Defaults to null: it has none.</summary>
    public string? DriverInstruments { get; init; }
}

/// <summary>Opens a database.</summary>
/// <param name="address">The database's address, and whether it can be read again.</param>
/// <param name="loggers">They receive no row values.</param>
public delegate IStore OpenStore(ConfiguredAddress address, ILoggerFactory loggers);
