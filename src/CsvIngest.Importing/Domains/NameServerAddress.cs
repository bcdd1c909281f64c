using System.Globalization;
using System.Net;

namespace CsvIngest.Importing.Domains;

/// <summary>The address of a name server as people write it.</summary>
public static class NameServerAddress
{
    private const int DefaultPort = 53;

    /// <summary>Parses <c>HOST</c> or <c>HOST:PORT</c>, where the host is a name or an IP address. The port defaults to 53.</summary>
    /// <param name="text">The address.</param>
    /// <param name="faults">Receives a fault if the text is no such address; the result is null then.</param>
    public static DnsEndPoint? Parse(string text, ICollection<OptionFault> faults)
    {
        // Not so "[::1]:53", whose port it ignores.
        if (!text.StartsWith('[') && IPAddress.TryParse(text, out var address))
        {
            return new DnsEndPoint(address.ToString(), DefaultPort);
        }

        var colon = text.LastIndexOf(':');
        var host = (colon < 0 ? text : text[..colon]).Trim('[', ']');
        var port = DefaultPort;
        if ((colon < 0 || (int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= 65535))
            && Uri.CheckHostName(host) != UriHostNameType.Unknown)
        {
            return new DnsEndPoint(host, port);
        }

        faults.Add(new(ImportOption.NameServer, $"\"{text}\" is not a name server; expected HOST or HOST:PORT, such as 127.0.0.1:5353."));
        return null;
    }
}
