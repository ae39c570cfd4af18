"""The forecast over random histories is what a person would work out from the aggregates."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from domain.money import rounded
from domain.policies.calendar import day_end, day_start, period
from domain.visibility import Visibility
from projections.deals import Filters
from projections.forecast import Amounts, _forecast, add_up, forecast
from projections.forecast_columns import Line, Sums
from projections.forecast_course import course
from projections.forecast_fan import _last_day, last_day_known
from projections.forecast_learning import learned
from projections.forecast_quantiles import add_quantiles
from projections.funnel import By
from projections.kept_columns import forget
from projections.view import View
from tests.domain.given import some_id
from tests.projections import business
from tests.projections.asking import Office, Questions
from tests.projections.business import PERIODS, Business
from tests.projections.conftest import START, EngineOf, Journal
from tests.projections.portfolio import ZERO, Deal, Portfolio

FIGURES = ("closed", "commit", "best_case", "pipeline", "omitted", "undated", "weighted")
VISIBILITIES = (
    Visibility.whole(),
    Visibility.whole(),
    Visibility(member=some_id("north"), territories=frozenset(["north"])),
)
KEYS = (*PERIODS, "2026", "2027", "2026-03", "2026-11")


def test_the_forecast_is_what_the_aggregates_say(journal: Journal, engine_of: EngineOf) -> None:
    questions = Questions(office := Office(journal, engine_of), 37, Business(facts=500, deals=30))
    told = dict.fromkeys(FIGURES, ZERO)
    for _ in range(60):
        (as_of, known_at), filters = questions.clocks(), questions.filters()
        key, by = questions.random.choice(KEYS), questions.random.choice([None, By.OWNER, By.TERRITORY, By.PRODUCT])
        with office.view(as_of, known_at) as view:
            answer = forecast(view, key, filters, by=by)
        portfolio = Portfolio(questions.facts, as_of, known_at)
        deals = portfolio.within(filters)
        assert figures(answer) == expected(portfolio, key, deals)
        for group in answer.groups or ():
            ours = [deal for deal in deals if by and portfolio.key(deal, by) == group.key]
            assert figures(group) == expected(portfolio, key, ours)
            assert group.target == target(portfolio, str(by), group.key, key) or by is By.TERRITORY
        for name in FIGURES:
            told[name] += getattr(answer, name)
    assert all(told.values())


def test_columns_say_what_the_rows_say(journal: Journal, engine_of: EngineOf, monkeypatch: pytest.MonkeyPatch) -> None:
    forget("test_")
    monkeypatch.setattr(business, "CURRENCIES", ("EUR", "USD", "CNY", "JPY"))  # without one that never has a rate
    monkeypatch.setattr(business, "FOREIGN", ("potential", "confirmed"))  # and without stages of no process
    questions = Questions(office := Office(journal, engine_of), 53, Business(facts=900, deals=16))
    summed, kept = 0, 0
    for _ in range(120):
        (as_of, known_at), key = questions.clocks(), questions.random.choice(KEYS)
        by, who = questions.random.choice([None, By.OWNER]), questions.random.choice(VISIBILITIES)
        filters = questions.random.choice([Filters(), Filters(), questions.filters()])
        with office.view(as_of, known_at, who) as view:
            view.keeps = True
            days = period(view.policies.company, key)
            lines = Sums(view, days.first, days.last).lines(view, days, by, filters)
            with monkeypatch.context() as patch:
                patch.setattr(Sums, "lines", lambda *_: None)
                plain = _forecast(view, key, filters, by)
                plain_before = _forecast(view.at(as_of - timedelta(days=40)), key, filters, by)
            fast = _forecast(view, key, filters, by)
            wide = Sums(view, days.first - timedelta(days=70), days.last + timedelta(days=70))
            of_more = [_forecast(view.at(as_of - timedelta(days=gone)), key, filters, by, wide) for gone in (40, 0)]
            assert last_day_known(view) == _last_day(view)
        assert fast == plain
        assert of_more == [plain_before, plain]
        summed += lines is not None
        kept += any(line[2] for line in lines or ())
    assert summed > 24
    assert kept > 16


def test_the_course_of_a_period_is_what_its_forecasts_were(
    journal: Journal, engine_of: EngineOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget("test_")
    monkeypatch.setattr(business, "CURRENCIES", ("EUR", "USD", "CNY", "JPY"))
    monkeypatch.setattr(business, "FOREIGN", ("potential", "confirmed"))
    questions = Questions(office := Office(journal, engine_of), 59, Business(facts=900, deals=16))
    at_once, looked_at = 0, 0
    for _ in range(40):
        (as_of, known_at), key = questions.clocks(), questions.random.choice(KEYS)
        filters = questions.random.choice([Filters(), Filters(), questions.filters()])
        with office.view(as_of, known_at, questions.random.choice(VISIBILITIES)) as view:
            view.keeps = True
            found, company = course(view, key, filters), view.policies.company
            for point in found.points:
                is_last = point is found.points[-1] and point.day == found.today
                at = view if is_last else view.at(day_end(company, point.day))
                then = _forecast(at, key, filters, None)
                told = {name: then.cumulative[name] for name in ("closed", "commit", "best_case", "pipeline")}
                assert msgspec.structs.asdict(point) == {"day": point.day, "weighted": then.weighted, **told}
            days = period(view.policies.company, key)
            moments = [view.at(as_of - timedelta(days=gone)) for gone in (60, 30, 7, 0)]
            sums = Sums(view, days.first, days.last)
            at_once += sums._through(moments[:1], days, filters) is not None
            for then, lines in zip(moments, sums.of_each(moments, days, filters), strict=True):
                assert lines is None or told_by(then, lines) == told_by(then, sums.lines(then, days, None, filters))
            looked_at += len(found.points)
    assert at_once > 10
    assert looked_at > 100


def test_where_no_model_is_fitted_no_histories_are_made(journal: Journal, engine_of: EngineOf) -> None:
    Questions(office := Office(journal, engine_of), 53, Business(facts=300, deals=8))
    with office.view(START + timedelta(days=1001)) as view:  # when all of it had been recorded
        known = learned(view, None)
        answer = add_quantiles(view, forecast(view, "2026-Q2"), known)
    assert answer.p50 is None
    assert "a worker does it" in answer.basis
    assert "histories" not in vars(known)
    assert len(known.histories) > 0


def told_by(view: View, lines: list[Line] | None) -> Amounts:
    """What lines come to."""
    amounts = Amounts()
    add_up(view, amounts, lines or [])
    return amounts


def figures(answer: Any) -> dict[str, Decimal]:
    return {name: getattr(answer, name) for name in FIGURES}


def expected(portfolio: Portfolio, key: str, deals: list[Deal]) -> dict[str, Decimal]:
    found = dict.fromkeys(FIGURES, ZERO)
    days = period(portfolio.company, key)
    first, last = day_start(portfolio.company, days.first), day_end(portfolio.company, days.last)
    for deal in deals:
        close_on, category = deal.state.close_on, portfolio.category(deal)
        if deal.outcome == "won" and deal.closed and first <= deal.closed <= last:
            found["closed"] += portfolio.signed(deal)
            found["weighted"] += portfolio.signed(deal)
        elif not deal.outcome and close_on is None:
            found["undated"] += portfolio.value(deal)
        elif not deal.outcome and close_on and days.first <= close_on <= days.last:
            found[category] += portfolio.value(deal)
            found["weighted"] += portfolio.weighted(deal) if category != "omitted" else ZERO
    return found


def target(portfolio: Portfolio, scope: str, key: str, wanted: str) -> Decimal | None:
    """The sum of what was set for the quarters of a period, at the rates of now."""
    amounts = [
        each.amount
        for each in portfolio.targets.values()
        if each.scope == scope and each.key == key and (each.period == wanted or each.period[:5] == f"{wanted}-")
    ]
    rates = {currency: rate for _, currency, rate in portfolio.rates} | {"EUR": Decimal(1)}
    found = [rounded(amount.amount * rates[amount.currency], "EUR") for amount in amounts]
    return sum(found, ZERO) if found else None
