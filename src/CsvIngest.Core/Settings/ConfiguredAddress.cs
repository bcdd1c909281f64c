namespace CsvIngest.Settings;

/// <summary>The address of a server, as the settings have it when a program starts.</summary>
/// <param name="Text">The address. It may contain a password.</param>
/// <param name="File">The file that contains it; null if it cannot change while the program runs. Defaults to null.</param>
public sealed record ConfiguredAddress(string Text, AddressFile? File = null)
{
    /// <summary>Without the address, which the compiler's own text would show.</summary>
    public override string ToString() => File?.Path ?? "an address";
}

/// <summary>A file that contains an address.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Read">Returns what it contains now. Throws a <see cref="UsageException"/> if it cannot be read or is empty.</param>
public sealed record AddressFile(string Path, Func<string> Read);
