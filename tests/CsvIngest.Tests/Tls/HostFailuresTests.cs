using System.Security.Authentication;
using CsvIngest.Tls;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Tls;

public sealed class HostFailuresTests
{
    private static readonly DeniedException Denial = new("denied");
    private static readonly IOException Unavailable = new("unavailable");

    [Fact]
    public void A_denial_is_found_beneath_what_a_driver_makes_of_it() =>
        DenialOf(new IOException("outer", new IOException("inner", Denial))).ShouldBe(Denial);

    [Fact]
    public void Several_hosts_are_a_denial_only_if_each_of_them_is()
    {
        DenialOf(new IOException("all", new AggregateException(Denial, new IOException("wrapped", Denial)))).ShouldBe(Denial);
        DenialOf(new IOException("all", new AggregateException(Denial, Unavailable))).ShouldBeNull();
        DenialOf(new IOException("all", new AggregateException(Unavailable, Denial))).ShouldBeNull();
    }

    [Fact]
    public void What_stands_for_a_denial_counts_for_its_host()
    {
        var handshake = new AuthenticationException("outer", new IOException("inner"));

        DenialOf(new IOException("one", handshake)).ShouldBe(Denial);
        DenialOf(new IOException("all", new AggregateException(handshake, Unavailable))).ShouldBeNull();
        DenialOf(Unavailable).ShouldBeNull();
    }

    private static DeniedException? DenialOf(Exception failure) =>
        HostFailures.DenialOf(failure, host => host is AuthenticationException ? Denial : null);
}
