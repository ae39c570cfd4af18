"""What is kept is what would be worked out afresh, whatever is recorded in between: late facts, facts taken back,
merges, other policies, by what was known then and now."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.policies.company import MONDAY_TO_FRIDAY, NINE_TO_SIX, Company
from domain.policies.exchange_rates import ExchangeRates
from domain.policies.policy import policy_id
from domain.visibility import Visibility
from projections import kept_answers
from projections.account_list import AccountFilters
from projections.bridge import bridge
from projections.bridge_sums import bridge_sums
from projections.conversion import conversion
from projections.engine import Clock
from projections.finding_groups import finding_groups
from projections.findings_answer import findings
from projections.forecast import current_period, forecast
from projections.funnel import By, funnel, open_stages
from projections.kept_answers import ANSWERS, Answers, Kept
from projections.plan_first import first_plans
from projections.portfolio import Method, portfolio
from projections.portfolio_first import first_of_portfolio
from projections.relationship_health import scores
from projections.targets import targets
from projections.view import KnownAt, View
from tests.projections.asking import Office
from tests.projections.business import Business, Chronicle
from tests.projections.conftest import START, EngineOf, Journal, Told

QUESTIONS: dict[str, Callable[[View], Any]] = {
    "funnel": funnel,
    "open stages": open_stages,
    "funnel by account": lambda view: funnel(view, by=By.ACCOUNT),
    "conversion": conversion,
    "bridge": lambda view: bridge(view.at(view.clock.as_of - timedelta(days=20)), view),
    "bridge sums": lambda view: bridge_sums(view.at(view.clock.as_of - timedelta(days=20)), view),
    "forecast": lambda view: forecast(view, current_period(view)),
    "forecast by territory": lambda view: forecast(view, "2026-Q1", by=By.TERRITORY),
    "targets": targets,
    "portfolio": lambda view: portfolio(view, method=Method.ABC),
    "first of portfolio": lambda view: first_of_portfolio(view, AccountFilters(), "", 3),
    "health": scores,
    "findings": findings,
    "plans": lambda view: first_plans(view, 3),
    "finding groups": lambda view: finding_groups(view, 3),
}


DEFINED = Company.Defined(
    edition=1, name="Werke", currency="EUR", gift_limit=None, language="en", fiscal_year_start=1, time_zone="UTC",
    working_days=MONDAY_TO_FRIDAY, working_hours=NINE_TO_SIX,
)  # fmt: skip


class Written:
    """Stands for a journal: takes what a chronicle writes, so that it can be recorded bit by bit."""

    def append_all(self, appends: Sequence[Sequence[Told]]) -> int:
        self.appends = appends
        return 0


class Asking(Office):
    """Asks with what is kept, or afresh."""

    @contextmanager
    def asked(self, as_of: datetime, known_at: int | None, *, keeps: bool) -> Iterator[View]:
        position = len(self.journal.facts) if known_at is None else known_at
        with self.journal.reading() as connection:
            found = connection.execute("select recorded_at from events where position = %s", (position,)).fetchone()
            known = KnownAt(position, found[0] if found else None)
            view = View(connection, Clock(as_of, position), known, Visibility.whole(), True)
            view.keeps = keeps
            yield view

    @contextmanager
    def both(self, as_of: datetime, known_at: int | None) -> Iterator[tuple[View, View]]:
        with self.asked(as_of, known_at, keeps=True) as keeping, self.asked(as_of, known_at, keeps=False) as view:
            yield keeping, view


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf) -> Asking:
    ANSWERS.forget()
    return Asking(journal, engine_of)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether what was kept still held, each time that it was looked at."""
    found, still_holds = list[bool](), kept_answers._still_holds

    def noted(view: View, kept: Kept) -> bool:
        found.append(still_holds(view, kept))
        return found[-1]

    monkeypatch.setattr(kept_answers, "_still_holds", noted)
    return found


@pytest.mark.parametrize(
    "names", [[name for name in QUESTIONS if "finding" not in name], ["findings", "finding groups"]]
)
def test_a_kept_answer_is_the_one_worked_out_afresh(names: list[str], office: Asking, held: list[bool]) -> None:
    chance, written = random.Random(5), Written()
    business = Business(facts=300, late=0.3, withdrawn=0.04, merges=True, largest_append=6)
    Chronicle(5, business).write(written)  # type: ignore[arg-type]
    moments = [START + timedelta(days=day) for day in (15, 60, 1_900.2)]
    step = len(written.appends) // 5
    ends = [2 * step, *(end for place in (3 * step, 4 * step) for end in (place, place + 1)), len(written.appends)]
    for begins, end in zip([0, *ends], ends, strict=False):
        office.journal.append_all(written.appends[begins:end])
        office.engine.catch_up()
        for as_of in moments:
            known_at = chance.choice([None, None, len(office.journal.facts) // 2])
            with office.both(as_of, known_at) as (keeping, view):
                for name in names:
                    assert QUESTIONS[name](keeping) == QUESTIONS[name](view), name
    assert {True, False} == set(held)


def test_only_what_occurred_by_then_makes_the_past_another(office: Asking, held: list[bool]) -> None:
    rates = policy_id("ExchangeRates")

    def told(number: int, day: int) -> None:
        office.tell((rates, ExchangeRates.RateSet(currency="USD", rate=Decimal(number)), START + timedelta(days=day)))
        with office.both(START + timedelta(days=10), None) as (keeping, view):
            assert funnel(keeping) == funnel(view)

    office.tell((policy_id("Company"), DEFINED, START))
    for number, day in enumerate([1, 20, 30, 5, 40], start=1):
        told(number, day)
    assert held == [True, True, False, True]


def test_a_kept_answer_is_a_copy_with_the_clocks_of_who_asks(office: Asking) -> None:
    written = Written()
    Chronicle(3, Business(facts=120)).write(written)  # type: ignore[arg-type]
    office.journal.append_all(written.appends)
    office.engine.catch_up()
    now = START + timedelta(days=2_000)
    with office.asked(now, None, keeps=True) as view, office.asked(now + timedelta(1), None, keeps=True) as later:
        first = conversion(view)
        first.stages.clear()
        second = conversion(later)
        assert second.as_of == now + timedelta(1)
        assert second.stages


def test_a_journal_that_took_the_place_of_another_has_answers_of_its_own(office: Asking) -> None:
    for seed in (3, 4):
        office.journal.wipe()
        written = Written()
        Chronicle(seed, Business(facts=120)).write(written)  # type: ignore[arg-type]
        office.journal.append_all(written.appends)
        office.engine.catch_up()
        as_of = START + timedelta(days=60)
        with office.both(as_of, None) as (keeping, view):
            assert funnel(keeping) == funnel(view)


def test_memory_holds_so_many_bytes_and_forgets_the_longest_unused() -> None:
    answers = Answers(most_bytes=30)
    for key in "abc":
        answers.put(key, Kept(bytes(10), (), (), 0, ""))
    assert answers.get("a")
    answers.put("d", Kept(bytes(10), (), (), 0, ""))
    assert [key for key in "abcd" if answers.get(key)] == ["a", "c", "d"]
