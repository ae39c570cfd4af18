"""The bridge between two forecasts closes to the cent, whatever happened in between."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import numpy as np
import pytest

from domain.policies.calendar import period
from projections.deals import Filters
from projections.forecast_bridge import ForecastBridge, bridge_in_brief, forecast_bridge
from projections.forecast_bridge_steps import STEPS
from projections.forecast_learning import Learned, fitted, learned, model_wanted
from projections.forecast_quantiles import money_of
from projections.forecast_scenario import supposed
from projections.forecast_sides import Side, side_of
from projections.forecasting.histories import Outcome, number_of
from projections.view import View
from tests.projections.asking import Office, Questions
from tests.projections.business import PERIODS, Business
from tests.projections.conftest import START, EngineOf, Journal

RECORDED = START + timedelta(days=1000)
CENT = Decimal("0.01")


def learned_at(view: View, *, with_model: bool) -> Learned:
    model = fitted(view, model_wanted(view, view.clock.as_of)) if with_model else None
    return learned(view, model)


def must_close(answer: ForecastBridge) -> None:
    assert answer.start + sum(answer.steps.values()) == answer.end
    for name in STEPS:
        items = sum((item.amount for item in answer.items if item.kind == name), Decimal(0))
        assert name in ("not_yet_opened", "correction") or items == answer.steps[name]
    assert all(item.amount == item.amount.quantize(CENT) != 0 for item in answer.items)


def test_a_bridge_closes_to_the_cent_on_random_histories(journal: Journal, engine_of: EngineOf) -> None:
    office = Office(journal, engine_of)
    questions = Questions(office, 41, Business(facts=700, deals=40))
    random, kinds = questions.random, set[str]()
    for _ in range(24):
        moments = sorted(_moment(journal, random.random()) for _ in range(2))
        key = random.choice([*PERIODS[3:], "2026-03", "2028-Q4", "2028-10", "2029"])
        filters = questions.filters() if random.random() < 0.5 else None
        with ExitStack() as stack:
            then, now = (stack.enter_context(office.view(moment)) for moment in moments)
            before, after = learned_at(then, with_model=False), learned_at(now, with_model=False)
            answer = forecast_bridge(then, now, before, after, key, filters)
            brief, count = bridge_in_brief(then, now, before, after, key, filters or Filters(), 3)
            side_by_side = [
                side_of(*each, period(now.policies.company, key), filters or Filters())
                for each in ((then, before), (now, after))
            ]
            plain = list(plain_steps(now, side_by_side[0], side_by_side[1], key))
        must_close(answer)
        assert [(item.opportunity, item.kind, item.amount) for item in answer.items] == plain
        assert count == len(answer.items)
        assert brief.items == sorted(answer.items, key=lambda each: -abs(each.amount))[:3]
        assert (brief.start, brief.steps, brief.end) == (answer.start, answer.steps, answer.end)
        kinds |= {item.kind for item in answer.items}
    assert {"new", "won", "probability"} <= kinds


def plain_steps(view: View, old: Side, new: Side, key: str) -> Iterator[tuple[UUID, str, Decimal]]:
    """What each opportunity adds to which steps, one after the other, straight from both histories."""
    worth = [
        {side.h.ids[row]: plain_worth(view, side, row) for row in np.flatnonzero(side.counted).tolist()}
        for side in (old, new)
    ]
    for one in sorted(worth[0].keys() | worth[1].keys(), key=lambda each: each.int):
        for kind, amount in plain_changes(view, one, old, new, key, *(each.get(one, Decimal(0)) for each in worth)):
            if amount:
                yield one, kind, amount


def plain_worth(view: View, side: Side, row: int) -> Decimal:
    is_open = side.h.outcome[row] == Outcome.OPEN
    amount = side.chance[row] * side.h.amount[row] if is_open else side.h.signed[row]
    return money_of(view, float(amount)) or Decimal(0)


def plain_changes(
    view: View, one: UUID, old: Side, new: Side, key: str, before: Decimal, after: Decimal
) -> list[tuple[str, Decimal]]:
    was, place, whole = old.h.place.get(one), new.h.place.get(one), after - before
    if place is None or not new.inside[place]:
        return [("moved_out", whole)]
    if was is None or not old.inside[was]:
        return [("new" if was is None else "moved_in", whole)]
    former, outcome = Outcome(int(old.h.outcome[was])), Outcome(int(new.h.outcome[place]))
    if outcome in (Outcome.LOST, Outcome.DISQUALIFIED):
        return [(outcome.name.lower(), whole)]
    if former is outcome is Outcome.OPEN:
        amounts = [float(np.nan_to_num(side.h.amount[row])) for side, row in ((old, was), (new, place))]
        revised = money_of(view, float(old.chance[was]) * (amounts[1] - amounts[0])) or Decimal(0)
        days = period(view.policies.company, key)
        stood, stands = (
            number_of(days.first) <= side.h.close_on[row] <= number_of(days.last)
            for side, row in ((old, was), (new, place))
        )
        rest = "probability" if stood == stands else "pulled_in" if stands else "pushed_out"
        return [("increased" if revised > 0 else "decreased", revised), (rest, whole - revised)]
    if former is outcome:
        return [("increased" if whole > 0 else "decreased", whole)]
    return [("won" if outcome is Outcome.WON else "reopened", whole)]


def test_what_the_models_expect_beyond_single_deals_are_steps_of_their_own(
    journal: Journal, engine_of: EngineOf
) -> None:
    office = Office(journal, engine_of)
    Questions(office, 41, Business(facts=1700, deals=220))
    with office.view(_moment(journal, 0.9)) as then, office.view(_moment(journal, 1.0)) as now:
        before, after = learned_at(then, with_model=True), learned_at(now, with_model=True)
        ahead, past = (forecast_bridge(then, now, before, after, key) for key in ("2028-Q4", "2027-Q1"))
    assert after.model is not None
    for answer in (ahead, past):
        must_close(answer)
        assert answer.models[1] == after.model.version
    assert "won" in {item.kind for item in past.items}
    assert past.steps["not_yet_opened"] == 0


def _moment(journal: Journal, share: float) -> datetime:
    """A moment by which a share of the appends was recorded."""
    return RECORDED + timedelta(milliseconds=int(share * journal.appends) + 1)


def test_a_bridge_between_two_states_of_knowledge_of_one_moment_names_what_came_in_between(
    journal: Journal, engine_of: EngineOf
) -> None:
    office = Office(journal, engine_of)
    questions = Questions(office, 42, Business(facts=1500, deals=220))
    middle = questions.facts[len(questions.facts) // 2].step
    moment = _moment(journal, 1)
    with office.view(moment, middle) as then, office.view(moment) as now:
        answer = forecast_bridge(
            then, now, learned_at(then, with_model=False), learned_at(now, with_model=False), "2028-12"
        )
    must_close(answer)
    assert answer.known_since == middle
    told = [item for item in answer.items if item.kind in ("new", "won", "lost", "increased", "decreased")]
    named = [item for item in told if item.positions]
    assert named
    assert all(min(item.positions) > middle for item in named)
    # a rate or a list price moves an amount without any event of the deal
    assert {item.kind for item in told if not item.positions} <= {"increased", "decreased"}


def test_a_forecast_and_itself_have_no_bridge(journal: Journal, engine_of: EngineOf) -> None:
    office = Office(journal, engine_of)
    Questions(office, 43, Business(facts=1500, deals=220))
    with office.view(_moment(journal, 1)) as view:
        known = learned_at(view, with_model=False)
        answer = forecast_bridge(view, view, known, known, "2028-12")
    assert answer.items == []
    assert answer.start == answer.end > 0
    assert not any(answer.steps.values())


def test_what_is_supposed_of_a_deal_that_one_does_not_see_is_refused_as_of_one_that_is_not_there(
    journal: Journal, engine_of: EngineOf
) -> None:
    from domain.errors import NotFound
    from domain.visibility import Visibility

    office = Office(journal, engine_of)
    questions = Questions(office, 44, Business(facts=200, deals=10))
    moment, nobody = _moment(journal, 1), Visibility(member=None)
    with office.view(moment) as view, office.view(moment, visibility=nobody) as blind:
        known = learned_at(view, with_model=False)
        place = int(known.histories.open()[0])
        name = str(known.histories.ids[place])
        assert supposed(view, known, [f"won={name}"]).rows() == [place]
        with pytest.raises(NotFound, match=name):
            supposed(blind, known, [f"won={name}"])
    assert questions.facts
