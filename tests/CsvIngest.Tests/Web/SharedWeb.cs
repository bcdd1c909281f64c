using CsvIngest.Testing;
using Xunit;

namespace CsvIngest.Tests.Web;

/// <summary>One web program and one consumer for all tests of a class.</summary>
public sealed class SharedWeb : IAsyncLifetime
{
    private readonly WorkFolder _folder = new();

    internal RunningWeb Web { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Web = await RunningWeb.StartAsync(_folder);

    public async ValueTask DisposeAsync()
    {
        await Web.DisposeAsync();
        _folder.Dispose();
    }
}
