using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CsvIngest.Settings;
using CsvIngest.Tls;
using Npgsql;

namespace CsvIngest.Postgres;

/// <summary>
/// How connections to PostgreSQL are verified. The modes have the meanings that they have for PostgreSQL's own tools, and the files are read again
/// for each connection, because certificates are renewed while programs run.
/// </summary>
internal static class PostgresTls
{
    private static readonly TlsTerms Terms = new()
    {
        Setting = "--database",
        Issuers = "sslrootcert",
        Certificate = "sslcert",
        Key = "sslkey",
        OtherName = "The name is not checked with sslmode=verify-ca.",
    };

    /// <summary>Whether the address names a file of issuers in vain: in this mode, nobody looks at the server's certificate.</summary>
    public static bool IgnoresIssuers(NpgsqlConnectionStringBuilder settings) =>
        settings.RootCertificate is not null && settings.SslMode is SslMode.Disable or SslMode.Allow or SslMode.Prefer;

    /// <summary>
    /// Checks the files that the address names, and replaces the driver's verification, whose errors do not tell what is wrong, by
    /// <see cref="ServerVerification"/>.
    /// </summary>
    /// <param name="builder">The driver's settings. Without TLS, or with TLS that verifies nothing, they stay as they are.</param>
    /// <param name="address">Without password.</param>
    /// <exception cref="UsageException">A file cannot be read or is malformed.</exception>
    public static void Apply(NpgsqlSlimDataSourceBuilder builder, string address)
    {
        var settings = builder.ConnectionStringBuilder;
        if (settings.SslMode == SslMode.Disable)
        {
            return;
        }

        if ((settings.SslCertificate ?? Default("PGSSLCERT", "postgresql.crt")) is { } certificate)
        {
            CheckClientCertificate(certificate, settings);
        }

        // A file of issuers that somebody names is used, as PostgreSQL's own tools do.
        var mode = settings is { SslMode: SslMode.Require, RootCertificate: not null } ? SslMode.VerifyCA : settings.SslMode;
        if (mode is SslMode.VerifyCA or SslMode.VerifyFull)
        {
            Verify(builder, address, checksName: mode == SslMode.VerifyFull);
        }
    }

    /// <summary>The error for a server that does not accept the certificate of this client; null for any other failure.</summary>
    /// <param name="address">Without password.</param>
    public static DeniedException? RefusalOf(Exception failure, string address) => ClientCertificateRefusal.ReasonOf(failure) is { } reason
        ? new DeniedException($"Database {address}: the server does not accept the client certificate (sslcert in {Terms.Setting}): {reason}.", failure)
        : null;

    private static void Verify(NpgsqlSlimDataSourceBuilder builder, string address, bool checksName)
    {
        var settings = builder.ConnectionStringBuilder;
        var issuers = settings.RootCertificate ?? Default("PGSSLROOTCERT", "root.crt");
        if (issuers == PostgresAddress.SystemIssuers)
        {
            issuers = null;
        }

        _ = Verification();
        var revocation = settings.CheckCertificateRevocation ? X509RevocationMode.Online : X509RevocationMode.NoCheck;
        // The driver accepts a callback only in the mode in which it verifies nothing itself.
        settings.SslMode = SslMode.Require;
        settings.RootCertificate = null;
        builder.UseSslClientAuthenticationOptionsCallback(options =>
        {
            options.CertificateRevocationCheckMode = revocation;
            options.RemoteCertificateValidationCallback = Verification().Accept;
        });

        ServerVerification Verification() => new($"Database {address}", Terms, issuers) { ChecksName = checksName };
    }

    // The driver reads it itself, when it connects.
    private static void CheckClientCertificate(string certificate, NpgsqlConnectionStringBuilder settings)
    {
        if (Path.GetExtension(certificate).Equals(".pfx", StringComparison.OrdinalIgnoreCase))
        {
            CheckPfx(certificate, settings.SslPassword);
            return;
        }

        var key = settings.SslKey ?? Default("PGSSLKEY", "postgresql.key") ?? certificate;
        new CertificateFiles(Terms).ReadClient(certificate, key, settings.SslPassword).Dispose();
    }

    private static void CheckPfx(string path, string? password)
    {
        try
        {
            X509CertificateLoader.LoadPkcs12FromFile(path, password).Dispose();
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"The file {path}, which sslcert in --database names, cannot be used: {FailureReason.Of(e)}", e);
        }
    }

    // Where PostgreSQL's own tools look, and the driver does.
    private static string? Default(string variable, string file)
    {
        var folder = OperatingSystem.IsWindows()
            ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData), "postgresql")
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".postgresql");
        var path = Path.Combine(folder, file);
        return Environment.GetEnvironmentVariable(variable) ?? (File.Exists(path) ? path : null);
    }
}
