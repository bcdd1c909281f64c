using System.Buffers;
using System.Collections.Frozen;
using CsvIngest.Settings;
using CsvIngest.Tls;
using Npgsql;

namespace CsvIngest.Postgres;

/// <summary>Classifies the exceptions of PostgreSQL and its driver: a row is rejected, the database is unavailable, or it denies access.</summary>
internal static class PostgresFailure
{
    // Opening and closing quotation marks of the languages that PostgreSQL's messages are translated into.
    private static readonly SearchValues<char> Quotes = SearchValues.Create("\"'«»„“”‘’");

    // During a failover, none of the hosts is in the state that the address requires, or all were unavailable when they were last
    // tried. Only these words identify that error; PostgresHostsTests fails when they change.
    private const string NoSuitableHost = "No suitable host was found";

    // The classes of errors of PostgreSQL itself: its appendix A. A code of another class comes from a trigger.
    private static readonly FrozenSet<string> OwnClasses = FrozenSet.Create(
        StringComparer.Ordinal,
        "00", "01", "02", "03", "08", "09", "0A", "0B", "0F", "0L", "0P", "0Z", "10", "20", "21", "22", "23", "24", "25", "26", "27", "28",
        "2B", "2D", "2F", "34", "38", "39", "3B", "3D", "3F", "40", "42", "44", "53", "54", "55", "57", "58", "72", "F0", "HV", "P0", "XX");

    // PgBouncer has one code for everything, 08P01, whether it passes or not. These words are of what does not.
    private static readonly SearchValues<string> PoolerDenials = SearchValues.Create(
        ["authentication failed", "no such user", "no such database", "in statement pooling mode", "unsupported startup parameter"],
        StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Whether PostgreSQL rejects the data of a row. By class: 21 cardinality, 22 data, 23 integrity, 44 WITH CHECK OPTION, P0
    /// raised by a trigger, and those that PostgreSQL does not have, also raised by a trigger; 54000, for a key that is too long for its
    /// index; and 42501 of a policy for rows.
    /// </summary>
    public static bool RejectsRow(PostgresException exception) =>
        !exception.IsTransient
        && (exception.SqlState[..2] is "21" or "22" or "23" or "44" or "P0"
            || !OwnClasses.Contains(exception.SqlState[..2])
            || exception.SqlState == PostgresErrorCodes.ProgramLimitExceeded
            || exception is { SqlState: PostgresErrorCodes.InsufficientPrivilege, Routine: "ExecWithCheckOptions" });

    /// <summary>
    /// Whether PostgreSQL refuses a COPY that the statement might still do: because of a row, or because the table has something that
    /// COPY does not support.
    /// </summary>
    public static bool RejectsCopy(PostgresException exception) =>
        RejectsRow(exception) || exception.SqlState == PostgresErrorCodes.FeatureNotSupported;

    /// <summary>The reason for rejecting a row, in PostgreSQL's words, without the value.</summary>
    public static string ReasonOf(PostgresException exception) =>
        FailureReason.OfMessage($"{WithoutValue(exception)} (SQLSTATE {exception.SqlState})");

    /// <summary>Whether the driver rejects settings of the address, alone or in combination.</summary>
    public static bool RejectsSettings(Exception exception) => exception is ArgumentException or NotSupportedException;

    /// <summary>The error for <see cref="RejectsSettings"/>. The driver's message names keywords, and no password.</summary>
    public static UsageException UnusableSettings(Exception exception) =>
        new($"The database address has settings that the driver (Npgsql) rejects: {FailureReason.Of(exception)}", exception);

    /// <summary>
    /// Translates a failure for the caller of the store, to <see cref="StoreUnavailableException"/> or
    /// <see cref="DeniedException"/>, without row values.
    /// </summary>
    /// <param name="address">Without password.</param>
    public static Exception Translate(Exception exception, string address) => exception switch
    {
        // Credentials are the same for all hosts.
        NpgsqlException { InnerException: AggregateException hosts } when hosts.InnerExceptions.FirstOrDefault(RefusesLogin) is PostgresException refusal =>
            Denied(refusal, address),
        NpgsqlException and not PostgresException when HostFailures.DenialOf(exception, host => PostgresTls.RefusalOf(host, address)) is { } denial =>
            denial,
        PostgresException { SqlState: PostgresErrorCodes.ObjectNotInPrerequisiteState } state => Denied(state, address),
        PostgresException { IsTransient: true } or PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction } =>
            Unavailable((NpgsqlException)exception, address),
        PostgresException postgres => IsServerFailure(postgres) ? Unavailable(postgres, address) : Denied(postgres, address),
        // The driver does not call it transient when none of several hosts can be used.
        NpgsqlException { IsTransient: true } or NpgsqlException { InnerException: AggregateException } =>
            Unavailable((NpgsqlException)exception, address),
        NpgsqlException { InnerException: null } none when none.Message.StartsWith(NoSuitableHost, StringComparison.Ordinal) =>
            Unavailable(none, address),
        NpgsqlException driver => new DeniedException($"Database {address}: {FailureReason.Of(driver)}", driver),
        // The operating system's error for a broken connection, where the driver does not wrap it.
        _ => new StoreUnavailableException($"Database {address}: {FailureReason.Of(exception)}", exception),
    };

