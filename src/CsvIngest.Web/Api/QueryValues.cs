using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace CsvIngest.Web.Api;

/// <summary>Reads the values of a query. A value that is empty is as good as none, since forms send all of their fields.</summary>
internal static class QueryValues
{
    /// <summary>A text; null for none.</summary>
    public static string? Text(string? value) => string.IsNullOrEmpty(value) ? null : value;

    /// <summary>A number, from 0; null for none.</summary>
    /// <param name="name">The name of the value, for the message.</param>
    /// <param name="value">The value.</param>
    /// <param name="most">The largest number that is accepted.</param>
    /// <exception cref="RequestException">It is not such a number.</exception>
    public static long? Number(string name, string? value, long most = long.MaxValue) =>
        string.IsNullOrEmpty(value) ? null
        : long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= most ? number
        : throw RequestException.Invalid($"{name} is not a number.");

    /// <summary>How many entries a page is to have: the value of <c>limit</c>, as far as it is in the range.</summary>
    /// <param name="query">The query.</param>
    /// <param name="normal">The number without a value.</param>
    /// <param name="most">The largest number.</param>
    /// <exception cref="RequestException">It is not a number.</exception>
    public static int Limit(IQueryCollection query, int normal, int most) =>
        (int)Math.Clamp(Number("limit", query["limit"]) ?? normal, 1, most);
}
