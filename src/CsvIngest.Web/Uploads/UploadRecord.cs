using System.Text.Json.Serialization;

namespace CsvIngest.Web.Uploads;

/// <summary>What is kept on disk of an upload, beside its file.</summary>
internal sealed record UploadRecord
{
    /// <summary>The version of the format. An upload of another version is passed over.</summary>
    public const int CurrentVersion = 1;

    public int Version { get; init; } = CurrentVersion;

    /// <summary>The ID of the upload and of its import.</summary>
    public required Guid Id { get; init; }

    /// <summary>The file's name, to be shown.</summary>
    public required string Name { get; init; }

    /// <summary>The file's size as it was sent.</summary>
    public required long Bytes { get; init; }

    /// <summary>The SHA-256 hash of the file as it was sent, in lower-case hexadecimal digits.</summary>
    public required string Sha256 { get; init; }

    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>The fields that decide what is imported: <see cref="UploadFields.Options"/>.</summary>
    public required IReadOnlyDictionary<string, string[]> Options { get; init; }

    /// <summary>
    /// The definition of its dataset when the file was received or, if it was checked since, then; null once it is imported, and in records
    /// of earlier versions. An import that has begun with it is published with no other one.
    /// </summary>
    public DatasetDefinition? Definition { get; init; }

    /// <summary>The number of the options, from 1: they may be changed while the file is checked.</summary>
    public int Revision { get; init; } = 1;

    /// <summary>The client's <c>Idempotency-Key</c>; null for none.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>The span that has received it, which its import continues, also after a restart; null for none.</summary>
    public string? TraceParent { get; init; }

    public required UploadState State { get; init; }

    /// <summary>Since when its import waits for a worker.</summary>
    public DateTimeOffset? QueuedAt { get; init; }

    /// <summary>When its import ended, well or not.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Why it failed; null if it has not.</summary>
    public string? Failure { get; init; }

    /// <summary>What the last check found; null if none has ended.</summary>
    public CheckResult? Check { get; init; }

    /// <summary>What was noticed during the import.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}

/// <summary>How far an upload is.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<UploadState>))]
internal enum UploadState
{
    /// <summary>The file is being checked, and imported only when somebody says so.</summary>
    Checking,

    /// <summary>The file was checked, and waits for somebody to say so.</summary>
    Checked,

    /// <summary>The import waits for a worker, or for the next start of this program.</summary>
    Waiting,

    /// <summary>A worker imports it. Never on disk: after a restart it waits again.</summary>
    Importing,

    /// <summary>Every message is confirmed; the rest is in the books.</summary>
    Published,

    /// <summary>The file cannot be imported.</summary>
    Failed,

    /// <summary>Somebody cancelled it.</summary>
    Cancelled,
}

/// <summary>What the check of a whole file found.</summary>
public sealed record CheckResult
{
    /// <summary>The number of the options that it was checked with.</summary>
    public required int Revision { get; init; }

    /// <summary>Why the file cannot be imported with these options; null if it can.</summary>
    public string? Failure { get; init; }

    /// <summary>The file's format in one line; null if it was not recognized.</summary>
    public string? Format { get; init; }

    /// <summary>The delimiter; null if it was not recognized.</summary>
    public string? Delimiter { get; init; }

    /// <summary>The encoding; null while everything is ASCII.</summary>
    public string? Encoding { get; init; }

    /// <summary>The lines above the header.</summary>
    public int? SkippedLines { get; init; }

    /// <summary>The file's headers, one for each column.</summary>
    public IReadOnlyList<string> Headers { get; init; } = [];

    /// <summary>The dataset's columns and what feeds them; empty if the columns do not fit.</summary>
    public IReadOnlyList<CheckedColumn> Columns { get; init; } = [];

    /// <summary>The names of the values of <see cref="FirstRows"/>.</summary>
    public IReadOnlyList<string> RowColumns { get; init; } = [];

    /// <summary>The first accepted rows, as they would be stored.</summary>
    public IReadOnlyList<CheckedRow> FirstRows { get; init; } = [];

    /// <summary>The first rejected rows.</summary>
    public IReadOnlyList<CheckedRejection> FirstRejections { get; init; } = [];

    /// <summary>What was noticed.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    public long RowsRead { get; init; }

    /// <summary>Rows that would be sent.</summary>
    public long RowsValid { get; init; }

    /// <summary>Rows whose key occurs earlier in the file.</summary>
    public long RowsDuplicate { get; init; }

    public long RowsRejected { get; init; }
}

/// <summary>A column of the dataset and the headers that feed it.</summary>
/// <param name="Name">The dataset's column.</param>
/// <param name="Required">Whether every row must have a value.</param>
/// <param name="Sources">
/// The headers, such as <c>E-Mail</c> or <c>First name + Last name</c>, in order of preference; empty for none, and if the columns do not fit.
/// </param>
/// <param name="IsMissing">Whether the columns do not fit because nothing feeds this one.</param>
public sealed record CheckedColumn(string Name, bool Required, IReadOnlyList<string> Sources, bool IsMissing);

/// <summary>A rejected row.</summary>
/// <param name="Line">The line on which it starts.</param>
/// <param name="Column">The dataset's column; empty if the whole record is at fault.</param>
/// <param name="Code">The code of the reason.</param>
/// <param name="Reason">Why it is rejected.</param>
public sealed record CheckedRejection(long Line, string Column, string Code, string Reason);

/// <summary>An accepted row.</summary>
/// <param name="Line">The line on which it starts.</param>
/// <param name="Values">Its values in canonical form; null for an absent one.</param>
public sealed record CheckedRow(long Line, IReadOnlyList<string?> Values);
