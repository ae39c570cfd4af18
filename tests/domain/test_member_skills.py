"""How skilled a member is: confirmed by another person, with its reason where the rule proposes otherwise."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from domain.aggregate import NotYetOpened
from domain.member import Member, MemberHasLeft
from domain.member.skills import AssessedByHimself, AssessedTooEarly, ReasonForLevelMissing, SkillLevelUnknown, Skills
from domain.policies.calendar import PeriodUnknown
from domain.policies.company import Company
from domain.policies.policy import policy_id
from domain.policies.skill_model import Measured, Proposal, SkillDimension, SkillMeasure
from tests.domain.given import ROOT, given, on, recorded, sealed, some_id

DIRECTOR = some_id("director")
INVITED = Member.Invited(name=sealed("Anna"))
NOW = datetime(2026, 10, 15, 9, tzinfo=UTC)
COMPANY = Company(id=policy_id("Company"), time_zone="Asia/Shanghai")
FOUND = Measured(measure=SkillMeasure.WIN_RATE, value=Decimal("0.4"), facts=5, level=2, positions=(7, 9))
COMPUTED = Proposal(level=2, edition=3, measures=(FOUND,), position=12)
RESULTS = SkillDimension.RESULTS


def anna(*facts: Any, now: datetime = NOW) -> Member:
    return given(Member, on(datetime(2026, 1, 1, tzinfo=UTC), INVITED), *facts, now=now)


def assessed(**changed: Any) -> Skills.SkillAssessed:
    stated = {"dimension": RESULTS, "period": "2026-Q3", "level": 2, "confirmed_by": DIRECTOR, "computed": COMPUTED}
    return Skills.SkillAssessed(**stated | changed)


def assess(member: Member, **changed: Any) -> None:
    stated = {"dimension": RESULTS, "period": "2026-Q3", "level": 2, "confirmed_by": DIRECTOR, "computed": COMPUTED}
    member.skills.assess(**stated | {"company": COMPANY} | changed)


def test_a_level_that_the_rule_proposes_is_confirmed_with_the_facts_it_rests_on():
    member = anna()
    assess(member)
    assert recorded(member) == [assessed()]


def test_another_level_than_the_proposed_one_needs_its_reason():
    member = anna()
    with pytest.raises(ReasonForLevelMissing, match="proposes 2 for results, not 3"):
        assess(member, level=3)
    with pytest.raises(ReasonForLevelMissing, match="proposes none"):
        assess(member, computed=Proposal(edition=3))
    assess(member, level=3, reason=sealed("Won the lead customer"))
    assert recorded(member) == [assessed(level=3, reason=sealed("Won the lead customer"))]


def test_the_same_again_records_nothing_whatever_was_computed_meanwhile():
    member = anna(on(NOW, assessed()))
    assess(member, computed=Proposal(level=2, edition=4, position=99))
    assert recorded(member) == []


@pytest.mark.parametrize(
    "changed",
    [{"level": 1, "reason": sealed("Lost all")}, {"period": "2026"}, {"confirmed_by": some_id("admin")},
     {"reason": sealed("As agreed")}, {"dimension": SkillDimension.SERVICE}],
    ids=lambda changed: next(iter(changed)),
)  # fmt: skip
def test_what_differs_is_recorded(changed: dict[str, Any]):
    member = anna(on(NOW, assessed()))
    assess(member, **changed)
    assert recorded(member) == [assessed(**changed)]


def test_the_state_keeps_the_newest_of_each_dimension_and_not_its_facts():
    member = anna(on(NOW, assessed()), on(NOW, assessed(period="2026-Q4")))
    assert {each: found.period for each, found in member.skills.assessed.items()} == {RESULTS: "2026-Q4"}
    assert member.skills.assessed[RESULTS].computed.measures == ()


def test_nobody_confirms_his_own_level():
    with pytest.raises(AssessedByHimself):
        assess(anna(), confirmed_by=ROOT)


@pytest.mark.parametrize("level", [0, 4, -1])
def test_there_are_three_levels(level: int):
    with pytest.raises(SkillLevelUnknown):
        assess(anna(), level=level, reason=sealed("x"))


def test_a_period_that_has_not_begun_is_not_assessed():
    with pytest.raises(AssessedTooEarly) as refusal:
        assess(anna(), period="2027-Q1")
    assert refusal.value.details == {"period": "2027-Q1", "first": date(2027, 1, 1)}
    begins = datetime(2026, 12, 31, 16, tzinfo=UTC)  # midnight in Shanghai
    member = anna(now=begins)
    assess(member, period="2027-Q1")
    assert recorded(member) == [assessed(period="2027-Q1")]


def test_what_is_no_period_is_not_assessed():
    with pytest.raises(PeriodUnknown):
        assess(anna(), period="last year")


def test_who_has_left_or_was_never_invited_is_not_assessed():
    with pytest.raises(MemberHasLeft):
        assess(anna(on(NOW, Member.Left())))
    with pytest.raises(NotYetOpened):
        assess(given(Member, now=NOW))
