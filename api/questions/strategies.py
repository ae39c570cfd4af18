"""Key account strategies over HTTP: all of them, one with its control points, the cascade of its goals."""

from __future__ import annotations

from typing import Annotated

import msgspec

from api.asking import Clocks, Limit, LongLimit, question, viewing
from api.endpoints import Call, Endpoint, Reply
from api.opening import opened
from api.strategy_texts import state
from projections.strategy_cascade import CascadeAnswer, cascade
from projections.strategy_standing import StrategiesAnswer, StrategyAnswer, strategies, strategy

Year = Annotated[int, msgspec.Meta(ge=1900, le=2999)]


class StrategiesQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """As of when."""

    limit: Limit = 50


class StrategyQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """As of when."""


class GoalsQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """As of when; with `year`, the goals as far as they are to be by the end of that fiscal year."""

    year: Year | None = None
    limit: LongLimit = 500


def endpoints() -> list[Endpoint]:
    """The strategies."""
    listed = "Key account strategies: which is in force, planned, a draft or replaced; whose review is due."
    whole = "A strategy: mission, the four questions, the six processes, and how its control points stand."
    tree = "The cascade: goals of company and territories against their line, with the objectives of account plans."
    return [
        question("/strategies", "strategies", listed, _strategies, StrategiesAnswer, StrategiesQuery),
        question("/strategies/{id}", "KeyAccountStrategy.show", whole, _strategy, StrategyAnswer, StrategyQuery),
        question("/strategies/{id}/goals", "KeyAccountStrategy.cascade", tree, _goals, CascadeAnswer, GoalsQuery),
    ]


def _strategies(call: Call) -> Reply:
    query = call.query(StrategiesQuery)
    with viewing(call, query) as view:
        answer = strategies(view)
    answer.cut(query.limit)
    return Reply(answer)


def _strategy(call: Call) -> Reply:
    with viewing(call, call.query(StrategyQuery)) as view:
        answer = strategy(view, call.path["id"], lambda text, field: opened(call, text, field))
        state(call.doors.journal, view, answer)
    return Reply(answer)


def _goals(call: Call) -> Reply:
    query = call.query(GoalsQuery)
    with viewing(call, query) as view:
        answer = cascade(view, call.path["id"], query.year)
    answer.cut(query.limit)
    return Reply(answer)
