using CsvIngest.Settings;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Settings;

/// <summary>What every adapter of a server relies on. Each adapter's own tests cover what it makes of the parts.</summary>
public sealed class ServerAddressTests
{
    [Theory]
    [InlineData("x://h", null, null, "h", "")]
    [InlineData("X://h/", null, null, "h", "")]
    [InlineData("x://u@h:1/p", "u", null, "h:1", "p")]
    [InlineData("x://u:@h", "u", "", "h", "")]
    [InlineData("x://u:p:q@h", "u", "p:q", "h", "")]
    [InlineData("x://u:p@q@h", "u", "p@q", "h", "")]
    [InlineData("x://u%40:p%2F%3A%3F%25@h/%2Fp/q%2Fr", "u@", "p/:?%", "h", "/p|q/r")]
    [InlineData("x://one:1, two ,[::1]:3,[::2]", null, null, "one:1|two|[::1]:3|[::2]", "")]
    [InlineData("x://%2Frun%2Fsocket/p", null, null, "/run/socket", "p")]
    [InlineData("x:///p", null, null, "", "p")]
    public void An_address_is_taken_apart(string address, string? user, string? password, string hosts, string path)
    {
        var parts = Parse(address);

        parts.Scheme.ShouldBe("x");
        (parts.User, parts.Password).ShouldBe((user, password));
        string.Join('|', parts.Hosts).ShouldBe(hosts);
        string.Join('|', parts.Path).ShouldBe(path);
        parts.Parameters.ShouldBeEmpty();
    }

    [Fact]
    public void Parameters_keep_their_order() =>
        Parse("x://h/p?b=1&a=%20%3D=&&c").Parameters.Select(each => $"{each.Key}:{each.Value}").ShouldBe(["b:1", "a: ==", "c:"]);

    [Theory]
    [InlineData("hunter2", "it has no scheme")]
    [InlineData("://u:hunter2@h", "it has no scheme")]
    [InlineData("x://u:hunter2@", null)]
    [InlineData("x://u:hunter2@a,,b", "a host is missing")]
    [InlineData("x://u:hunter2@:1", "a host is missing")]
    [InlineData("x://u:hunter2@h:0", "the port of host \"h\" is not a number from 1 to 65535")]
    [InlineData("x://u:hunter2@h:65536", "the port of host \"h\" is not a number from 1 to 65535")]
    [InlineData("x://u:hunter2@h:1x", "the port of host \"h\" is not a number from 1 to 65535")]
    [InlineData("x://u:hunter2@[::1]:", "the port of host \"::1\" is not a number from 1 to 65535")]
    [InlineData("x://u:hunter2%@h", "the password contains a % that is not followed by two hexadecimal digits")]
    [InlineData("x://u%x:hunter2@h", "the user contains a %")]
    [InlineData("x://h?hunter2=%", "the parameter \"hunter2\" contains a %")]
    [InlineData("x://h/%1", "the path contains a %")]
    public void An_error_says_what_is_wrong_and_does_not_contain_the_password(string address, string? fault)
    {
        if (fault is null)
        {
            Parse(address).Hosts.ShouldBeEmpty();
            return;
        }

        var error = Should.Throw<UsageException>(() => Parse(address)).Message;

        error.ShouldStartWith($"The server address is not valid: {fault}");
        error.ShouldEndWith("Expected x://h.");
        error.Replace("parameter \"hunter2\"", string.Empty, StringComparison.Ordinal).ShouldNotContain("hunter2");
    }

    private static ServerAddress Parse(string address) => ServerAddress.Parse(address, "server address", "x://h");
}
