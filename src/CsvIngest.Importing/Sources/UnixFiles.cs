using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace CsvIngest.Importing.Sources;

/// <summary>
/// The system calls that .NET does not offer: what kind of file a path leads to, whether a folder may be written to, opening without a
/// lock, the lock of a folder, writing a folder to disk, and a link that never replaces a file. Linux only: elsewhere each does the next
/// best thing that .NET has.
/// </summary>
internal static class UnixFiles
{
    // The numbers are those of every Linux, whatever the processor.
    private const int NoSuchFile = 2;
    private const int FileExists = 17;
    private const int OtherFileSystem = 18;
    private const int NotAFolder = 20;
    private const int CloseOnExec = 0x80000;
    private const uint TypeAndInode = 0x1 | 0x100;

    /// <summary>What a path leads to, symbolic links followed.</summary>
    public static PathKind KindOf(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return Directory.Exists(path) ? PathKind.Folder : File.Exists(path) ? PathKind.File : PathKind.Missing;
        }

        if (TryStat(path, out var status))
        {
            return (status.Mode & 0xF000) switch
            {
                0x8000 => PathKind.File,
                0x4000 => PathKind.Folder,
                _ => PathKind.Stream,
            };
        }

        return Marshal.GetLastPInvokeError() is NoSuchFile or NotAFolder ? PathKind.Missing : PathKind.Unknown;
    }

    /// <summary>Whether two paths lead to the same file or folder.</summary>
    public static bool AreSame(string one, string other)
    {
        if (!OperatingSystem.IsLinux())
        {
            return Path.GetFullPath(one) == Path.GetFullPath(other);
        }

        return TryStat(one, out var status) && TryStat(other, out var otherStatus) && status.IsSameFileAs(otherStatus);
    }

    /// <summary>Whether a path still leads to a file that was opened by it.</summary>
    public static bool IsAt(string path, SafeFileHandle file)
    {
        if (OperatingSystem.IsLinux() && TryStat(file, out var opened))
        {
            return TryStat(path, out var status) && status.IsSameFileAs(opened);
        }

        return File.Exists(path);
    }

    /// <summary>Whether files can be created in a folder, and removed from it.</summary>
    public static bool IsWritableFolder(string folder)
    {
        const int WriteAndSearch = 2 | 1;
        return OperatingSystem.IsLinux() ? access(Bytes(folder), WriteAndSearch) == 0 : Directory.Exists(folder);
    }

    /// <summary>Whether a file could not be opened because another program has locked it.</summary>
    // It has no exception type of its own in .NET: EAGAIN or EWOULDBLOCK of flock, a sharing violation on Windows.
    public static bool IsLocked(IOException failure) =>
        (failure.HResult & 0xFFFF) is 11 or 32 or 35 && failure is not (FileNotFoundException or DirectoryNotFoundException);

    /// <summary>Whether a new file could not be created because something has that name.</summary>
    // No type of its own either: EEXIST, and ERROR_FILE_EXISTS on Windows.
    public static bool IsNameTaken(IOException failure) =>
        (failure.HResult & 0xFFFF) == (OperatingSystem.IsWindows() ? 80 : FileExists);

    /// <summary>
    /// Opens a file for reading without a lock. <see cref="FileStream"/> takes at least a shared one, which a program that holds an
    /// exclusive one prevents.
    /// </summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened.</exception>
    public static FileStream OpenWithoutLock(string path)
    {
        if (OperatingSystem.IsLinux())
        {
            var handle = open(Bytes(path), CloseOnExec);
            if (!handle.IsInvalid)
            {
                return new FileStream(handle, FileAccess.Read, bufferSize: 0);
            }

            handle.Dispose();
        }

        // If the call above failed, this one fails as well, and throws what is wrong.
        return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
    }

    /// <summary>
    /// Waits until no other producer holds the lock of a folder, and takes it; null where folders cannot be locked, as on some network file
    /// systems.
    /// </summary>
    /// <returns>Its disposal releases the lock.</returns>
    public static SafeFileHandle? LockFolder(string folder)
    {
        const int Exclusive = 2;
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        var handle = open(Bytes(folder), CloseOnExec);
        if (!handle.IsInvalid && flock(handle, Exclusive) == 0)
        {
            return handle;
        }

        handle.Dispose();
        return null;
    }

    /// <summary>Writes to disk which files a folder has, so that a file that got its name is found after a power failure as well.</summary>
    public static void FlushFolder(string folder)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        using var handle = open(Bytes(folder), CloseOnExec);
        if (!handle.IsInvalid)
        {
            // Some network file systems cannot, and then there is nothing else to do.
            _ = fsync(handle);
        }
    }

    /// <summary>Gives a file another name in one step, on the same file system, and never replaces a file.</summary>
    public static RenameResult Rename(string path, string target)
    {
        if (OperatingSystem.IsLinux())
        {
            if (link(Bytes(path), Bytes(target)) == 0)
            {
                File.Delete(path);
                return RenameResult.Done;
            }

            switch (Marshal.GetLastPInvokeError())
            {
                // A move that was killed between the link and the deletion is completed.
                case FileExists when AreSame(path, target):
                    File.Delete(path);
                    return RenameResult.Done;
                case FileExists:
                    return RenameResult.NameTaken;
                case OtherFileSystem:
                    return RenameResult.OtherFileSystem;
            }
        }

        // Some file systems have no links, and some kernels permit links to one's own files only. Then another program could create a
        // file of that name between the check and the renaming.
        if (Path.Exists(target))
        {
            return RenameResult.NameTaken;
        }

        File.Move(path, target, overwrite: false);
        return RenameResult.Done;
    }

    private static bool TryStat(string path, out FileStatus status)
    {
        const int CurrentFolder = -100;
        return statx(CurrentFolder, Bytes(path), flags: 0, TypeAndInode, out status) == 0;
    }

    private static bool TryStat(SafeFileHandle file, out FileStatus status)
    {
        const int EmptyPath = 0x1000;
        return statx((int)file.DangerousGetHandle(), Bytes(string.Empty), EmptyPath, TypeAndInode, out status) == 0;
    }

    private static byte[] Bytes(string path) => Encoding.UTF8.GetBytes(path + '\0');

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int statx(int folder, byte[] path, int flags, uint mask, out FileStatus status);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int access(byte[] path, int mode);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern SafeFileHandle open(byte[] path, int flags);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int flock(SafeFileHandle file, int operation);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int fsync(SafeFileHandle file);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int link(byte[] path, byte[] target);

    /// <summary>A part of <c>struct statx</c>, whose layout is the same for every processor.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private readonly struct FileStatus
    {
        [FieldOffset(28)]
        public readonly ushort Mode;

        [FieldOffset(32)]
        public readonly ulong Inode;

        [FieldOffset(136)]
        public readonly uint DeviceMajor;

        [FieldOffset(140)]
        public readonly uint DeviceMinor;

        public bool IsSameFileAs(in FileStatus other) =>
            (Inode, DeviceMajor, DeviceMinor) == (other.Inode, other.DeviceMajor, other.DeviceMinor);
    }
}

/// <summary>How a renaming ended.</summary>
internal enum RenameResult
{
    /// <summary>The file has the new name only.</summary>
    Done,

    /// <summary>Another file has that name.</summary>
    NameTaken,

    /// <summary>The new name is on another file system; the file would have to be copied.</summary>
    OtherFileSystem,
}
