using System.Text.RegularExpressions;
using System.Xml.Linq;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Architecture;

/// <summary>Two builds of one commit use the same packages, and none that nobody asked for.</summary>
public sealed partial class PackagesTests
{
    [Fact]
    public void Every_version_is_exact()
    {
        var others = Versions()
            .Where(package => !ExactVersion().IsMatch(package.Value))
            .Select(package => $"{package.Key} {package.Value}");

        others.ShouldBeEmpty("a version that floats, or is a range, is not the same one everywhere");
    }

    [Fact]
    public void Every_package_that_has_a_version_is_referenced_and_the_other_way_round()
    {
        var referenced = Repository.FilesUnder("src", "*.csproj")
            .Concat(Repository.FilesUnder("tests", "*.csproj"))
            .Append("Directory.Build.props")
            .SelectMany(file => XDocument.Load(Repository.PathOf(file)).Descendants("PackageReference"))
            .Select(reference => reference.Attribute("Include")!.Value)
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal);

        Versions().Keys.Order(StringComparer.Ordinal).ShouldBe(referenced);
    }

    private static Dictionary<string, string> Versions() =>
        XDocument.Load(Repository.PathOf("Directory.Packages.props")).Descendants("PackageVersion")
            .ToDictionary(one => one.Attribute("Include")!.Value, one => one.Attribute("Version")!.Value, StringComparer.Ordinal);

    [GeneratedRegex(@"^\d+(?:\.\d+){2,3}(?:-[0-9A-Za-z.-]+)?$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ExactVersion();
}
