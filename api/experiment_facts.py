"""What the door tells the commands of experiments: who can be drawn, and what the facts say of those who take part."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from api.endpoints import Call
from api.named import named
from api.refusals import NotYetThere
from domain.account.account import Account
from domain.aggregate import Aggregate
from domain.experiment.experiment import Experiment
from domain.experiment.rules import DERIVED, NOTHING_TAKEN, Taken
from domain.policies.calendar import day_of
from domain.visibility import Visibility
from projections.experiment_measures import is_money, measured
from projections.segments import members_of


def candidates_of(call: Call, root: type[Aggregate], body: Any) -> dict[str, Any]:
    """Who can be drawn when an experiment starts: the accounts of the segment that the asker may change, as of the
    moment of the start; none where the groups are stated, nothing for what is no experiment. Raises NotFound for a
    stated account that he may not see."""
    if root is not Experiment:
        return {}
    for account in (*body.group, *body.control):
        call.doors.access.must_see(call.asker, Account, named(account))
    if body.group or body.control or not body.segment:
        return {"candidates": ()}
    _must_be_up_to_date(call)
    at, _ = call.doors.calendar.occurred("occurred_at", body.occurred_at, call.now)
    with call.doors.reader.view(call.asker.changes, as_of=at, now=call.now) as view:
        segment = view.policies.segments.segments.get(body.segment)
        return {"candidates": tuple(members_of(view, segment)) if segment else ()}


def taken_of(call: Call, body: Any) -> dict[str, Any]:
    """What is told when an experiment ends: what the facts say of all its accounts from its first day to its last, or
    to the moment where that comes before; nothing where its results are recorded by people."""
    at, _ = call.doors.calendar.occurred("occurred_at", body.occurred_at, call.now)
    return {"taken": _taken(call, call.doors.access.newest.state(Experiment, call.path["id"]), at)}


def _taken(call: Call, found: Experiment, at: datetime) -> Taken:
    if found.measure not in DERIVED or found.starts_on is None or found.until is None:
        return NOTHING_TAKEN
    _must_be_up_to_date(call)
    with call.doors.reader.view(Visibility.whole(call.asker.member), as_of=at, now=call.now) as view:
        days = found.starts_on, min(found.until, day_of(view.policies.company, at))
        accounts = [*found.group, *found.control]
        results, _ = measured(view, accounts, found.measure, days, yes_or_no=found.yes_or_no)
        currency = view.currency if is_money(found.measure) and not found.yes_or_no else ""
        return Taken(results=tuple(results.values()), currency=currency, position=view.known.position)


def _must_be_up_to_date(call: Call) -> None:
    """What is drawn or counted is recorded for good: refuse while read models lack any fact."""
    head = call.doors.journal.streams.head()
    reached = min((model.position for model in call.doors.engine.status().models), default=0)
    if reached < head:
        raise NotYetThere(position=head, seconds=0, reached=reached)
