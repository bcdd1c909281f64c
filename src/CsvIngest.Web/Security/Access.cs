using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace CsvIngest.Web.Security;

/// <summary>
/// Who may do what: programs send a token with each request, people exchange it for a session once. Without tokens, everybody who reaches the
/// program may do everything; it then listens on the loopback address only.
/// </summary>
internal sealed class Access(WebOptions options, TimeProvider time)
{
    /// <summary>The name of the cookie that holds the ID of a session.</summary>
    public const string Cookie = "csvingest-session";

    /// <summary>How long a session lasts: a working day. A guess.</summary>
    private static readonly TimeSpan SessionTime = TimeSpan.FromHours(12);

    // By the hash of the ID, so that looking one up takes no time that depends on the ID. A restart ends all of them.
    private readonly ConcurrentDictionary<string, Session> _sessions = new(StringComparer.Ordinal);

    /// <summary>Whether there are tokens.</summary>
    public bool IsRequired => options.Token is not null;

    /// <summary>What the sender of a request may do.</summary>
    public Role RoleOf(HttpRequest request)
    {
        if (!IsRequired)
        {
            return Role.Full;
        }

        const string Scheme = "Bearer ";
        if (request.Headers.Authorization.ToString() is var header && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return RoleOf(header[Scheme.Length..].Trim());
        }

        return request.Cookies[Cookie] is { } id && _sessions.TryGetValue(HashOf(id), out var session) && session.EndsAt > time.GetUtcNow()
            ? session.Role
            : Role.None;
    }

    /// <summary>Begins a session.</summary>
    /// <param name="token">A token.</param>
    /// <returns>The session's ID; null if the token is wrong.</returns>
    public string? SignIn(string token)
    {
        var role = RoleOf(token);
        if (role == Role.None)
        {
            return null;
        }

        var now = time.GetUtcNow();
        foreach (var (hash, session) in _sessions)
        {
            if (session.EndsAt <= now)
            {
                _sessions.TryRemove(hash, out _);
            }
        }

        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        _sessions[HashOf(id)] = new Session(role, now + SessionTime);
        return id;
    }

    /// <summary>Ends the session of a request, if it has one.</summary>
    public void SignOut(HttpRequest request)
    {
        if (request.Cookies[Cookie] is { } id)
        {
            _sessions.TryRemove(HashOf(id), out _);
        }
    }

    private Role RoleOf(string token) =>
        IsSame(token, options.Token) ? Role.Full
        : IsSame(token, options.ReadToken) ? Role.Read
        : Role.None;

    // Compares hashes, which all have the same length: the time tells nothing about the token, not even its length.
    private static bool IsSame(string token, string? expected) => expected is not null
        && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(token)), SHA256.HashData(Encoding.UTF8.GetBytes(expected)));

    private static string HashOf(string id) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)));

    private sealed record Session(Role Role, DateTimeOffset EndsAt);
}

/// <summary>What somebody may do.</summary>
internal enum Role
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Look.</summary>
    Read,

    /// <summary>Everything.</summary>
    Full,
}
