using CsvIngest.Settings;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Messages;

/// <summary>An implementation of the message seam, for the list that each program makes of those it is built with.</summary>
/// <param name="Addresses">The addresses it accepts.</param>
/// <param name="Open">
/// Opens a queue at an address; connects to nothing yet. Throws a <see cref="UsageException"/>, which contains no password, if the
/// address or the queue's name is not valid.
/// </param>
public sealed record BrokerKind(AddressForms Addresses, OpenBroker Open);

/// <summary>Opens a queue.</summary>
/// <param name="address">The broker's address, and whether it can be read again.</param>
/// <param name="queue">The queue's name.</param>
/// <param name="loggers">They receive no row values.</param>
public delegate IBroker OpenBroker(ConfiguredAddress address, string queue, ILoggerFactory loggers);
