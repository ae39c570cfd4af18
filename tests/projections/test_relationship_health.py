"""Relationship health as a question to a real PostgreSQL, as of two clocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.account.account import Account
from domain.account.person import Coverage, Level
from domain.account.purchases import Purchases, Satisfaction, SurveyKind
from domain.account.stakeholders import Stakeholders
from domain.account.standing import RelationshipType, Standing
from domain.aggregate import Event
from domain.errors import NotFound
from domain.opportunity.buyers import BuyerRole, Buyers, Support
from domain.opportunity.opportunity import Opportunity
from domain.policies.policy import policy_id
from domain.policies.sales_target import SalesTarget, TargetScope
from domain.visibility import Visibility
from projections import READ_MODELS
from projections.engine import Clock
from projections.health_moved import moved
from projections.relationship_health import AccountHealth, ComponentScore, health
from projections.view import KnownAt, View
from tests.domain.given import eur, sealed, some_id
from tests.projections.conftest import EngineOf, Journal
from tests.projections.test_visits import PLANNED, logged

ACME, BETA, DEAL, WANG, LI, MEI, ZOE = (some_id(name) for name in ("acme", "beta", "deal", "wang", "li", "mei", "zoe"))
TODAY = datetime(2025, 7, 1, 12, tzinfo=UTC)


def ago(days: float) -> datetime:
    return TODAY - timedelta(days=days)


def registered(name: str) -> Account.Registered:
    return Account.Registered(name=name, external_id=name.upper(), currency="EUR")


def visit(number: int, days_ago: float) -> tuple[UUID, Event, datetime]:
    return ACME, logged(visit_id=some_id(f"visit {number}"), ad_hoc=True), ago(days_ago)


def granted(relationship_type: RelationshipType) -> Standing.KeyStatusGranted:
    return Standing.KeyStatusGranted(relationship_type=relationship_type, justification="large", override="known")


def surveyed(score: int, who: UUID | None = None) -> Satisfaction.SatisfactionSurveyed:
    survey = some_id(f"survey {score}")
    return Satisfaction.SatisfactionSurveyed(survey_id=survey, kind=SurveyKind.NPS, score=score, stakeholder=who)


def bought(document_no: str, amount: int) -> Purchases.PurchaseRecorded:
    return Purchases.PurchaseRecorded(document_no=document_no, revenue=eur(amount))


def opened(account: UUID = ACME) -> Opportunity.Opened:
    return Opportunity.Opened(account=account, title="line 2", process="default", process_edition=1, stage="potential")


def mapped(who: UUID, support: Support) -> Buyers.BuyerMapped:
    return Buyers.BuyerMapped(stakeholder=who, role=BuyerRole.APPROVER, support=support)


def assessed(who: UUID) -> Stakeholders.RelationshipAssessed:
    level, covered = Level.TRUSTED_ADVISER, Coverage.IN_DEPTH
    return Stakeholders.RelationshipAssessed(stakeholder=who, member=MEI, level=level, coverage=covered)


BEGINNING: list[tuple[UUID, Event, datetime]] = [
    (ACME, registered("Acme"), ago(900)),
    (BETA, registered("Beta"), ago(800)),
    (ACME, Stakeholders.StakeholderAdded(stakeholder_id=WANG, name=sealed("Wang")), ago(700)),
]


class Asking:
    """Health over a journal: brings the rows up to date, then asks."""

    def __init__(self, journal: Journal, engine_of: EngineOf) -> None:
        self.journal = journal
        self.engine = engine_of(*READ_MODELS)
        self.told = journal.append_all([[fact] for fact in BEGINNING])

    def tell(self, *facts: tuple[UUID, Event, datetime]) -> int:
        """Record facts, each by itself; returns the last position."""
        return self.journal.append_all([[fact] for fact in facts])

    @contextmanager
    def view(
        self, as_of: datetime = TODAY, known_at: int | None = None, visibility: Visibility | None = None
    ) -> Iterator[View]:
        """A view at two clocks."""
        self.engine.catch_up()
        position = len(self.journal.facts) if known_at is None else known_at
        with self.journal.reading() as connection:
            known = KnownAt(position, None)
            yield View(connection, Clock(as_of, position), known, visibility or Visibility.whole(), True)

    def of(self, account: UUID = ACME, **clocks: Any) -> AccountHealth:
        """The health of one account."""
        with self.view(**clocks) as view:
            (found,) = health(view, account).accounts
        return found

    def component(self, name: str, **clocks: Any) -> ComponentScore | None:
        """One component of the health of the first account."""
        return next((each for each in self.of(**clocks).components if each.name == name), None)


@pytest.fixture
def asking(journal: Journal, engine_of: Callable[..., Any]) -> Asking:
    return Asking(journal, engine_of)


def test_an_account_without_facts_has_no_score(asking: Asking) -> None:
    assert asking.of() == AccountHealth(ACME, "ACME", "Acme", None, None, None, [])


def test_contact_cools_by_the_half_life_of_the_relationship_type(asking: Asking) -> None:
    position = asking.tell(visit(1, 200), visit(2, 90))
    found = asking.of()
    assert (found.score, found.band) == (70.7, "yellow")
    assert found.components == [
        ComponentScore("contact", 70.7, 25, "last visit 90 days ago, half-life 180 days", [position])
    ]
    asking.tell((ACME, granted(RelationshipType.STRATEGIC), ago(1)))
    assert asking.of().score == 12.5


def test_the_day_on_which_it_turns_red_is_the_day_on_which_it_is_red(asking: Asking) -> None:
    asking.tell(visit(1, 90), (ACME, surveyed(9), ago(60)))
    day = asking.of().turns_red_on
    assert day is not None
    last = datetime(day.year, day.month, day.day, 23, 59, 59, 999999, tzinfo=UTC)
    assert asking.of(as_of=last).band == "red"
    assert asking.of(as_of=last).turns_red_on is None
    assert asking.of(as_of=last - timedelta(days=1)).band == "yellow"
    assert asking.of(as_of=last - timedelta(days=1)).turns_red_on == day


def test_a_planned_visit_is_no_contact(asking: Asking) -> None:
    asking.tell((ACME, PLANNED, ago(3)))
    assert asking.component("contact") is None


def test_coverage_and_sentiment_come_from_buyers_and_relationships(asking: Asking) -> None:
    asking.tell(
        (DEAL, opened(), ago(50)), (DEAL, mapped(WANG, Support.SUPPORTER), ago(40)), (ACME, assessed(WANG), ago(30))
    )
    coverage, sentiment = asking.of().components
    assert (coverage.name, coverage.score, coverage.positions) == ("coverage", 75, [5, 6])
    assert (sentiment.name, sentiment.score, sentiment.positions) == ("sentiment", 73.2, [5])


def test_people_who_have_left_no_longer_count(asking: Asking) -> None:
    asking.tell(
        (DEAL, opened(), ago(50)),
        (DEAL, mapped(WANG, Support.MENTOR), ago(40)),
        (ACME, assessed(WANG), ago(30)),
        (ACME, surveyed(9, WANG), ago(20)),
        (ACME, Stakeholders.StakeholderLeft(stakeholder_id=WANG), ago(10)),
    )
    assert asking.of().components == []
    assert len(asking.of(as_of=ago(15)).components) == 3


def test_a_lost_opportunity_has_no_seats_but_what_people_thought_remains(asking: Asking) -> None:
    asking.tell(
        (DEAL, opened(), ago(50)),
        (DEAL, mapped(WANG, Support.ENEMY), ago(40)),
        (DEAL, Opportunity.Lost(reasons=("price",), winner="Rival"), ago(1)),
    )
    assert [(each.name, each.score) for each in asking.of().components] == [("sentiment", 0)]


def test_the_newest_answer_of_each_person_counts(asking: Asking) -> None:
    asking.tell((ACME, surveyed(2, WANG), ago(100)), (ACME, surveyed(8, WANG), TODAY), (ACME, surveyed(6), TODAY))
    found = asking.component("satisfaction")
    assert found is not None
    assert (found.score, found.positions) == (70, [5, 6])


def test_purchases_are_held_against_the_targets_of_the_account(asking: Asking) -> None:
    target = SalesTarget.TargetSet(
        scope=TargetScope.ACCOUNT, key=str(ACME), period="2025-Q2", amount=eur(182), previous=None
    )
    asking.tell((ACME, bought("R-1", 400), ago(500)), (ACME, bought("R-2", 100), ago(60)))
    before = asking.component("purchases")
    asking.tell((policy_id("SalesTarget"), target, ago(90)))
    after = asking.component("purchases")
    assert before is not None
    assert after is not None
    assert (before.score, after.score) == (25, 54.9)
    assert before.positions == after.positions == [5]


def test_what_was_recorded_late_is_not_in_what_was_known_before(asking: Asking) -> None:
    known = asking.tell(visit(1, 90))
    asking.tell(visit(2, 5))
    assert asking.of(known_at=known).score == 70.7
    assert asking.of().score == 98.1
    assert asking.of(as_of=ago(6)).score == 72.4


def test_a_withdrawn_visit_never_was(asking: Asking) -> None:
    asking.tell(visit(1, 90))
    mistaken = asking.tell(visit(2, 5))
    asking.tell((ACME, Account.FactWithdrawn(position=mistaken, reason="another customer"), TODAY))
    assert asking.of().score == 70.7
    assert asking.of(known_at=mistaken).score == 98.1


def test_nobody_sees_the_health_of_an_account_that_is_not_his(asking: Asking) -> None:
    assigned = Account.ManagerAssigned(manager=MEI, previous=None, effective_on=date(2025, 1, 1))
    asking.tell((BETA, assigned, ago(100)), visit(1, 10))
    mine = Visibility(member=MEI, managers=frozenset([MEI]), scope="own accounts")
    with asking.view(visibility=mine) as view:
        answer = health(view)
        assert (answer.scope, [each.name for each in answer.accounts]) == ("own accounts", ["Beta"])
        with pytest.raises(NotFound):
            health(view, ACME)


def test_the_coldest_come_first_and_those_without_facts_last(asking: Asking) -> None:
    gamma = some_id("gamma")
    seen = logged(visit_id=some_id("seen"), ad_hoc=True)
    asking.tell(visit(1, 90), (gamma, registered("Gamma"), ago(300)), (gamma, seen, ago(200)))
    with asking.view() as view:
        assert [each.name for each in health(view).accounts] == ["Gamma", "Acme", "Beta"]


def test_why_it_moved_names_the_components_and_the_new_events(asking: Asking) -> None:
    asking.tell(visit(1, 200))
    asking.tell((ACME, surveyed(9), ago(150)))
    rescued = asking.tell(visit(2, 10))
    with asking.view(as_of=ago(100)) as then, asking.view() as now:
        (move,) = moved(then, now).accounts
    contact, satisfaction = move.components
    assert (move.name, move.before, move.after) == ("Acme", 74.9, 90.2)
    assert (contact.name, contact.before, contact.after, contact.positions) == ("contact", 68.0, 96.2, [rescued])
    assert contact.reason_before == "last visit 100 days ago, half-life 180 days"
    assert (satisfaction.name, satisfaction.positions) == ("satisfaction", [])
    assert (contact.by_time, satisfaction.by_time) == (False, True)
    assert contact.points + satisfaction.points == pytest.approx(90.2 - 74.9, abs=0.11)


def test_what_began_to_count_low_is_the_reason_of_the_fall_and_the_parts_sum_to_it(asking: Asking) -> None:
    asking.tell(visit(1, 105), (ACME, surveyed(9), ago(105)), visit(2, 1), (ACME, surveyed(10), ago(1)))
    asking.tell((DEAL, opened(), ago(1)), (DEAL, mapped(WANG, Support.NEUTRAL), ago(1)))
    with asking.view(as_of=ago(100)) as then, asking.view() as now:
        (move,) = moved(then, now).accounts
    assert move.before is not None
    assert move.after is not None
    assert move.after < move.before
    parts = {each.name: each for each in move.components}
    coverage = parts.pop("coverage")
    assert (coverage.before, coverage.after, coverage.began) == (None, 20.0, True)
    assert coverage.points == min(each.points for each in move.components)
    assert all(each.points > 0 for each in parts.values() if each.before is not None and each.after > each.before)
    assert round(coverage.points + sum(each.points for each in parts.values()), 1) == round(move.after - move.before, 1)
    assert move.by_weights == 0.0


def test_coverage_that_moved_as_an_opportunity_ended_names_its_end(asking: Asking) -> None:
    other = some_id("other deal")
    asking.tell((DEAL, opened(ACME), ago(95)), (other, opened(ACME), ago(80)))
    before = asking.tell((DEAL, mapped(WANG, Support.NEUTRAL), ago(90)))
    ended = asking.tell((other, Opportunity.Lost(), ago(20)))
    for clocks in ((ago(50), None, TODAY), (TODAY, before, TODAY)):
        with asking.view(clocks[0], clocks[1]) as then, asking.view(clocks[2]) as now:
            (move,) = moved(then, now).accounts
        (coverage,) = [each for each in move.components if each.name == "coverage"]
        assert (coverage.positions, coverage.by_time) == ([ended], False)


def test_where_nothing_moved_nothing_is_told(asking: Asking) -> None:
    asking.tell(visit(1, 10))
    with asking.view() as then, asking.view() as now:
        assert moved(then, now).accounts == []
