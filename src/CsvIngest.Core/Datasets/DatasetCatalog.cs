using System.Diagnostics.CodeAnalysis;
using CsvIngest.Settings;

namespace CsvIngest.Datasets;

/// <summary>The datasets that a program knows, by name.</summary>
public sealed class DatasetCatalog
{
    private readonly SortedDictionary<string, Dataset> _byName = new(StringComparer.Ordinal);

    /// <summary>
    /// The built-in datasets and the given ones. A given dataset replaces a built-in one of the same name.
    /// </summary>
    /// <exception cref="DatasetException">Two of the given datasets have the same name.</exception>
    public DatasetCatalog(IEnumerable<Dataset> datasets)
    {
        foreach (var dataset in datasets)
        {
            if (!_byName.TryAdd(dataset.Name, dataset))
            {
                throw new DatasetException($"Two datasets are named \"{dataset.Name}\". Rename one of them.");
            }
        }

        _byName.TryAdd(Contacts.Name, Contacts);
        _byName.TryAdd(Subscribers.Name, Subscribers);
        _byName.TryAdd(Transactions.Name, Transactions);
    }

    /// <summary>The built-in dataset of people: an email address and a name.</summary>
    public static Dataset Contacts { get; } = Load("contacts.json");

    /// <summary>The built-in dataset of addresses: as <see cref="Contacts"/>, but only the email address is required.</summary>
    public static Dataset Subscribers { get; } = Contacts with
    {
        Name = "subscribers",
        Table = "subscribers",
        Columns = [.. Contacts.Columns.Select(column => column with { Required = column.Name == Contacts.Key })],
    };

    /// <summary>The built-in dataset of transactions, with the total of the amounts per account.</summary>
    public static Dataset Transactions { get; } = Load("transactions.json");

    /// <summary>Only the built-in datasets.</summary>
    public static DatasetCatalog BuiltIn { get; } = new([]);

    /// <summary>
    /// The datasets that nobody has asked for: built-in ones whose tables may be tables of another program with the same name.
    /// </summary>
    public IEnumerable<Dataset> Unrequested =>
        All.Where(dataset => ReferenceEquals(dataset, Subscribers) || ReferenceEquals(dataset, Transactions));

    /// <summary>All datasets, ordered by name.</summary>
    public IReadOnlyCollection<Dataset> All => _byName.Values;

    /// <summary>The catalog without some of its datasets.</summary>
    public DatasetCatalog Without(IReadOnlyCollection<Dataset> others)
    {
        var rest = new DatasetCatalog(All.Except(others));
        foreach (var dataset in others)
        {
            rest._byName.Remove(dataset.Name);
        }

        return rest;
    }

    /// <summary>Finds a dataset by its exact name.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out Dataset? dataset) => _byName.TryGetValue(name, out dataset);

    /// <summary>Finds a dataset that defines totals by its exact name.</summary>
    /// <exception cref="UsageException">There is none of this name, or it defines no totals; the message lists those that do.</exception>
    public Dataset FindWithTotals(string name)
    {
        var fault = !TryGet(name, out var dataset) ? $"There is no dataset \"{DisplayText.OneLine(name)}\"."
            : dataset.Totals.Count == 0 ? $"Dataset \"{name}\" defines no totals."
            : null;
        return fault is null
            ? dataset!
            : throw new UsageException($"{fault} Datasets with totals: {string.Join(", ", All.Where(each => each.Totals.Count > 0).Select(each => each.Name))}.");
    }

    private static Dataset Load(string file)
    {
        using var stream = typeof(DatasetCatalog).Assembly.GetManifestResourceStream(file)
            ?? throw new InvalidOperationException($"{file} is not embedded in this program.");
        using var reader = new StreamReader(stream);
        return DatasetFile.Parse(reader.ReadToEnd(), $"built-in {file}");
    }
}
