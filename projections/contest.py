"""The contest for one opportunity: what the customer decides by and in which steps, who else wants it, our strategy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from domain.opportunity.decision_process import DecisionStep
from domain.sealed import Sealed
from projections.competitors import COMPETITORS, STRATEGIES
from projections.criteria import CRITERIA, STANDINGS
from projections.decision_processes import DECISION_PROCESSES, steps_of
from projections.engine import ReadModel, as_of_sql
from projections.losses import LOSSES
from projections.qualification import seen
from projections.seen import sealed
from projections.view import Answer, View

ReadField = Callable[[Sealed, str], str | None]
"""Opens what was sealed in a field, for the asker; None where he may not read it."""


class CriterionLine(msgspec.Struct):
    """A criterion, the most important first. `previous` is its rank before the last re-ranking; `ours` and `theirs`
    from −2 to 2; `position` is that of the event that stated it last."""

    criterion: UUID
    text: str | None
    kind: str
    set_by: str | None
    whose: UUID | None
    priority: int | None
    previous: int | None
    formal: bool
    ours: int | None
    theirs: dict[str, int]
    position: int


class RivalLine(msgspec.Struct):
    """A competitor; `strategy` is the one against it, else the one against all, empty where none was chosen."""

    competitor: str
    identified: datetime
    strengths: str | None
    weaknesses: str | None
    preferred_by: list[UUID]
    strategy: str
    reasoning: str | None
    position: int


class ProcessLine(msgspec.Struct):
    """How the customer decides."""

    steps: list[DecisionStep]
    budget_approved: bool | None
    compelling_event: str | None
    compelling_on: date | None
    position: int


class ContestAnswer(Answer, kw_only=True):
    """The contest as of the clocks; `strategy` is the one against all, `winner` who won where it is lost."""

    opportunity: UUID
    account: UUID | None
    stage: str
    outcome: str
    winner: str
    strategy: str
    criteria: list[CriterionLine]
    competitors: list[RivalLine]
    decision_process: ProcessLine | None


def unread(_text: Sealed, _field: str) -> str | None:
    """Opens nothing."""
    return None


def contest(view: View, opportunity: UUID, read: ReadField = unread) -> ContestAnswer:
    """The contest for an opportunity that the asker may see. Raises NotFound."""
    account, _, stage, outcome = seen(view, opportunity)
    strategies = {row[0]: row[1:] for row in _rows(view, STRATEGIES, "competitor, strategy, reasoning", opportunity)}
    rivals = _rows(
        view, COMPETITORS, "competitor, name, identified, strengths, weaknesses, preferred_by, cause", opportunity
    )
    rivals.sort(key=lambda row: (row[2], row[0]))
    names = {row[0]: row[1] for row in rivals}
    return ContestAnswer(
        **view.head(),
        opportunity=opportunity,
        account=account,
        stage=stage,
        outcome=outcome,
        winner="".join(row[0] for row in _rows(view, LOSSES, "winner", opportunity, by="key")),
        strategy=strategies.get("", ("",))[0],
        criteria=_criteria(view, opportunity, names, read),
        competitors=[_rival(row, strategies, read) for row in rivals],
        decision_process=_process(view, opportunity, read),
    )


def _rows(view: View, model: ReadModel, columns: str, opportunity: UUID, by: str = "opportunity") -> list[Any]:
    sql = as_of_sql(model, columns, f"{by} = %(opportunity)s")
    return view.connection.execute(sql.encode(), view.parameters(opportunity=opportunity)).fetchall()


def _criteria(view: View, opportunity: UUID, names: dict[str, str], read: ReadField) -> list[CriterionLine]:
    standings: dict[UUID, dict[str, int]] = {}
    for criterion, party, standing in _rows(view, STANDINGS, "criterion, competitor, standing", opportunity):
        standings.setdefault(criterion, {})[party] = standing
    columns = "criterion, text, criterion_kind, set_by, whose, priority, previous, formal, cause"
    lines = []
    for criterion, text, kind, set_by, whose, *ranks, formal, position in _rows(view, CRITERIA, columns, opportunity):
        judged = standings.get(criterion, {})
        theirs = {names.get(party) or party: standing for party, standing in sorted(judged.items()) if party}
        words, (priority, previous), ours = read(sealed(text), "text"), ranks, judged.get("")
        lines.append(
            CriterionLine(criterion, words, kind, set_by, whose, priority, previous, formal, ours, theirs, position)
        )
    return sorted(lines, key=lambda line: (line.priority is None, line.priority or 0, line.criterion))


def _rival(row: Any, strategies: dict[str, Any], read: ReadField) -> RivalLine:
    key, name, identified, strengths, weaknesses, preferred_by, position = row
    strategy, reasoning = strategies.get(key) or strategies.get("") or ("", None)
    return RivalLine(
        competitor=name,
        identified=identified,
        strengths=_read(strengths, "strengths", read),
        weaknesses=_read(weaknesses, "weaknesses", read),
        preferred_by=list(preferred_by),
        strategy=strategy,
        reasoning=_read(reasoning, "reasoning", read),
        position=position,
    )


def _process(view: View, opportunity: UUID, read: ReadField) -> ProcessLine | None:
    columns = "steps, budget_approved, compelling_event, compelling_on, cause"
    for steps, budget, compelling, on, position in _rows(view, DECISION_PROCESSES, columns, opportunity, by="key"):
        text = _read(compelling, "compelling_event", read)
        return ProcessLine(list(steps_of(steps)), budget, text, on, position)
    return None


def _read(stored: bytes | None, field: str, read: ReadField) -> str | None:
    return read(sealed(stored), field) if stored else None
