"""What people cannot mean: a day that was over before, an address without its sign. What other systems hand over is
taken as it is: they tell of days gone by, and have what they have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from api.console.formats import day as day_in_words
from api.endpoints import Call
from domain.errors import Fault, Malformed
from domain.language.catalogue import say
from domain.policies.calendar import day_of

AHEAD = {
    "Account.action_items.add": "due_on",
    "Account.commitments.make": "due_on",
    "Account.visits.plan": "start",
    "Account.visits.reschedule": "start",
}
"""By command the field whose day is not over on the day of the fact."""
SINCE = {"Account.hand_over": "effective_on", "Account.assign_manager": "effective_on"}
"""By command the field whose day is not before the account was there."""
ADDRESS = re.compile(r"[^@\s]@[^@\s]")
"""What each address has; there may be several, and a name beside."""


def must_be_possible(
    call: Call, command: str, body: Mapping[str, Any], shown_as: Mapping[str, str] | None = None
) -> None:
    """Refuse what nobody can mean; `shown_as` says what a form calls a field. Raises Malformed."""
    faults = [*_over(call, AHEAD.get(command, ""), body), *_no_address(body)]
    if faults:
        raise Malformed(
            *(Fault((shown_as or {}).get(each.field, each.field), each.found, each.reason) for each in faults)
        )


def must_be_there_by_then(call: Call, command: str, body: Mapping[str, Any], begun: datetime) -> None:
    """Refuse a day on which what it is about, which began at a moment, was not there yet. Raises Malformed."""
    field, company = SINCE[command], call.doors.calendar.company
    stated, first = str(body.get(field) or ""), day_of(company, begun)
    try:
        early = bool(stated) and date.fromisoformat(stated) < first
    except ValueError:
        return  # the command says what it takes
    if early:
        said = say(
            "The account was not there yet on {day}: it was registered on {first}. State that day or a later one.",
            day=day_in_words(date.fromisoformat(stated)),
            first=day_in_words(first),
        )
        raise Malformed(Fault(field, stated, said))


def _over(call: Call, field: str, body: Mapping[str, Any]) -> list[Fault]:
    company, stated = call.doors.calendar.company, str(body.get(field) or "")
    try:
        made = date.fromisoformat(str(body.get("occurred_at") or day_of(company, call.now)))
        at = datetime.fromisoformat(stated) if "T" in stated else None
        day = day_of(company, at) if at and at.tzinfo else date.fromisoformat(stated[:10])
    except ValueError:
        return []  # the command says what it takes
    if day >= made:
        return []
    said = say(
        "{day} was over when this was agreed, on {made}: state that day or a later one.",
        day=day_in_words(day),
        made=day_in_words(made),
    )
    return [Fault(field, stated, said)]


def _no_address(body: Mapping[str, Any]) -> list[Fault]:
    email = body.get("email")
    if not isinstance(email, str) or not email.strip() or ADDRESS.search(email):
        return []
    return [Fault("email", email[:80], say("This is no e-mail address: it has the form name@company.com."))]
