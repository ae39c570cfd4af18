"""Rules of thumb about the partners of programmes (金钥匙合作伙伴)."""

from __future__ import annotations

from collections.abc import Iterator

from domain.language.catalogue import say
from projections.finding import Found, finding, rules_in
from projections.finding_facts import Facts

A_ROW = 2
SCORING_DAYS = 30


@finding(weight=3)
def partner_below_threshold(facts: Facts) -> Iterator[Found]:
    """A partner's score was below the threshold of its programme in two periods in a row."""
    for account, one in facts.partners:
        two = one.periods[1::-1]
        if len(two) == A_ROW and all(each.below for each in two):
            text = say(
                "below the threshold of {programme} in {periods}",
                programme=one.programme_title,
                periods=", ".join(f"{each.period} ({each.partner})" for each in two),
            )
            positions = [position for each in two for position in each.positions]
            yield facts.about_account(account, text, *positions, since=facts.end_of(two[1].last))


@finding(weight=3)
def our_obligation_broken(facts: Facts) -> Iterator[Found]:
    """An obligation of ours towards a partner was scored below its threshold in the newest period."""
    for account, one in facts.partners:
        if one.newest and one.newest.broken_by_us:
            text = say(
                "we broke {obligations} of {programme} in {period}",
                obligations=", ".join(one.newest.broken_by_us),
                programme=one.programme_title,
                period=one.newest.period,
            )
            yield facts.about_account(account, text, *one.newest.positions, since=facts.end_of(one.newest.last))


@finding(weight=1)
def partner_not_scored(facts: Facts) -> Iterator[Found]:
    """A period of a partner has been over for 30 days and has no score."""
    for account, one in facts.partners:
        late = [each for each in one.unscored if (facts.today - each.last).days > SCORING_DAYS]
        if late:
            periods = ", ".join(each.period for each in late)
            text = say("{periods} of {programme} has no score", periods=periods, programme=one.programme_title)
            yield facts.about_account(account, text, *one.positions, since=facts.end_of(late[0].last))


OF_PARTNERS = rules_in(globals())
"""Those about partners."""
