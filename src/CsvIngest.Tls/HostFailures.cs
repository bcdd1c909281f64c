namespace CsvIngest.Tls;

/// <summary>Tells what is wrong with all hosts of an address from what is wrong with some: another attempt may reach another host.</summary>
public static class HostFailures
{
    /// <summary>The denial that a failure to connect was caused by; null if a host failed for another reason.</summary>
    /// <param name="failure">What a driver has thrown. If it tried several hosts, it contains an <see cref="AggregateException"/> of theirs.</param>
    /// <param name="denialOf">The denial that an exception for one host stands for, if any, where its cause is no <see cref="DeniedException"/>.</param>
    public static DeniedException? DenialOf(Exception failure, Func<Exception, DeniedException?> denialOf) => failure switch
    {
        DeniedException denial => denial,
        AggregateException hosts => hosts.InnerExceptions.Select(host => DenialOf(host, denialOf)).ToList() is var denials
            && denials.TrueForAll(denial => denial is not null) ? denials[0] : null,
        { InnerException: AggregateException hosts } => DenialOf(hosts, denialOf),
        { InnerException: { } inner } => DenialOf(inner, denialOf) ?? denialOf(failure),
        _ => denialOf(failure),
    };
}
