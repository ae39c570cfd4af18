"""History replayed by the forecaster's clock on a small company whose facts were all imported."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import msgspec
import numpy as np
import pytest

from domain.aggregate import Event
from domain.money import Money
from domain.opportunity.opportunity import Opportunity
from domain.policies.company import MONDAY_TO_FRIDAY, NINE_TO_SIX, Company
from domain.policies.policy import policy_id
from domain.visibility import Visibility
from projections.forecast_backtest import (
    MONTH_ENDS,
    BacktestAnswer,
    BacktestAsked,
    BacktestBackwards,
    BacktestTooLong,
    backtest,
    issue_days,
)
from projections.forecast_folds import cross_validation
from tests.projections.asking import Office
from tests.projections.conftest import Connections, EngineOf, Told
from tests.projections.forecasting.test_facts_agree import ImportedJournal

NOW = datetime(2018, 1, 1, 12, tzinfo=UTC)
OWNERS = (UUID(int=1), UUID(int=2))
ASKED = BacktestAsked(first=date(2017, 9, 1), last=date(2017, 11, 30), every=MONTH_ENDS)


def told(deal: int, event: Event, at: datetime) -> Told:
    return UUID(int=1000 + deal), event, at


def company() -> Told:
    defined = Company.Defined(
        edition=1, name="Werke", currency="EUR", gift_limit=None, language="en", fiscal_year_start=1, time_zone="UTC",
        working_days=MONDAY_TO_FRIDAY, working_hours=NINE_TO_SIX,
    )  # fmt: skip
    return policy_id("Company"), defined, datetime(2017, 1, 1, tzinfo=UTC)


def deals() -> Iterator[Told]:
    """One deal a day from January on: it closes after 5 to 44 days, two of three are won for 100."""
    for number in range(330):
        opened = datetime(2017, 1, 2, 9, tzinfo=UTC) + timedelta(days=number)
        amount = Money.of(Decimal(100), "EUR")
        yield told(
            number,
            Opportunity.Opened(
                account=UUID(int=50), title="Line", process="four-funnel", process_edition=1, stage="lead",
                products=(), amount=amount, close_on=None, owner=OWNERS[number % 2],
            ),
            opened,
        )  # fmt: skip
        closed = opened + timedelta(days=5 + number * 7 % 40, hours=1)
        if closed < NOW:
            yield told(number, Opportunity.Won(signed=amount) if number % 3 else Opportunity.Lost(), closed)


@pytest.fixture
def office(reused: Connections, sample_events: None, engine_of: EngineOf) -> Office:
    journal = ImportedJournal(reused)
    journal.wipe()
    journal.append_all([[fact] for fact in sorted([company(), *deals()], key=lambda fact: fact[2])])
    office = Office(journal, engine_of)
    office.engine.catch_up()
    return office


def replayed(office: Office, asked: BacktestAsked = ASKED, *, processes: int = 1, **view: object) -> BacktestAnswer:
    with office.view(NOW, **view) as seen:  # type: ignore[arg-type]
        return backtest(seen, asked, processes=processes)


def won_in(month: int) -> int:
    """What a month of 2017 brought."""
    won = (at for _, event, at in deals() if isinstance(event, Opportunity.Won))
    return sum(100 for at in won if (at.year, at.month) == (2017, month))


def test_every_method_is_scored_against_what_happened(office):
    answer = replayed(office)
    assert (answer.issues, answer.fits, answer.without_model, answer.currency) == (3, 3, 0, "EUR")
    assert (answer.since, answer.to) == (date(2017, 9, 30), date(2017, 11, 30))
    months = {line.method: line for line in answer.methods if (line.period_kind, line.issued) == ("month", "before")}
    assert set(months) == {"hazard", "stage_weighted", "stage_rates", "last_quarter", "average_of_four"}
    actual = np.array([won_in(month) for month in (10, 11, 12)])
    last_quarter = np.array([won_in(month) for month in (7, 8, 9)])
    assert months["last_quarter"].n == 3
    assert months["last_quarter"].wape == round(float(np.abs(last_quarter - actual).sum() / actual.sum()), 4)
    assert months["hazard"].wape < 0.35
    assert answer.left_out.periods == 0
    assert answer.left_out.horizons > 0, "92 days after 30 September have passed, those after 31 October have not"


def test_periods_that_are_not_over_are_left_out_and_counted(office):
    with office.view(NOW - timedelta(days=1)) as view:
        answer = backtest(view, ASKED, processes=1)
    assert answer.left_out.periods == 4, "December, and the last quarter as said at each of three issue dates"
    assert sum(line.n for line in answer.methods if line.method == "hazard") == 2


def test_the_same_journal_gives_the_same_bytes_however_many_processes_share_the_work(office):
    asked = msgspec.structs.replace(ASKED, by="owner", openings=True)
    alone, again = (msgspec.json.encode(replayed(office, asked)) for _ in range(2))
    assert alone == again
    assert msgspec.json.encode(replayed(office, asked, processes=2)) == alone


@pytest.mark.parametrize("processes", [1, 2])
def test_a_long_backtest_tells_how_far_it_is(office, processes):
    told = list[tuple[int, int]]()
    with office.view(NOW) as view:
        backtest(view, ASKED, processes=processes, progress=lambda *done: told.append(done))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_what_is_recorded_after_a_position_is_not_known(office):
    asked = msgspec.structs.replace(ASKED, last=date(2017, 9, 30))
    early = replayed(office, asked, known_at=300)
    assert early.position == 300
    assert early.methods != replayed(office, asked).methods


def test_groups_and_deals_of_others_are_not_shown(office):
    nobody = Visibility(member=UUID(int=9), managers=frozenset({UUID(int=9)}), scope="own accounts")
    answer = replayed(office, msgspec.structs.replace(ASKED, by="owner"), visibility=nobody)
    assert answer.wins == []
    assert {(line.n, line.wape) for line in answer.methods if not line.by} == {(3, None), (2, None), (1, None)}
    assert [line for line in answer.methods if line.by] == []


def test_deals_are_forecast_on_the_day_on_which_they_are_opened(office):
    answer = replayed(office, msgspec.structs.replace(ASKED, openings=True))
    opened = [line for line in answer.wins if line.kind == "opened"]
    assert {line.method for line in opened} == {"hazard", "stage_weighted", "stage_rates", "base_rate"}
    assert answer.opened in opened
    assert answer.opened.n == opened[1].n > 10
    assert replayed(office).opened is None


def test_without_enough_history_the_methods_without_a_model_remain(office):
    answer = replayed(office, BacktestAsked(first=date(2017, 1, 20), last=date(2017, 1, 31)), processes=1)
    assert (answer.issues, answer.without_model, answer.fits) == (2, 2, 1)
    assert {line.method for line in answer.methods} == {"stage_weighted", "stage_rates"}


def test_issue_dates_are_so_many_days_apart_or_the_ends_of_months():
    first, last = date(2017, 1, 30), date(2017, 3, 1)
    assert issue_days(first, last, MONTH_ENDS) == [date(2017, 1, 31), date(2017, 2, 28)]
    assert issue_days(first, last, 14) == [date(2017, 1, 30), date(2017, 2, 13), date(2017, 2, 27)]
    assert issue_days(last, first, 7) == []


def test_a_backtest_needs_an_issue_date_and_not_too_many(office):
    with pytest.raises(BacktestBackwards):
        replayed(office, BacktestAsked(first=date(2017, 9, 2), last=date(2017, 9, 1)))
    with pytest.raises(BacktestTooLong):
        replayed(office, BacktestAsked(first=date(2007, 9, 2), last=date(2017, 9, 1), every=1))


def test_deals_without_answers_cannot_be_told_apart(office):
    with office.view(NOW) as view:
        found = cross_validation(view, folds=10, repeats=3).folds
    assert (found.rows, found.distinct, found.repeats) == (found.rows, 4, 3)
    assert found.rows > 280
    assert found.base_brier == 0.25, "won and lost, of either owner"