    // 08 connection, 40 rollback, 53 resources, 55 object in use, 57 operator intervention, 58 system error. The driver calls most
    // of these transient, but not a cancelled statement (57014) or a shutdown (57P01) in every version, and also 55000, which is about
    // what an object is and not about who is using it. 25P03 and 25P04 end a transaction that was idle, or lasted, for too long: that of a
    // program that was suspended.
    private static bool IsServerFailure(PostgresException exception) =>
        (exception.SqlState[..2] is "08" or "40" or "53" or "55" or "57" or "58" && !IsPoolerDenial(exception))
        || exception.SqlState is "25P03" or "25P04";

    private static bool IsPoolerDenial(PostgresException exception) =>
        exception.SqlState == PostgresErrorCodes.ProtocolViolation && exception.MessageText.AsSpan().ContainsAny(PoolerDenials);

    private static StoreUnavailableException Unavailable(NpgsqlException exception, string address)
    {
        var reason = exception is PostgresException postgres ? $"{postgres.MessageText} (SQLSTATE {postgres.SqlState})"
            : exception.InnerException is EndOfStreamException ? "the server closed the connection"
            : FailureReason.Of(exception);
        return new StoreUnavailableException($"Database {address}: {reason}", exception);
    }

    private static DeniedException Denied(PostgresException exception, string address)
    {
        var next = exception.SqlState switch
        {
            PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn => " Run `consumer migrate`.",
            PostgresErrorCodes.InvalidColumnReference => " The key needs a unique index; `consumer migrate` only creates missing tables.",
            _ when RefusesLogin(exception) =>
                " Check the user, the password and the TLS parameters (sslmode, sslcert, sslkey) in --database.",
            PostgresErrorCodes.InvalidCatalogName => " Create the database, or name another one with --database.",
            PostgresErrorCodes.InsufficientPrivilege => " Grant the privilege, or use another user in --database.",
            _ => string.Empty,
        };
        var message = $"PostgreSQL at {address} rejected the request: {WithoutValue(exception)} (SQLSTATE {exception.SqlState}).{next}";
        return RefusesLogin(exception) ? new LoginRefusedException(message, exception) : new DeniedException(message, exception);
    }

    private static bool RefusesLogin(Exception exception) =>
        exception is PostgresException { SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification }
        || (exception is PostgresException pooler && IsPoolerDenial(pooler)
            && pooler.MessageText.Contains("authentication failed", StringComparison.OrdinalIgnoreCase));

    // Messages of class 22 quote the value ('invalid input syntax for type bigint: "12x"'). Those of class 23 quote only names; the
    // value is in their Detail, which is never used. A trigger's own message (P0) is taken whole, as it is the only explanation.
    private static string WithoutValue(PostgresException exception)
    {
        var text = exception.MessageText;
        if (exception.SqlState[..2] != "22")
        {
            return text;
        }

        var first = text.AsSpan().IndexOfAny(Quotes);
        var last = text.AsSpan().LastIndexOfAny(Quotes);
        return last > first ? $"{text[..(first + 1)]}…{text[last..]}" : text;
    }
}
