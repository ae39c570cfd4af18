"""Scorecards: what managers carry and what came of it, from recorded facts; levels proposed and confirmed."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from domain.account.account import Account
from domain.account.purchases import Satisfaction, SurveyKind
from domain.errors import NotFound
from domain.member import Member, Role
from domain.member.skills import Skills
from domain.opportunity.opportunity import Opportunity
from domain.policies.policy import policy_id
from domain.policies.sales_target import SalesTarget, TargetScope
from domain.policies.shipped_skills import SHIPPED_SKILLS
from domain.policies.skill_model import Proposal, SkillDimension, SkillMeasure, SkillModel
from domain.visibility import Visibility
from projections.scorecards import Scorecard, ScorecardsAnswer, propose, scorecards
from projections.skill_history import skill_history
from tests.domain.given import day, eur, sealed, some_id
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal, Told
from tests.projections.test_policies import COMPANY, defined

ACME, MEI, BOB, EVE = (some_id(name) for name in ("acme", "mei", "bob", "eve"))
Q1 = "2025-Q1"
RESULTS = SkillDimension.RESULTS
NOW = day(60)


def ended(name: str, owner: UUID, amount: int, *, won: bool, on: datetime) -> list[Told]:
    opened = Opportunity.Opened(account=ACME, title=name, process="plain", process_edition=0, owner=owner,
                                stage="prospecting", amount=eur(amount), close_on=date(2025, 2, 1))  # fmt: skip
    end = Opportunity.Won(signed=eur(amount)) if won else Opportunity.Lost(reasons=(), winner="")
    return [(some_id(name), opened, day(1)), (some_id(name), end, on)]


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf) -> Office:
    """Mei, a manager in the north with one account, won 3 of 5 deals; Bob in the south has nothing; Eve is no
    manager."""
    office = Office(journal, engine_of)
    office.tell((COMPANY, defined(), day(0)))
    for member, territory, role in (
        (MEI, "north", Role.MANAGER),
        (BOB, "south", Role.MANAGER),
        (EVE, "", Role.AUDITOR),
    ):
        office.tell((member, Member.Invited(name=sealed("x"), external_id=territory or "eve"), day(0)))
        office.tell((member, Member.RoleGranted(role=role), day(0)))
        if territory:
            office.tell((member, Member.TerritoryAssigned(territory=territory), day(0)))
    office.tell((ACME, Account.Registered(name="Acme"), day(0)), (ACME, Account.ManagerAssigned(manager=MEI), day(0)))
    for n, won in enumerate((True, True, True, False, False)):
        office.tell(*ended(f"deal {n}", MEI, 100, won=won, on=day(20 + n)))
    target = SalesTarget.TargetSet(scope=TargetScope.OWNER, key=str(MEI), period=Q1, amount=eur(1000), previous=None)
    office.tell((policy_id("SalesTarget"), target, day(1)))
    return office


def asked(office: Office, key: str = Q1, on: datetime = NOW, **more: Any) -> ScorecardsAnswer:
    clocks = {name: more.pop(name) for name in ("known_at", "visibility") if name in more}
    with office.view(on, **clocks) as view:
        return scorecards(view, key, **more)


def of(answer: ScorecardsAnswer, member: UUID) -> Scorecard:
    (found,) = [card for card in answer.scorecards if card.member == member]
    return found


def value(card: Scorecard, measure: SkillMeasure) -> tuple[Decimal | None, int]:
    (found,) = [each for each in card.measures if each.measure is measure]
    return found.value, found.facts


def level(card: Scorecard, dimension: SkillDimension = RESULTS) -> tuple[int | None, int | None]:
    (found,) = [each for each in card.skills if each.dimension is dimension]
    return found.proposal.level, found.confirmed


def test_managers_have_a_scorecard_and_nobody_else(office: Office) -> None:
    assert {card.member for card in asked(office).scorecards} == {MEI, BOB}


def test_results_are_what_was_won_and_lost_in_the_period(office: Office) -> None:
    card = of(asked(office), MEI)
    results = card.results
    assert (results.won, results.lost, results.win_rate) == (3, 2, Decimal("0.6000"))
    assert (results.win_rate_by_amount, results.won_amount) == (Decimal("0.6000"), Decimal("300.00"))
    assert (results.target, results.attainment) == (Decimal("1000.00"), Decimal("0.3000"))
    kinds = {type(office.journal.facts[at - 1].event) for at in results.positions}
    assert kinds == {Opportunity.Won, Opportunity.Lost}


def test_each_measure_names_its_facts(office: Office) -> None:
    card = of(asked(office), MEI)
    assert value(card, SkillMeasure.WIN_RATE) == (Decimal("0.6000"), 5)
    expected = Decimal(1000) * 43 / 64  # working days up to day 60, of those of the quarter
    assert value(card, SkillMeasure.ATTAINMENT) == ((Decimal(300) / round(expected, 2)).quantize(Decimal("0.0001")), 1)
    assert level(card) == (2, None)  # win rate 3, attainment 1


def test_without_facts_there_is_no_value_and_no_level(office: Office) -> None:
    card = of(asked(office), BOB)
    assert {each.value for each in card.measures} == {None}
    assert {level(card, each) for each in SkillDimension} == {(None, None)}
    assert (card.load.accounts, card.load.open_deals, card.results.win_rate) == (0, 0, None)


def test_load_is_what_the_manager_carries_as_of_then(office: Office) -> None:
    office.tell(*ended("open", MEI, 70, won=True, on=day(50))[:1])
    load = of(asked(office, on=day(40)), MEI).load
    assert (load.accounts, load.key_accounts, load.open_deals, load.open_amount) == (1, 0, 1, Decimal("70.00"))
    assert load.working_days == 64
    assert set(load.positions) <= set(range(1, len(office.journal.facts) + 1))


def test_as_of_the_middle_and_before_a_late_fact_it_is_what_was_known(office: Office) -> None:
    assert value(of(asked(office, on=day(21)), MEI), SkillMeasure.WIN_RATE) == (Decimal("1.0000"), 2)
    known = len(office.journal.facts)
    office.tell(*ended("late", MEI, 100, won=False, on=day(30)))
    assert value(of(asked(office), MEI), SkillMeasure.WIN_RATE) == (Decimal("0.5000"), 6)
    assert value(of(asked(office, known_at=known), MEI), SkillMeasure.WIN_RATE) == (Decimal("0.6000"), 5)


def test_a_period_that_is_over_is_judged_as_of_its_end(office: Office) -> None:
    office.tell((ACME, Account.ManagerAssigned(manager=BOB, previous=MEI), day(100)))
    later = asked(office, on=day(200))
    assert (of(later, MEI).load.accounts, of(later, BOB).load.accounts) == (1, 0)
    assert of(asked(office, "2025-Q3", on=day(200)), BOB).load.accounts == 1


def test_satisfaction_of_own_accounts_counts_for_acceptance(office: Office) -> None:
    surveyed = Satisfaction.SatisfactionSurveyed(survey_id=some_id("s"), kind=SurveyKind.CSAT, score=5)
    at = office.tell((ACME, surveyed, day(32)))
    card = of(asked(office), MEI)
    # 50 + 50 × 0.5 ^ (28 days / 365): what was said four weeks ago counts a little less
    assert value(card, SkillMeasure.SATISFACTION) == (Decimal("97.4000"), 1)
    (found,) = [each for each in card.measures if each.measure is SkillMeasure.SATISFACTION]
    assert found.positions == (at,)
    assert value(card, SkillMeasure.HEALTH)[1] == 1
    assert level(card, SkillDimension.ACCEPTANCE)[0] is not None


def test_another_edition_of_the_model_proposes_otherwise(office: Office) -> None:
    harder = tuple(
        SkillModelRule if each.dimension is not RESULTS else type(each)(
            each.dimension, each.name, each.name_zh, each.levels,
            tuple(type(rule)(rule.measure, rule.level_2 + 1, rule.level_3 + 1) for rule in each.rules),
        )
        for each in SHIPPED_SKILLS
        for SkillModelRule in (each,)
    )  # fmt: skip
    office.tell((policy_id("SkillModel"), SkillModel.Defined(edition=1, dimensions=harder), day(50)))
    assert level(of(asked(office), MEI)) == (1, None)
    assert of(asked(office), MEI).skills[0].proposal.edition == 1
    assert level(of(asked(office, on=day(49)), MEI)) == (2, None)


def test_a_confirmed_level_stands_beside_the_proposed_one(office: Office) -> None:
    assessed = Skills.SkillAssessed(dimension=RESULTS, period=Q1, level=3, confirmed_by=EVE, computed=Proposal(level=2),
                                    reason=sealed("Lead customer"))  # fmt: skip
    at = office.tell((MEI, assessed, day(100)))
    assert level(of(asked(office, on=day(101)), MEI))[1] == 3
    (standing,) = [each for each in of(asked(office, on=day(101)), MEI).skills if each.dimension is RESULTS]
    assert (standing.confirmed_by, standing.position) == (EVE, at)
    assert level(of(asked(office, on=day(99)), MEI))[1] is None
    assert level(of(asked(office, "2025-Q2", on=day(101)), MEI))[1] is None


def test_the_rule_proposes_what_the_scorecard_shows(office: Office) -> None:
    with office.view(NOW) as view:
        proposal = propose(view, MEI, RESULTS, Q1)
    shown = next(each.proposal for each in of(asked(office), MEI).skills if each.dimension is RESULTS)
    assert proposal == shown
    assert (proposal.level, proposal.position) == (2, len(office.journal.facts))


def test_a_manager_sees_himself_a_director_his_people_and_nobody_others(office: Office) -> None:
    mine = Visibility(member=MEI, managers=frozenset({MEI}), scope="own accounts")
    assert [card.member for card in asked(office, visibility=mine).scorecards] == [MEI]
    south = Visibility(member=EVE, territories=frozenset({"south"}), scope="accounts of south")
    assert [card.member for card in asked(office, visibility=south).scorecards] == [BOB]
    nobody = Visibility(member=EVE, scope="nothing")
    assert asked(office, visibility=nobody).scorecards == []
    with pytest.raises(NotFound):
        asked(office, visibility=mine, member=BOB)


def test_what_is_seen_of_oneself_is_the_same_as_what_all_see(office: Office) -> None:
    mine = Visibility(member=MEI, scope="nothing")
    assert of(asked(office, visibility=mine), MEI) == of(asked(office), MEI)


def test_the_history_of_levels_keeps_what_was_assessed_again(office: Office) -> None:
    for n, found in enumerate((1, 3)):
        assessed = Skills.SkillAssessed(dimension=RESULTS, period=Q1, level=found, confirmed_by=EVE,
                                        computed=Proposal(level=2), reason=sealed(f"reason {n}"))  # fmt: skip
        office.tell((MEI, assessed, day(100 + n)))
    with office.view(day(120)) as view:
        answer, reasons = skill_history(view)
        assert skill_history(view, BOB)[0].levels == []
    assert [(each.level, each.stands, each.proposed, each.name) for each in answer.levels] == [
        (1, False, 2, "north"),
        (3, True, 2, "north"),
    ]
    assert [reasons[each.position] for each in answer.levels] == [sealed("reason 0"), sealed("reason 1")]
    with office.view(day(100)) as view:
        assert [(each.level, each.stands) for each in skill_history(view)[0].levels] == [(1, True)]
