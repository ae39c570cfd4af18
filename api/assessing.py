"""Assessing a member's skill: who confirms a level is who asks, and what the rule proposes is computed here."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from api.endpoints import Call
from domain.policies.calendar import period
from domain.visibility import Visibility
from projections.scorecards import propose


def assessed(call: Call, body: Any) -> dict[str, Any]:
    """What the door states about an assessment: the proposal as of the moment that it is about, by what is known now.
    Raises NotYetReady, PeriodUnknown."""
    call.doors.readiness.must_be_filled()
    member: UUID = call.path["id"]
    at, _ = call.doors.calendar.occurred("occurred_at", body.occurred_at, call.now)
    period(call.doors.calendar.company, body.period)
    with call.doors.reader.view(Visibility.whole(call.asker.member), as_of=at, now=call.now) as view:
        proposal = propose(view, member, body.dimension, body.period)
    return {"confirmed_by": call.asker.member, "computed": proposal}
