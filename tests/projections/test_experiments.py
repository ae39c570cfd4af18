"""Experiments and segments as questions to a real PostgreSQL, as of two clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from domain.account.account import Account
from domain.account.profile import AccountKind, LoyaltyClass
from domain.account.purchases import Purchases
from domain.account.standing import RelationshipType, Standing
from domain.aggregate import Event
from domain.errors import NotFound
from domain.experiment.effect import effect_of
from domain.experiment.experiment import Experiment
from domain.experiment.rules import ExperimentDecision, ExperimentMeasure, Measured
from domain.money import Money
from domain.opportunity.opportunity import Opportunity
from domain.policies.exchange_rates import ExchangeRates
from domain.policies.policy import policy_id
from domain.policies.segments import Segment, Segments
from domain.policies.territories import Territories
from domain.selection.pareto import AbcClass
from domain.visibility import Visibility
from projections.experiment_answer import ExperimentLine, experiment, experiment_named, experiments
from projections.experiment_measures import measured
from projections.experiments import ExperimentStatus
from projections.segments import members_of, segments
from tests.domain.given import eur, sealed, some_id
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal, Told
from tests.projections.test_buying import COMPANY
from tests.projections.test_visits import logged

TEST, MEI = some_id("warranty"), some_id("mei")
A, B, C, D = sorted(some_id(f"customer {n}") for n in range(4))
OWN = Visibility(member=MEI, managers=frozenset({MEI}), scope="own")


def on(month: int, day: int, hour: int = 4) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


NOW = on(6, 1)


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf) -> Office:
    made = Office(journal, engine_of)
    made.tell(
        (policy_id("Company"), COMPANY, on(1, 1)),
        *((account, Account.Registered(name=f"Customer {n}"), on(1, 1)) for n, account in enumerate((A, B, C, D))),
        (A, Account.ManagerAssigned(manager=MEI), on(1, 2)),
    )
    return made


def started(measure: ExperimentMeasure = ExperimentMeasure.BY_HAND, **fields: Any) -> Told:
    stated = {
        "title": "Longer warranty", "offer": "three years", "measure": measure, "starts_on": date(2026, 2, 1),
        "until": date(2026, 4, 30), "group": (A, B), "control": (C, D), "external_id": "T-1", **fields,
    }  # fmt: skip
    return TEST, Experiment.Started(**stated), on(2, 1)


def result(account: UUID, value: str, at: datetime, **fields: Any) -> Told:
    event = Experiment.ResultRecorded(account=account, value=Decimal(value), on=at.date(), **fields)
    return TEST, event, at


def line_of(office: Office, as_of: datetime = NOW, **clocks: Any) -> ExperimentLine:
    with office.view(as_of, **clocks) as view:
        (line,) = experiments(view).experiments
    return line


def numbers(*values: str) -> list[Decimal]:
    return [Decimal(value) for value in values]


def test_an_experiment_that_runs_shows_its_effect_so_far_and_warns(office: Office) -> None:
    office.tell(started(), result(A, "5", on(3, 1)), result(B, "7", on(3, 2)), result(C, "1", on(3, 3)))
    before = line_of(office, on(3, 5))
    assert (before.effect, before.interim, before.early, before.overdue) == (None, True, True, False)
    known = office.tell(result(D, "3", on(3, 10)))
    line = line_of(office, on(3, 15))
    assert line.effect == effect_of(numbers("5", "7"), numbers("1", "3"), yes_or_no=False)
    assert (line.interim, line.early, line.group_size, line.control_size, line.left) == (True, True, 2, 2, 0)
    assert line.positions == [7, 8, 9, 10, 11]
    assert line_of(office, on(3, 15), known_at=known - 1).effect is None
    office.tell(result(D, "2", on(3, 12)))
    assert line_of(office, on(3, 15)).effect == effect_of(numbers("5", "7"), numbers("1", "2"), yes_or_no=False)
    assert line_of(office, on(3, 15), known_at=known).effect == line.effect
    assert line_of(office, on(5, 2)).overdue is True


def test_who_left_counts_no_more(office: Office) -> None:
    results = [result(each, value, on(3, 1)) for each, value in ((A, "5"), (B, "7"), (C, "1"), (D, "3"))]
    office.tell(started(), *results, (TEST, Experiment.AccountLeft(account=D, reason="sold"), on(3, 4)))
    assert line_of(office, on(3, 2)).effect is not None
    line = line_of(office, on(3, 5))
    assert (line.effect, line.left) == (None, 1)


def concluded(**fields: Any) -> Experiment.Concluded:
    effect = effect_of(numbers("5", "7"), numbers("1", "3"), yes_or_no=False)
    results = tuple(
        Measured(account=account, value=Decimal(value), positions=(5,))
        for account, value in ((A, "5"), (B, "7"), (C, "1"), (D, "3"))
    )
    stated = {"on": date(2026, 5, 2), "decision": ExperimentDecision.ADOPT, "effect": effect, "results": results}
    return Experiment.Concluded(**{**stated, **fields})


def test_what_was_concluded_stands_whatever_is_found_out_later(office: Office) -> None:
    ending = concluded(currency="EUR", lessons=sealed("it pays"))
    office.tell(started(ExperimentMeasure.PURCHASES), (TEST, ending, on(5, 2)))
    office.tell(bought(A, eur(1000), on(3, 1)))
    line = line_of(office)
    assert (line.status, line.decision, line.effect) == (
        ExperimentStatus.CONCLUDED, ExperimentDecision.ADOPT, ending.effect,
    )  # fmt: skip
    assert (line.interim, line.early, line.overdue, line.currency) == (False, False, False, "EUR")
    with office.view(NOW) as view:
        answer, lessons = experiment(view, TEST)
    assert lessons == sealed("it pays")
    assert [(each.account, each.in_group, each.value, each.positions) for each in answer.accounts] == [
        (A, True, Decimal(5), [5]), (B, True, Decimal(7), [5]),
        (C, False, Decimal(1), [5]), (D, False, Decimal(3), [5]),
    ]  # fmt: skip
    assert line_of(office, on(4, 1)).status is ExperimentStatus.RUNNING


def test_a_test_that_was_stopped_stays_in_the_list(office: Office) -> None:
    office.tell(started(), (TEST, Experiment.Stopped(on=date(2026, 3, 1), reason="too dear"), on(3, 1)))
    line = line_of(office)
    assert (line.status, line.reason, line.effect, line.ended_on) == (
        ExperimentStatus.STOPPED, "too dear", None, date(2026, 3, 1),
    )  # fmt: skip


def test_those_that_run_come_first_the_newest_on_top(office: Office) -> None:
    others = [some_id(f"test {n}") for n in range(2)]
    office.tell(started(), (TEST, Experiment.Stopped(on=date(2026, 3, 1), reason="too dear"), on(3, 1)))
    for number, other in enumerate(others):
        _, event, at = started(title=f"Test {number}", starts_on=date(2026, 2, 1 + number), external_id="")
        office.tell((other, event, at))
    with office.view(NOW) as view:
        answer = experiments(view)
    assert [each.title for each in answer.experiments] == ["Test 1", "Test 0", "Longer warranty"]
    answer.cut(2)
    assert answer.not_shown == 1


def test_one_sees_the_accounts_that_one_may_see_and_everybody_the_effect(office: Office) -> None:
    results = [result(each, value, on(3, 1)) for each, value in ((A, "5"), (B, "7"), (C, "1"), (D, "3"))]
    office.tell(started(), *results)
    with office.view(NOW, visibility=OWN) as view:
        answer, _ = experiment(view, TEST)
        assert experiment_named(view, "T-1") == experiment_named(view, "Longer warranty") == TEST
        with pytest.raises(NotFound):
            experiment_named(view, "")
        with pytest.raises(NotFound):
            experiment(view, MEI)
    assert ([each.account for each in answer.accounts], answer.unseen) == ([A], 3)
    assert answer.experiment.effect == effect_of(numbers("5", "7"), numbers("1", "3"), yes_or_no=False)


def bought(account: UUID, money: Money, at: datetime) -> Told:
    number = f"R-{account}-{at.isoformat()}-{money}"
    return account, Purchases.PurchaseRecorded(document_no=number, revenue=money), at


def won(account: UUID, money: Money, at: datetime) -> list[Told]:
    deal = some_id(f"deal {account} {at}")
    opened = Opportunity.Opened(
        account=account, title="Line", process="four-funnel", process_edition=1, stage="potential"
    )
    return [(deal, opened, on(1, 5)), (deal, Opportunity.Won(signed=money), at)]


FEBRUARY_TO_APRIL = date(2026, 2, 1), date(2026, 4, 30)


def found(office: Office, measure: ExperimentMeasure, **more: Any) -> dict[UUID, tuple[Decimal, tuple[int, ...]]]:
    with office.view(NOW, known_at=more.pop("known_at", None)) as view:
        results, _ = measured(view, (A, B), measure, FEBRUARY_TO_APRIL, **more)
    return {account: (each.value, each.positions) for account, each in results.items()}


def test_purchases_of_the_days_of_the_test_count_in_the_reporting_currency(office: Office) -> None:
    office.tell((policy_id("ExchangeRates"), ExchangeRates.RateSet(currency="USD", rate=Decimal("0.5")), on(1, 1)))
    first_moment, last_moment = datetime(2026, 1, 31, 16, tzinfo=UTC), datetime(2026, 4, 30, 15, 59, tzinfo=UTC)
    office.tell(
        bought(A, eur(10), first_moment),
        bought(A, Money.of("7", "USD"), last_moment),
        bought(A, eur(1000), first_moment - timedelta(seconds=1)),
        bought(A, eur(1000), last_moment + timedelta(minutes=1)),
    )
    assert found(office, ExperimentMeasure.PURCHASES) == {A: (Decimal("13.50"), (8, 9)), B: (Decimal(0), ())}
    assert found(office, ExperimentMeasure.PURCHASES, yes_or_no=True) == {A: (Decimal(1), (8, 9)), B: (Decimal(0), ())}
    assert found(office, ExperimentMeasure.PURCHASES, known_at=8)[A] == (Decimal("10.00"), (8,))


def test_an_amount_without_a_rate_is_named_and_left_out(office: Office) -> None:
    office.tell(bought(A, Money.of("7", "CNY"), on(3, 1)))
    with office.view(NOW) as view:
        results, missing = measured(view, (A,), ExperimentMeasure.PURCHASES, FEBRUARY_TO_APRIL)
    assert (results[A].value, missing) == (Decimal(0), {"CNY": 1})


def test_what_was_won_counts_on_the_day_it_was_won(office: Office) -> None:
    office.tell(*won(A, eur(100), on(3, 1)), *won(A, eur(900), on(5, 1)))
    assert found(office, ExperimentMeasure.REVENUE_WON) == {A: (Decimal("100.00"), (8,)), B: (Decimal(0), ())}


def test_visits_count_once_logged(office: Office) -> None:
    made = ((A, "visit 1", on(3, 1)), (A, "visit 2", on(3, 2)), (B, "visit 3", on(5, 1)))
    office.tell(*((account, logged(visit_id=some_id(name)), at) for account, name, at in made))
    assert found(office, ExperimentMeasure.VISITS) == {A: (Decimal(2), (7, 8)), B: (Decimal(0), ())}


def test_what_an_account_bought_before_it_was_merged_counts_where_it_leads(office: Office) -> None:
    office.tell(bought(C, eur(10), on(3, 1)), bought(B, eur(5), on(3, 1)))
    merged = Account.AccountsMerged(into=B, people={}, open_items={}, reason="one company")
    office.tell((C, merged, on(3, 5)))
    assert found(office, ExperimentMeasure.PURCHASES)[B] == (Decimal("15.00"), (7, 8))


def test_an_experiment_by_facts_is_read_from_them_while_it_runs(office: Office) -> None:
    office.tell(started(ExperimentMeasure.PURCHASES))
    office.tell(bought(A, eur(10), on(3, 1)), bought(B, eur(20), on(3, 2)), bought(C, eur(4), on(3, 3)))
    line = line_of(office, on(3, 20))
    assert line.effect == effect_of(numbers("10.00", "20.00"), numbers("4.00", "0"), yes_or_no=False)
    assert (line.currency, line.positions) == ("EUR", [7, 8, 9, 10])
    assert line_of(office, on(3, 2, 5)).effect == effect_of(numbers("10", "20"), numbers("0", "0"), yes_or_no=False)


SEGMENTS = (
    Segment(key="all", name="All"),
    Segment(key="dealers", name="Dealers", kinds=(AccountKind.DEALER,)),
    Segment(key="north", name="North and below", territories=("north",)),
    Segment(key="loyal", name="Loyal", loyalty=(LoyaltyClass.LOYAL,)),
    Segment(key="key", name="Partners", relationships=(RelationshipType.PARTNER,)),
    Segment(key="vital", name="A", abc=(AbcClass.A,)),
    Segment(key="large", name="Large", volume_from=Decimal(500)),
    Segment(key="shops", name="Shops", labels=("shops",), exclude=(B,)),
)


def defined(*found: Segment, edition: int = 1) -> Segments.Defined:
    return Segments.Defined(edition=edition, segments=found)


def inside(office: Office, as_of: datetime = NOW, **clocks: Any) -> dict[str, list[UUID]]:
    with office.view(as_of, **clocks) as view:
        return {each.key: [one.account for one in each.accounts] for each in segments(view).segments}


def about(office: Office) -> None:
    north = Territories.TerritorySet(key="north", name="North")
    harbour = Territories.TerritorySet(key="harbour", name="Harbour", parent="north")
    granted = Standing.KeyStatusGranted(
        relationship_type=RelationshipType.PARTNER, justification="grows", review_due=date(2026, 12, 1)
    )
    facts: list[tuple[UUID, Event]] = [
        (policy_id("Territories"), north), (policy_id("Territories"), harbour),
        (policy_id("Segments"), defined(*SEGMENTS)),
        (A, Account.ProfileChanged(kind=AccountKind.DEALER, territory="harbour", segment="shops")),
        (B, Account.ProfileChanged(loyalty=LoyaltyClass.LOYAL, segment="shops")),
        (C, granted), (D, Account.ProfileChanged(annual_purchase_volume="800 EUR")),
    ]  # fmt: skip
    office.tell(*((stream, event, on(2, 1)) for stream, event in facts), bought(C, eur(400), on(2, 2)))


def test_segments_hold_the_accounts_that_fulfil_their_criteria(office: Office) -> None:
    about(office)
    assert inside(office) == {
        "all": [A, B, C, D], "dealers": [A], "north": [A], "loyal": [B], "key": [C], "vital": [C], "large": [D],
        "shops": [A],
    }  # fmt: skip
    assert inside(office, on(1, 20)) == {}
    assert inside(office, visibility=OWN)["all"] == [A]
    with office.view(NOW, visibility=OWN) as view:
        assert (members_of(view, SEGMENTS[0]), segments(view).edition) == ([A], 1)


def test_segments_are_those_that_were_known_then(office: Office) -> None:
    about(office)
    known = len(office.journal.facts)
    office.tell(
        (B, Account.ProfileChanged(loyalty=None, segment=""), on(3, 1)),
        (policy_id("Segments"), defined(*SEGMENTS[:4], edition=2), on(3, 2)),
    )
    assert inside(office)["loyal"] == []
    assert inside(office, on(2, 20))["loyal"] == [B]
    assert list(inside(office)) == ["all", "dealers", "north", "loyal"]
    assert inside(office, known_at=known)["loyal"] == [B]
