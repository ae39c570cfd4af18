"""What counts of a whole company's visits, found in columns: what their rows say, without reading these."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain.account.visits import ObjectiveMet
from projections.child_key import key_within
from projections.kept_columns import Rows, kept_then, moment_or_none
from projections.view import View
from projections.visit_columns import KINDS, VISIT, rows_between, status_of
from projections.visit_facts import Visited
from projections.visits import VISITS
from projections.word_lists import lists_of

OBJECTIVES = (None, *ObjectiveMet)
NAMES = ("customer", "planned", "logged", "start", "at", "what", "objective", "plan", "moves", "log", "agreed", "cause")


def visited_between(view: View, first: datetime, last: datetime) -> list[Visited] | None:
    """The visits that took place, or were to begin, between two moments, in the order of these moments; of all that the
    asker may see. None where the process keeps no columns."""
    if kept_then(view, VISIT, view.visible_accounts()) is None:
        return None
    rows = rows_between(view, first, last)
    steps = lists_of(view, rows, VISITS, "steps", rows["steps"], lambda place: _key(rows, place))
    return [
        Visited(
            rows.ids.key(customer),
            status_of(planned, logged),
            moment_or_none(start),
            moment_or_none(at),
            KINDS[what],
            OBJECTIVES[objective],
            plan or None,
            moves,
            log or None,
            done,
            agreed > 0,
            cause,
        )
        for (customer, planned, logged, start, at, what, objective, plan, moves, log, agreed, cause), done in zip(
            zip(*(rows[name].tolist() for name in NAMES), strict=True), steps, strict=True
        )
    ]


def _key(rows: Rows, place: int) -> UUID:
    """The key of the row of a visit."""
    return key_within(*rows.ids.raw([int(rows[name][place]) for name in ("_stream", "visit")]))
