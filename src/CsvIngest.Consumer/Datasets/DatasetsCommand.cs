using System.CommandLine;
using CsvIngest.Datasets;
using CsvIngest.Hosting;
using CsvIngest.Importing.Drafting;
using CsvIngest.Importing.Sources;

namespace CsvIngest.Consumer.Datasets;

/// <summary><c>consumer datasets</c>: lists the datasets, shows one of them, or drafts one for a file.</summary>
internal static class DatasetsCommand
{
    public static Command Create(Application application)
    {
        var name = new Argument<string?>("name")
        {
            Description = "Dataset to show in full: its name, or the path of its JSON file; all datasets if omitted",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var json = new Option<bool>("--json") { Description = "Print the definition, or an array of all of them, as JSON" };
        var command = new Command("datasets", "List the datasets and their columns") { name, json, CreateDraft(application) };
        application.Handle(command, (context, _) =>
        {
            var one = context.Arguments.GetValue(name) is { } wanted ? DatasetFiles.Find(wanted, context.DatasetsFolder) : null;
            if (context.Arguments.GetValue(json))
            {
                Console.WriteLine(one is null
                    ? $"[\n{string.Join(",\n", context.LoadDatasets().All.Select(dataset => DefinitionWriter.Write(dataset)))}\n]"
                    : DefinitionWriter.Write(one));
            }
            else if (one is not null)
            {
                DatasetOutput.WriteInFull(one);
            }
            else
            {
                DatasetOutput.WriteAll(context.LoadDatasets().All);
            }

            return Task.FromResult(ExitCodes.Done);
        });
        return command;
    }

    private static Command CreateDraft(Application application)
    {
        var file = new Argument<string>("file") { Description = "CSV file with a header; .gz and .zip files are decompressed on the fly" };
        var command = new Command("draft", "Write a definition for a file to standard output, from all its rows") { file };
        application.Handle(command, (context, cancellationToken) =>
        {
            var path = Path.GetFullPath(context.Arguments.GetValue(file)!);
            var source = PathKinds.Of(path) == PathKind.Stream ? Source.FromPipe(path, Path.GetFileName(path)) : Source.FromFile(path);
            var read = DraftFile.Read(source, warning => context.Logger.DraftUncertain(warning.Text), cancellationToken);
            if (read.UnreadableRows > 0)
            {
                context.Logger.DraftRowsSkipped(read.UnreadableRows);
            }

            var rows = read.Rows == 1 ? "1 row" : $"{read.Rows} rows";
            var comment = $"A draft for {DisplayText.OneLine(source.Name)}, from {rows}. Edit it as needed.";
            Console.WriteLine(DefinitionWriter.Write(read.Draft.Dataset, comment, read.Draft.Comments));
            return Task.FromResult(ExitCodes.Done);
        });
        return command;
    }
}
