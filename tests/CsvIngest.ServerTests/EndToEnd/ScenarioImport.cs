using CsvIngest.Testing;

namespace CsvIngest.ServerTests.EndToEnd;

/// <summary>An import that was published.</summary>
/// <param name="Id">Its UUID.</param>
/// <param name="File">The oracle.</param>
/// <param name="People">As in <see cref="GeneratedFile.Write"/>.</param>
/// <param name="Messages">Its slices and its closing.</param>
public sealed record ScenarioImport(Guid Id, GeneratedFile File, string People, long Messages);
