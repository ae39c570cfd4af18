"""Replay over HTTP."""

from __future__ import annotations

from typing import Annotated

import msgspec

from api.asking import Clocks, LongLimit, Position, question, viewing
from api.endpoints import Call, Endpoint, Reply
from api.identity import Named, account_of, identified
from api.opening import opened
from api.replay import Replay, ReplayAnswer, at_its_time
from api.replay_state import Open
from domain.account.account import Account
from domain.member import KeyScope
from domain.opportunity.opportunity import Opportunity

Number = Annotated[int, msgspec.Meta(ge=1, le=2**53)]


class ReplayQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """Which steps: number `step` alone; else the last `limit`, or those before the fact at the position `before`, as
    the answer before names it in `earlier`. With `known_at` and without `as_of`: as of when that was recorded."""

    step: Number | None = None
    before: Position | None = None
    limit: LongLimit = 100
    opportunity: Named | None = None


def endpoints() -> list[Endpoint]:
    """The replay of an account."""
    about = "An account and its opportunities event by event; with `known_at`, what became known since."
    return [question("/audit/replay/{id}", "replay", about, _replay, ReplayAnswer, ReplayQuery)]


def _replay(call: Call) -> Reply:
    query = call.query(ReplayQuery)
    call.asker.must_have(KeyScope.READ)
    account = account_of(call, call.path["id"])
    assert account is not None
    call.doors.access.must_see(call.asker, Account, account)
    deal = identified(call, Opportunity, query.opportunity) if query.opportunity else None
    with viewing(call, query) as view:
        if query.known_at is None:
            return _reply(call, Replay(call.doors.journal, view, account, _open(call), opportunity=deal), query)
        then = at_its_time(view) if query.as_of is None else view
        visibility = call.asker.visibility
        with call.doors.reader.view(visibility, as_of=then.clock.as_of, now=call.now) as now:
            replay = Replay(call.doors.journal, then, account, _open(call), opportunity=deal, now=now)
            return _reply(call, replay, query)


def _open(call: Call) -> Open:
    return lambda sealed, field: opened(call, sealed, field)


def _reply(call: Call, replay: Replay, query: ReplayQuery) -> Reply:
    call.opened_personal = call.opened_personal or call.asker.visibility.personal
    return Reply(replay.step(query.step) if query.step else replay.stretch(query.limit, query.before))
