namespace CsvIngest.Importing.Domains;

/// <summary>What the Domain Name System (DNS) says about the domain of an email address. The names are part of <see cref="VerdictFile"/>.</summary>
internal enum DomainVerdict
{
    /// <summary>No name server answered in time, or none knew the answer: this rejects no row.</summary>
    NotChecked,

    /// <summary>The domain names a mail server (MX), or has an address itself, which then takes its mail (RFC 5321, section 5.1).</summary>
    AcceptsMail,

    /// <summary>There is no such domain.</summary>
    DoesNotExist,

    /// <summary>The domain exists and has neither a mail server nor an address.</summary>
    HasNoServer,

    /// <summary>The domain states that it accepts no mail (RFC 7505, null MX).</summary>
    RefusesMail,
}
