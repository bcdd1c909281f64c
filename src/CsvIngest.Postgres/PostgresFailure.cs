using System.Buffers;
using CsvIngest.Settings;
using Npgsql;

namespace CsvIngest.Postgres;

/// <summary>Tells apart what PostgreSQL and its driver throw: a refused row, a database that is away, a database that refuses us.</summary>
internal static class PostgresFailure
{
    // Opening and closing quotes of the languages that PostgreSQL's messages are translated to.
    private static readonly SearchValues<char> Quotes = SearchValues.Create("\"'«»„“”‘’");

    // During a failover: none of the hosts is in the state that the address asks for, or all were gone at the last look. There is
    // nothing but these words to know it by; PostgresHostsTests notices when they change.
    private const string NoSuitableHost = "No suitable host was found";

    /// <summary>
    /// Whether the data of a row is at fault. By class: 21 cardinality, 22 data, 23 integrity, 44 WITH CHECK OPTION, P0 raised by
    /// a trigger; and 54000, which is what a key too long for its index gets.
    /// </summary>
    public static bool IsOfARow(PostgresException exception) =>
        !exception.IsTransient
        && (exception.SqlState[..2] is "21" or "22" or "23" or "44" or "P0" || exception.SqlState == PostgresErrorCodes.ProgramLimitExceeded);

    /// <summary>The reason of a refusal for the rejected row: PostgreSQL's words, without the value.</summary>
    public static string ReasonOf(PostgresException exception) =>
        $"{WithoutValue(exception)} (SQLSTATE {exception.SqlState})";

    /// <summary>Whether the driver says that settings of the address do not work, alone or together.</summary>
    public static bool IsOfSettings(Exception exception) => exception is ArgumentException or NotSupportedException;

    /// <summary>The error for <see cref="IsOfSettings"/>. The driver names keywords in it, and no password.</summary>
    public static UsageException UnusableSettings(Exception exception) =>
        new($"The database address has settings that the driver (Npgsql) cannot work with: {exception.Message}", exception);

    /// <summary>
    /// What a failure means to the caller of the store: <see cref="StoreUnavailableException"/> or
    /// <see cref="DeniedException"/>, without row values.
    /// </summary>
    /// <param name="address">Without password.</param>
    public static Exception Translate(Exception exception, string address) => exception switch
    {
        PostgresException { IsTransient: true } or PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction } =>
            Unavailable((NpgsqlException)exception, address),
        PostgresException postgres => IsOfTheServer(postgres) ? Unavailable(postgres, address) : Refused(postgres, address),
        // Several hosts, none of them usable: the driver does not call that transient.
        NpgsqlException { IsTransient: true } or NpgsqlException { InnerException: AggregateException } =>
            Unavailable((NpgsqlException)exception, address),
        NpgsqlException { InnerException: null } none when none.Message.StartsWith(NoSuitableHost, StringComparison.Ordinal) =>
            Unavailable(none, address),
        NpgsqlException driver => new DeniedException($"Database {address}: {driver.Message}", driver),
        // What the operating system says of a connection that broke, where the driver passes it on as it is.
        _ => new StoreUnavailableException($"Database {address}: {exception.Message}", exception),
    };

    // 08 connection, 25006 see above, 40 rollback, 53 resources, 55 object in use, 57 operator intervention, 58 system error:
    // the driver calls most of these transient, but not a cancelled statement (57014) or a shutdown (57P01) on every version.
    private static bool IsOfTheServer(PostgresException exception) =>
        exception.SqlState[..2] is "08" or "40" or "53" or "55" or "57" or "58";

    private static StoreUnavailableException Unavailable(NpgsqlException exception, string address)
    {
        var reason = exception is PostgresException postgres
            ? $"{postgres.MessageText} (SQLSTATE {postgres.SqlState})"
            : exception.Message;
        return new StoreUnavailableException($"Database {address}: {reason}", exception);
    }

    private static DeniedException Refused(PostgresException exception, string address)
    {
        var next = exception.SqlState switch
        {
            PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn => " Run `consumer migrate`.",
            PostgresErrorCodes.InvalidColumnReference => " The key needs a unique index: `consumer migrate` makes missing tables.",
            PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification =>
                " Check user and password of --database.",
            PostgresErrorCodes.InvalidCatalogName => " Create the database, or name another with --database.",
            PostgresErrorCodes.InsufficientPrivilege => " Grant it, or use another user with --database.",
            _ => string.Empty,
        };
        return new DeniedException(
            $"Database {address} refuses us: {WithoutValue(exception)} (SQLSTATE {exception.SqlState}).{next}", exception);
    }

    // Messages of class 22 quote the value ('invalid input syntax for type bigint: "12x"'); those of class 23 quote names only,
    // as the value stands in their Detail, which is never used. A trigger's own words (P0) are all there is to go by.
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
