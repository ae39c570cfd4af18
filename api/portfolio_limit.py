"""How many key accounts the company has when another is granted, which the door tells the command."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from api.endpoints import Call
from domain.account.standing import Standing
from domain.visibility import Visibility
from projections.key_accounts import key_accounts
from projections.key_status import KEY_STATUS

ENOUGH = 10_000
CHANGES = (Standing.KeyStatusGranted, Standing.KeyStatusWithdrawn)


def count_of_key_accounts(call: Call, at: datetime, account: UUID) -> int:
    """The key accounts of the whole company at a moment, but for this one: by the rows, and by what was recorded
    since these were brought up to date, so that grants given one after the other count each other."""
    taken = next((m.position for m in call.doors.engine.status().models if m.model == KEY_STATUS.name), 0)
    with call.doors.reader.view(Visibility.whole(), as_of=at, now=call.now) as view:
        found = key_accounts(view)
        for fact in call.doors.journal.streams.facts(taken, ENOUGH, [event.topic for event in CHANGES]):
            if fact.occurred_at <= at:
                which = view.leads_to(fact.originator_id)
                (found.add if isinstance(fact.event, Standing.KeyStatusGranted) else found.discard)(which)
        return len(found - {view.leads_to(account)})


def key_accounts_then(call: Call, body: Any) -> dict[str, Any]:
    """What is told when key status is granted: how many key accounts there are besides."""
    at, _ = call.doors.calendar.occurred("occurred_at", body.occurred_at, call.now)
    return {"key_accounts": count_of_key_accounts(call, at, call.path["id"])}
