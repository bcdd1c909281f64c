namespace CsvIngest.Importing.Rows;

/// <summary>
/// The two rejects files of an import on disk: under hidden names while they are written, then under the names of the place that they are
/// moved to.
/// </summary>
internal sealed class RejectsPair
{
    private RejectsPair(FileStream errors, RejectsPlace place) =>
        (Errors, ErrorsPath, RejectedPath) = (errors, place.PartialErrors, place.PartialRejected);

    /// <summary>
    /// The file of the reasons, which is there from the beginning. Its lock stands for both files until they have their names: another
    /// producer that writes rejects of this name takes a number.
    /// </summary>
    public FileStream Errors { get; }

    /// <summary>The file of the records; null while there are none.</summary>
    public FileStream? Rejected { get; private set; }

    /// <summary>Where <see cref="Errors"/> is.</summary>
    public string ErrorsPath { get; private set; }

    /// <summary>Where <see cref="Rejected"/> is, or would be.</summary>
    public string RejectedPath { get; private set; }

    /// <summary>Whether the files have their names, or are deleted.</summary>
    public bool IsSettled { get; private set; }

    /// <summary>Creates the errors file, hidden, in the first place that no other producer is using.</summary>
    /// <param name="folder">Where the files go; it is created if it does not exist.</param>
    /// <param name="name">The input's name.</param>
    /// <exception cref="UnwritableFileException">It cannot be written.</exception>
    public static RejectsPair Claim(string folder, string name)
    {
        var place = RejectsNames.PlaceOf(folder, name, number: 1);
        try
        {
            Directory.CreateDirectory(folder);
            for (var number = 2; ; number++)
            {
                if (PrivateFile.TryClaim(place.PartialErrors) is { } errors)
                {
                    // What a producer left that was killed.
                    WholeFile.DeleteIfThere(place.PartialRejected);
                    return new RejectsPair(errors, place);
                }

                place = RejectsNames.PlaceOf(folder, name, number);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(place.Errors, e);
        }
    }

    /// <summary>Creates the file of the records.</summary>
    /// <exception cref="UnwritableFileException">It cannot be written.</exception>
    public FileStream CreateRejected()
    {
        try
        {
            return Rejected = PrivateFile.Create(RejectedPath, FileMode.Create, FileShare.Read | FileShare.Delete);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(RejectedPath, e);
        }
    }

    /// <summary>
    /// Moves the files to a place that was free; false if another program has taken it meanwhile. The next place then takes both files, even
    /// if one of them was moved already.
    /// </summary>
    /// <exception cref="IOException">They cannot be moved.</exception>
    public bool TryMove(RejectsPlace place)
    {
        if (Rejected is not null)
        {
            if (!FileMove.TryMove(RejectedPath, place.Rejected))
            {
                return false;
            }

            RejectedPath = place.Rejected;
        }

        // Last, because its lock also keeps the hidden name of the other file.
        if (!FileMove.TryMove(ErrorsPath, place.Errors))
        {
            return false;
        }

        (ErrorsPath, IsSettled) = (place.Errors, true);
        return true;
    }

    /// <summary>Moves the files to a place, and replaces those that are there.</summary>
    /// <exception cref="IOException">They cannot be moved.</exception>
    public void Replace(RejectsPlace place)
    {
        if (Rejected is null)
        {
            WholeFile.DeleteIfThere(place.Rejected);
        }
        else
        {
            File.Move(RejectedPath, place.Rejected, overwrite: true);
        }

        // Last, as when files are moved.
        File.Move(ErrorsPath, place.Errors, overwrite: true);
        (ErrorsPath, RejectedPath, IsSettled) = (place.Errors, place.Rejected, true);
    }

    /// <summary>Deletes the files, unless they have their names.</summary>
    public void DeleteHidden()
    {
        if (!IsSettled)
        {
            WholeFile.DeleteIfThere(RejectedPath);
            WholeFile.DeleteIfThere(ErrorsPath);
            IsSettled = true;
        }
    }

    /// <summary>The failure of a file that cannot be written.</summary>
    public static UnwritableFileException Unwritable(string path, Exception failure) =>
        new($"{DisplayText.OneLine(path)} cannot be written. {FailureReason.Of(failure)}", failure, new Remedy(ImportOption.Rejects));
}
