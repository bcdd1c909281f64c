using System.ComponentModel;
using System.Runtime.InteropServices;

namespace CsvIngest.Testing;

/// <summary>
/// A disk that is full, without a disk: a program cannot write a file beyond a size, as if its file system did not allow larger ones. Linux
/// only, and needs no privilege.
/// </summary>
public static class FileSizeLimit
{
    private const int FileSize = 1;
    private const int SizeExceededSignal = 25;
    private static readonly nint Ignored = 1;

    /// <summary>
    /// Makes the programs that are started after this get an error instead of the signal that ends them.
    /// </summary>
    /// <remarks>They inherit it from the tests.</remarks>
    public static void Prepare() => signal(SizeExceededSignal, Ignored);

    /// <summary>Limits the files of a program from now on.</summary>
    /// <param name="program">The program, started after <see cref="Prepare"/>.</param>
    /// <param name="bytes">The size that they can have; null for any.</param>
    public static void Set(RunningProgram program, long? bytes)
    {
        Check(prlimit(program.Id, FileSize, 0, out var limit));
        limit.Current = (nuint?)bytes ?? limit.Largest;
        Check(prlimit(program.Id, FileSize, ref limit, 0));
    }

    private static void Check(int result)
    {
        if (result != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint signal(int signal, nint handler);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int prlimit(int processId, int resource, nint limit, out Limit before);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int prlimit(int processId, int resource, ref Limit limit, nint before);

    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        public nuint Current;
        public nuint Largest;
    }
}
