namespace CsvIngest.Web;

/// <summary>A request cannot be fulfilled. Answered as a problem of <c>application/problem+json</c>, or as a page if a browser asks for one.</summary>
/// <param name="status">The status code.</param>
/// <param name="title">What kind of problem it is, in a few words.</param>
/// <param name="detail">What was found, what was expected, and what to do next, in whole sentences.</param>
public sealed class RequestException(int status, string title, string detail) : Exception(detail)
{
    /// <summary>The status code.</summary>
    public int Status { get; } = status;

    /// <summary>What kind of problem it is.</summary>
    public string Title { get; } = title;

    /// <summary>What was found, what was expected, and what to do next, in whole sentences.</summary>
    public string Detail { get; } = detail;

    /// <summary>The import that the problem is about; null for none.</summary>
    public Guid? Import { get; init; }

    /// <summary>A resource that does not exist.</summary>
    public static RequestException NotFound(string detail) => new(404, "Not found", detail);

    /// <summary>A request whose values are wrong.</summary>
    public static RequestException Invalid(string detail) => new(400, "Invalid request", detail);

    /// <summary>A request that contradicts the state of an import.</summary>
    public static RequestException Conflict(Guid import, string detail) => new(409, "Conflict", detail) { Import = import };
}
