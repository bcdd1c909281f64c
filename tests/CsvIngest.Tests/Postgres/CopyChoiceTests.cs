using CsvIngest.Postgres;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Postgres;

public sealed class CopyChoiceTests
{
    private const int Rows = 5000;

    private readonly CopyChoice _choice = new(new CopyOptions { CleanRounds = 2 });

    [Fact]
    public void Copy_is_tried_first_and_stays_while_nothing_conflicts()
    {
        Round(isClean: true).ShouldBe(CopyLevel.Copy);
        Round(isClean: true).ShouldBe(CopyLevel.Copy);
    }

    [Fact]
    public void A_conflict_makes_the_next_rounds_look_keys_up_until_some_in_a_row_have_only_new_ones()
    {
        _choice.Fail(CopyLevel.Copy);

        Round(isClean: true).ShouldBe(CopyLevel.LookUp);
        Round(isClean: false).ShouldBe(CopyLevel.LookUp);
        Round(isClean: true).ShouldBe(CopyLevel.LookUp);
        Round(isClean: true).ShouldBe(CopyLevel.LookUp);
        Round(isClean: true).ShouldBe(CopyLevel.Copy);
    }

    [Fact]
    public void A_conflict_after_a_look_up_makes_the_next_rounds_use_the_statement()
    {
        _choice.Fail(CopyLevel.Copy);
        _choice.Fail(CopyLevel.LookUp);

        Round(isClean: true).ShouldBe(CopyLevel.Statement);
        Round(isClean: true).ShouldBe(CopyLevel.Statement);
        Round(isClean: true).ShouldBe(CopyLevel.LookUp);
    }

    [Fact]
    public void Conflicts_of_callers_that_chose_at_the_same_time_count_once()
    {
        _choice.Fail(CopyLevel.Copy);
        _choice.Fail(CopyLevel.Copy);

        _choice.Choose(Rows).ShouldBe(CopyLevel.LookUp);
    }

    [Fact]
    public void Few_rows_go_in_by_the_statement() => _choice.Choose(new CopyOptions().MinRows - 1).ShouldBe(CopyLevel.Statement);

    private CopyLevel Round(bool isClean)
    {
        var level = _choice.Choose(Rows);
        _choice.Succeed(level, isClean);
        return level;
    }
}
