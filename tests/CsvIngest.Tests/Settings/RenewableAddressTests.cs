using CsvIngest.Settings;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Settings;

public sealed class RenewableAddressTests
{
    private readonly FakeTimeProvider _time = new();
    private string _file = "old";
    private string _server = "old";
    private int _attempts;

    [Fact]
    public async Task A_refused_login_is_repeated_with_what_the_file_contains_now()
    {
        var address = FromFile();
        (await ConnectAsync(address)).ShouldBe("old");

        (_server, _file) = ("new", "new");

        (await ConnectAsync(address)).ShouldBe("new");
        address.Current.ShouldBe("new");
        _attempts.ShouldBe(3);
    }

    [Fact]
    public async Task An_address_that_does_not_change_is_refused_for_good()
    {
        var address = new RenewableAddress<string>(new ConfiguredAddress("old"), Parse, _time);
        await ConnectAsync(address);
        _server = "new";

        await Should.ThrowAsync<LoginRefusedException>(() => ConnectAsync(address));
    }

    [Fact]
    public async Task A_login_that_was_never_accepted_is_refused_for_good_unless_the_file_has_changed()
    {
        _server = "new";
        var address = FromFile();
        await Should.ThrowAsync<LoginRefusedException>(() => ConnectAsync(address));
        _attempts.ShouldBe(1);

        _file = "newer";
        await Should.ThrowAsync<LoginRefusedException>(() => ConnectAsync(address));
        _attempts.ShouldBe(3);
    }

    [Fact]
    public async Task A_login_that_was_accepted_waits_for_its_file_and_not_for_ever()
    {
        var address = FromFile();
        await ConnectAsync(address);
        _server = "new";

        (await Should.ThrowAsync<StoreUnavailableException>(() => ConnectAsync(address))).Message.ShouldBe(
            "refused: old. Waiting for other credentials in the-file.");
        _time.Advance(RenewableAddress<string>.RenewalTimeout - TimeSpan.FromSeconds(1));
        await Should.ThrowAsync<StoreUnavailableException>(() => ConnectAsync(address));
        _time.Advance(TimeSpan.FromSeconds(1));
        await Should.ThrowAsync<LoginRefusedException>(() => ConnectAsync(address));

        _file = "new";
        (await ConnectAsync(address)).ShouldBe("new");
        _server = "newer";
        await Should.ThrowAsync<StoreUnavailableException>(() => ConnectAsync(address));
    }

    [Theory]
    [InlineData("", "The file is empty.")]
    [InlineData("invalid", "The address is not valid.")]
    public async Task A_file_that_cannot_be_used_changes_nothing_and_is_reported(string content, string fault)
    {
        var address = FromFile();
        await ConnectAsync(address);
        (_server, _file) = ("new", content);

        (await Should.ThrowAsync<StoreUnavailableException>(() => ConnectAsync(address))).Message.ShouldEndWith(fault);
        address.Current.ShouldBe("old");

        _file = "new";
        (await ConnectAsync(address)).ShouldBe("new");
    }

    [Fact]
    public async Task Connections_that_are_refused_at_the_same_time_read_the_file_once()
    {
        var address = FromFile();
        await ConnectAsync(address);
        (_server, _file) = ("new", "new");
        var reads = 0;
        _onRead = () => reads++;

        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(() => ConnectAsync(address))));

        reads.ShouldBe(1);
    }

    [Fact]
    public async Task What_else_fails_is_not_changed()
    {
        await Should.ThrowAsync<DeniedException>(
            () => FromFile().ConnectAsync<string>(_ => throw new DeniedException("other"), (message, _) => new StoreUnavailableException(message)));
    }

    [Fact]
    public void No_text_form_shows_the_address() =>
        $"{new ConfiguredAddress("x://u:hunter2@h")} {new ConfiguredAddress("hunter2", new AddressFile("the-file", () => ""))}"
            .ShouldBe("an address the-file");

    private Action _onRead = () => { };

    private RenewableAddress<string> FromFile() => new(
        new ConfiguredAddress(
            _file,
            new AddressFile("the-file", () =>
            {
                _onRead();
                return _file.Length > 0 ? _file : throw new UsageException("The file is empty.");
            })),
        Parse,
        _time);

    private static string Parse(string text) => text == "invalid" ? throw new UsageException("The address is not valid.") : text;

    private Task<string> ConnectAsync(RenewableAddress<string> address) => address.ConnectAsync(
        async text =>
        {
            Interlocked.Increment(ref _attempts);
            await Task.Yield();
            return text == _server ? text : throw new LoginRefusedException($"refused: {text}.");
        },
        (message, cause) => new StoreUnavailableException(message, cause));
}
