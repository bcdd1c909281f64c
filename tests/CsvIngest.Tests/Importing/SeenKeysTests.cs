using System.Text;
using CsvIngest.Importing.Rows;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Importing;

public sealed class SeenKeysTests
{
    // From the reference implementation's vectors: key 00 01 … 0f, input 00 01 … of the given length.
    [Theory]
    [InlineData(0, "a3817f04ba25a8e66df67214c7550293")]
    [InlineData(1, "da87c1d86b99af44347659119b22fc45")]
    public void The_hash_is_SipHash(int length, string expected)
    {
        var hash = new SipHash([.. Enumerable.Range(0, 16).Select(i => (byte)i)]).Hash([.. Enumerable.Range(0, length).Select(i => (byte)i)]);

        var bytes = (byte[])[.. BitConverter.GetBytes(hash.Low), .. BitConverter.GetBytes(hash.High)];
        Convert.ToHexStringLower(bytes).ShouldBe(expected);
    }

    [Fact]
    public void Every_byte_of_every_length_counts()
    {
        var hash = SipHash.WithRandomKey();
        var seen = new HashSet<KeyHash>();
        for (var length = 0; length < 40; length++)
        {
            var data = new byte[length];
            seen.Add(hash.Hash(data)).ShouldBeTrue();
            for (var i = 0; i < length; i++)
            {
                data[i] = 1;
                seen.Add(hash.Hash(data)).ShouldBeTrue();
                data[i] = 0;
            }
        }
    }

    [Fact]
    public void A_key_is_new_once_also_when_the_table_has_grown()
    {
        var keys = new SeenKeys();
        for (var i = 0; i < 1_000_000; i++)
        {
            keys.Add(Encoding.UTF8.GetBytes($"user{i}@example.com")).ShouldBeTrue();
        }

        for (var i = 0; i < 1_000_000; i++)
        {
            keys.Add(Encoding.UTF8.GetBytes($"user{i}@example.com")).ShouldBeFalse();
        }
    }
}
