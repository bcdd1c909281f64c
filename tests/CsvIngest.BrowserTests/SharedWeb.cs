using CsvIngest.Testing;
using Xunit;

namespace CsvIngest.BrowserTests;

/// <summary>One web program and one consumer for all tests of a class.</summary>
public sealed class SharedWeb : IAsyncLifetime
{
    private readonly WorkFolder _folder = new();

    /// <summary>The program.</summary>
    internal RunningWeb Web { get; private set; } = null!;

    /// <summary>The folder of the program, for files to upload.</summary>
    internal WorkFolder Files { get; } = new();

    /// <inheritdoc/>
    public async ValueTask InitializeAsync() => Web = await RunningWeb.StartAsync(_folder, options: ["--max-upload", "100MB"]);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Web.DisposeAsync();
        _folder.Dispose();
        Files.Dispose();
    }
}
