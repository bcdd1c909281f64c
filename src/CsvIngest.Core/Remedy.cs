namespace CsvIngest;

/// <summary>
/// What a person can do about a problem: set an option of the import. A front end words it in its own way (a flag of a command line, a
/// field of a form), so that no library speaks of flags.
/// </summary>
/// <param name="Option">The option.</param>
/// <param name="Value">The value to set it to, as a person would write it; null where only the person knows it.</param>
public sealed record Remedy(ImportOption Option, string? Value = null);

/// <summary>Something that people should know about an import, and what they can do if it is not what they want.</summary>
/// <param name="Text">One or two whole sentences: what was found.</param>
/// <param name="Remedies">The options that change it; empty where nothing does.</param>
public sealed record ImportWarning(string Text, params IReadOnlyList<Remedy> Remedies);

/// <summary>An option of an import that has a value it cannot have.</summary>
/// <param name="Option">The option.</param>
/// <param name="Text">What was found and what is expected, without the option's name.</param>
public sealed record OptionFault(ImportOption Option, string Text);

/// <summary>Options of an import are wrong. Exit code 64.</summary>
/// <param name="faults">All of them.</param>
public sealed class ImportOptionsException(IReadOnlyList<OptionFault> faults)
    : Exception(string.Join(" ", faults.Select(fault => $"{fault.Option}: {fault.Text}")))
{
    /// <summary>All faults, together.</summary>
    public IReadOnlyList<OptionFault> Faults { get; } = faults;
}

/// <summary>The options of an import that a problem may be solved with, whatever a front end calls them.</summary>
public enum ImportOption
{
    /// <summary>Which dataset the file's columns belong to.</summary>
    Dataset,

    /// <summary>Where the definitions of datasets are.</summary>
    Datasets,

    /// <summary>Which header of the file feeds which column of the dataset.</summary>
    Map,

    /// <summary>What the file writes where there is no value.</summary>
    Null,

    /// <summary>How many rows make a message.</summary>
    RowsPerMessage,

    /// <summary>How many rows may be rejected.</summary>
    MaxRejects,

    /// <summary>Whether the whole file is read before anything is published.</summary>
    CheckFirst,

    /// <summary>Where the files of rejected rows go.</summary>
    Rejects,

    /// <summary>Where the state of an unfinished import is kept.</summary>
    State,

    /// <summary>Whether duplicates within the file are detected while reading.</summary>
    NoDedupe,

    /// <summary>Whether an unfinished import is forgotten.</summary>
    Restart,

    /// <summary>Where a file goes once it is imported.</summary>
    MoveTo,

    /// <summary>Where a file goes that cannot be imported as it is.</summary>
    FailedTo,

    /// <summary>How long to wait for the file to stop changing.</summary>
    Settle,

    /// <summary>How far compressed data may expand.</summary>
    MaxExpansion,

    /// <summary>The field delimiter.</summary>
    Delimiter,

    /// <summary>The quote character.</summary>
    Quote,

    /// <summary>How quotes are escaped.</summary>
    Escape,

    /// <summary>The file's encoding.</summary>
    Encoding,

    /// <summary>The character that begins comment lines.</summary>
    Comment,

    /// <summary>Whether the file has no header.</summary>
    NoHeader,

    /// <summary>How many lines stand before the header.</summary>
    SkipLines,

    /// <summary>How many records the header has.</summary>
    HeaderLines,

    /// <summary>How large a record may be.</summary>
    MaxRecordBytes,

    /// <summary>How many columns a file may have.</summary>
    MaxFields,

    /// <summary>Whether the domains of email addresses are looked up.</summary>
    CheckDomains,

    /// <summary>Which name server is asked about domains.</summary>
    NameServer,
}
