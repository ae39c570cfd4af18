"""The visits of a whole company in columns: which are planned, and which of each customer was the last."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from domain.account.visit_kinds import VisitKind
from domain.account.visits import ObjectiveMet
from domain.journal.reading import microseconds
from domain.policies.calendar import day_of
from projections.child_key import key_within
from projections.kept_columns import (
    NEVER,
    NO_DAY,
    Kind,
    Rows,
    day_number,
    days_of,
    kept_then,
    moment_or_none,
    place_among,
    rows_then,
)
from projections.kept_ids import Ids
from projections.view import View
from projections.visits import VISITS, VisitStatus

if TYPE_CHECKING:
    from numpy.typing import NDArray

VISIT = Kind(
    VISITS,
    stream="account",
    account="account",
    ids={"visit": "visit", "who": "people[1]"},
    words={"steps": "steps::text"},
    moments={"start": "start", "at": "at"},
    days={"next_step_on": "next_step_on"},
    numbers={
        "planned": "(status = 'planned')::int",
        "logged": "(status = 'logged')::int",
        "what": place_among(VisitKind, "what"),
        "objective": place_among(ObjectiveMet, "objective_met"),
        "agreed": "action_agreed::int",
        "moves": "moves",
        "plan": "planned",
        "log": "logged",
    },
)
KINDS = (VisitKind.OTHER, *VisitKind)
MOST_KEYS = 5_000
"""So many rows are looked up one by one rather than among all."""


class CalendarVisit(msgspec.Struct):
    """A visit as a calendar shows it; `who` is the first of ours."""

    visit: UUID
    account: UUID
    status: VisitStatus
    what: VisitKind
    start: datetime | None
    at: datetime | None
    who: UUID | None
    account_name: str = ""


def visits_then(view: View) -> Rows:
    """The visits as of the view's clocks with their `customer`, the account that goes on; one that goes on under
    another identifier since a merge is there once."""
    return once(view, _with_customers(view), "visit")


def _with_customers(view: View) -> Rows:
    rows = rows_then(view, VISIT)
    rows.columns["customer"] = customers_of(view, rows.ids)[rows["_account"]]
    return rows


def customers_of(view: View, ids: Ids) -> NDArray[Any]:
    """For every identifier the account that goes on for it; itself where it was not merged."""
    return led(ids, view.merged)


def led(ids: Ids, ways: dict[UUID, UUID]) -> NDArray[Any]:
    """For every identifier what it leads to; itself where it leads nowhere."""
    if not ways:
        return ids.each_itself()
    ones, others = ids.of(list(ways)), ids.of(list(ways.values()))
    found = ids.each_itself().copy()
    found[ones] = others
    return found


def once(view: View, rows: Rows, item: str) -> Rows:
    """Rows of accounts with their `customer`, but for those whose item, a column, goes on under another identifier
    since a merge."""
    import numpy as np

    kept = np.ones(len(rows), np.bool_)
    for place in np.flatnonzero(rows["customer"] != rows["_account"]).tolist():
        account, key = (rows.ids.key(int(rows[name][place])) for name in ("_account", item))
        kept[place] = not view.goes_on_elsewhere(account, key)
    return rows.where(kept)


def first_planned(view: View, first: datetime, last: datetime, most: int) -> list[UUID]:
    """The accounts to which the first so many visits go that are planned between two moments, with those merged into
    them."""
    import numpy as np

    rows = visits_then(view)
    rows = rows.where(
        (rows["planned"] > 0) & (rows["start"] >= microseconds(first)) & (rows["start"] <= microseconds(last))
    )
    order = np.lexsort((rows["cause"], rows["start"]))[:most]
    customers = {rows.ids.key(code) for code in rows["customer"][order].tolist()}
    return [each for customer in customers for each in view.together(customer)]


def rows_between(view: View, first: datetime, last: datetime) -> Rows:
    """The rows of visits that took place, or were to begin, between two moments, in the order of these moments."""
    import numpy as np

    rows = visits_then(view)
    moment = np.where(rows["at"] != NEVER, rows["at"], rows["start"])
    rows.columns["moment"] = moment
    rows = rows.where((moment >= microseconds(first)) & (moment <= microseconds(last)))
    return rows.where(np.lexsort((rows["cause"], rows["moment"])))


def status_of(planned: int, logged: int) -> VisitStatus:
    """How far a visit is, as columns have it."""
    return VisitStatus.PLANNED if planned else VisitStatus.LOGGED if logged else VisitStatus.CANCELLED


def visits_between(view: View, first: datetime, last: datetime) -> list[CalendarVisit]:
    """The visits that took place, or were to begin, between two moments, in the order of these moments."""
    rows = rows_between(view, first, last)
    key = rows.ids.key
    names = ("visit", "customer", "planned", "logged", "what", "start", "at", "who")
    columns = [rows[name].tolist() for name in names]
    return [
        CalendarVisit(
            visit=key(visit),
            account=key(customer),
            status=status_of(planned, logged),
            what=KINDS[what],
            start=moment_or_none(start),
            at=moment_or_none(at),
            who=key(who) if who else None,
        )
        for visit, customer, planned, logged, what, start, at, who in zip(*columns, strict=True)
    ]


def keys_between(view: View, first: datetime, last: datetime) -> list[UUID] | None:
    """The keys of the rows of visits that took place, or were to begin, between two moments; None where the process
    keeps no columns, or they are so many that looking at all rows takes no longer."""
    import numpy as np

    rows = kept_then(view, VISIT)
    if rows is None:
        return None
    moment = np.where(rows["at"] != NEVER, rows["at"], rows["start"])
    rows = rows.where((moment >= microseconds(first)) & (moment <= microseconds(last)))
    if len(rows) > MOST_KEYS:
        return None
    pairs = (rows.ids.raw(rows[name].tolist()) for name in ("_stream", "visit"))
    return [key_within(account, visit) for account, visit in zip(*pairs, strict=True)]


def visits_due(view: View, ahead: timedelta, next_steps: timedelta) -> Rows:
    """Planned visits that lie in the past or begin within some time, and next steps, due within some days, of the
    visit on which a customer was last met: each with the day on which it is `due`, and whether it is `past`."""
    import numpy as np

    rows, now = _with_customers(view), microseconds(view.clock.as_of)
    until = microseconds(view.clock.as_of + ahead)
    planned = (rows["planned"] > 0) & (rows["start"] != NEVER) & (rows["start"] <= until)
    logged = rows["logged"] > 0
    newest = np.full(len(rows.ids), NEVER, np.int64)
    np.maximum.at(newest, rows["customer"][logged], rows["at"][logged])
    last_day = day_number(day_of(view.policies.company, view.clock.as_of) + next_steps)
    stated = (rows["next_step_on"] > NO_DAY) & (rows["next_step_on"] <= last_day)
    following = logged & stated & (rows["at"] == newest[rows["customer"]])
    rows.columns["due"] = np.where(planned, 0, rows["next_step_on"])
    rows.columns["due"][planned] = days_of(view.policies.company, rows["start"][planned])
    rows.columns["past"] = rows["start"] < now
    return once(view, rows.where(planned | following), "visit")
