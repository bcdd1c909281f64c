using CsvIngest.Settings;
using CsvIngest.Tls;

namespace CsvIngest.RabbitMq;

/// <summary>
/// How a connection is encrypted, as parameters of an address, which have the names and meanings of RabbitMQ's own URI parameters. The
/// files are read again for each connection, because certificates are renewed while programs run.
/// </summary>
public sealed record RabbitMqTls
{
    /// <summary>What errors call the parameters.</summary>
    internal static readonly TlsTerms Terms = new()
    {
        Setting = "--broker",
        Issuers = "cacertfile",
        Certificate = "certfile",
        Key = "keyfile",
        OtherName = "To expect another name than the host's, pass server_name_indication=NAME.",
    };

    /// <summary><c>cacertfile</c>: the PEM file of the issuers that are trusted in place of the system's. Defaults to null: the system's.</summary>
    public string? IssuersFile { get; private init; }

    /// <summary><c>certfile</c>: the PEM file of the certificate for a broker that asks for one. Defaults to null: there is none.</summary>
    public string? CertificateFile { get; private init; }

    /// <summary><c>keyfile</c>: the PEM file of the private key. Defaults to the file of the certificate.</summary>
    public string? KeyFile { get; private init; }

    /// <summary>
    /// <c>verify</c>: whether the broker's certificate is verified, its issuer and its name (<c>verify_peer</c>), or whether anybody may answer
    /// (<c>verify_none</c>). Defaults to true.
    /// </summary>
    public bool Verify { get; private init; } = true;

    /// <summary><c>server_name_indication</c>: the name that the certificate must be for. Defaults to null: that of the host connected to.</summary>
    public string? ServerName { get; private init; }

    /// <summary>Checks that the files can be used.</summary>
    /// <exception cref="UsageException">A file cannot be read or is malformed.</exception>
    public void CheckFiles() => _ = new TlsAttempt(this, address: "");

    internal static RabbitMqTls? Read(ServerAddress address)
    {
        var tls = new RabbitMqTls();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, value) in address.Parameters)
        {
            if (!seen.Add(name))
            {
                throw address.Invalid($"the parameter \"{name}\" is there twice");
            }

            if (value.Length == 0)
            {
                throw address.Invalid($"the parameter \"{name}\" has no value");
            }

            tls = name switch
            {
                "cacertfile" => tls with { IssuersFile = value },
                "certfile" => tls with { CertificateFile = value },
                "keyfile" => tls with { KeyFile = value },
                "verify" when value is "verify_peer" or "verify_none" => tls with { Verify = value == "verify_peer" },
                "verify" => throw address.Invalid("the parameter \"verify\" is neither verify_peer nor verify_none"),
                "server_name_indication" => tls with { ServerName = value },
                _ => throw address.Invalid(
                    $"the parameter \"{name}\" is unknown; available: cacertfile, certfile, keyfile, verify, "
                    + "server_name_indication (write a literal ? in the user or the password as %3F)"),
            };
        }

        if (address.Scheme != "amqps")
        {
            return seen.Count == 0 ? null : throw address.Invalid($"the parameter \"{address.Parameters[0].Key}\" needs amqps://");
        }

        return tls.KeyFile is not null && tls.CertificateFile is null
            ? throw address.Invalid("the parameter \"keyfile\" needs \"certfile\"")
            : tls;
    }
}
