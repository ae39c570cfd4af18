"""One account, one opportunity, one member: as the journal has it, at two clocks, without waiting for a read model."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from api.account_page import AccountPage, account_page
from api.account_page import known as known_then
from api.asking import Clocks, Limit, Position, known, viewing
from api.endpoints import Call, Endpoint, Reply
from api.moments import When
from api.opening import opened, plain
from api.titles import openings
from domain.account.account import Account
from domain.aggregate import Aggregate, fold
from domain.errors import NotFound, Refused
from domain.member import KeyScope, Member
from domain.opportunity.opportunity import Opportunity
from projections.view import KnownAt, knowledge


class DetailQuery(msgspec.Struct, forbid_unknown_fields=True):
    """As of when, known when; default: all that is recorded."""

    as_of: When | None = None
    known_at: str | None = None


class AccountQuery(Clocks, forbid_unknown_fields=True):
    """As of when, known when; `wait_for` a position, for much of it comes from read models. The timeline has up to
    `limit` lines, `before` the position that the page before names in `timeline_next`."""

    limit: Limit = 20
    before: Position | None = None


class Detail(msgspec.Struct, kw_only=True):
    """How an answer about one thing begins."""

    as_of: datetime
    known_at: KnownAt
    complete: bool
    scope: str
    currency: str
    id: UUID
    version: int


class AccountAnswer(AccountPage, kw_only=True):
    """An account as `kams account` shows it, and with it its standing, its people and the visits planned."""

    standing: dict[str, Any]
    stakeholders: list[dict[str, Any]]
    planned_visits: list[dict[str, Any]]


class OpportunityAnswer(Detail, kw_only=True):
    """An opportunity: where it stands, its qualification and its buyers."""

    account: UUID
    title: str
    opportunity: dict[str, Any]


class KeyLine(msgspec.Struct):
    """An API key as everybody may see it."""

    id: str
    scopes: tuple[KeyScope, ...]
    expires: datetime | None


class MemberAnswer(msgspec.Struct, kw_only=True):
    """A member: roles, territories, keys (never the keys themselves)."""

    id: UUID
    version: int
    name: str | None
    email: str | None
    language: str
    external_id: str
    roles: tuple[str, ...]
    territories: tuple[str, ...]
    left: bool
    locked_out: bool
    locked_until: datetime | None
    lock_reason: str | None
    keys: list[KeyLine]
    scope: str


class NotOpenedThen(Refused):
    """There was no {kind} {id} at {as_of}: ask as of a later moment."""


def detail_endpoints() -> list[Endpoint]:
    """The details."""
    about = "as of a moment in the business, as known at a position or time."
    return [
        Endpoint(
            "GET", "/accounts/{id}", "Account.show", f"An account, {about}", _account, AccountAnswer, AccountQuery,
            tag="accounts",
        ),
        Endpoint(
            "GET", "/opportunities/{id}", "Opportunity.show", f"An opportunity, {about}", _opportunity,
            OpportunityAnswer, DetailQuery, tag="opportunities",
        ),
        Endpoint("GET", "/members/{id}", "Member.show", "A member of ours.", _member, MemberAnswer, tag="members"),
        Endpoint("GET", "/me", "me", "Who you are, and what you may see.", _me, MemberAnswer, tag="members"),
    ]  # fmt: skip


def _account(call: Call) -> Reply:
    account_id: UUID = call.path["id"]
    call.asker.must_have(KeyScope.READ)
    call.doors.access.must_see(call.asker, Account, account_id)
    journal = call.doors.journal
    query = call.query(AccountQuery)
    with viewing(call, query) as view:
        account = fold(Account, account_id, known_then(journal.streams.history(account_id), view))
        if not account.opened:
            raise NotOpenedThen(kind="account", id=account_id, as_of=view.clock.as_of.isoformat())
        people = account.stakeholders.people
        journal.people.preload(people)
        page = account_page(journal, view, account_id, limit=query.limit, before=query.before)
    answer = AccountAnswer(
        **msgspec.structs.asdict(page),
        standing=plain(call, account.standing),
        stakeholders=[{"id": key, **plain(call, person)} for key, person in people.items()],
        planned_visits=[plain(call, visit) for visit in account.visits.planned.values()],
    )
    return Reply(answer, etag=str(answer.version))


def _opportunity(call: Call) -> Reply:
    head, deal = _state(call, Opportunity)
    own = plain(call, deal, "id", "version", "latest", "opened", "account", "qualification", "buyers")
    own |= {"qualification": plain(call, deal.qualification), "buyers": plain(call, deal.buyers)}
    answer = OpportunityAnswer(**head, account=deal.account, title=_title(call, deal.id), opportunity=own)
    return Reply(answer, etag=str(answer.version))


def _state(call: Call, root: type[Any]) -> tuple[dict[str, Any], Any]:
    """The state at the clocks that the question states, and the head of its answer."""
    call.asker.must_have(KeyScope.READ)
    aggregate_id: UUID = call.path["id"]
    call.doors.access.must_see(call.asker, root, aggregate_id)
    query = call.query(DetailQuery)
    as_of = call.doors.calendar.moment("as_of", query.as_of)
    streams, wanted = call.doors.journal.streams, known(call, query.known_at)
    what = streams.read(lambda connection: knowledge(connection, wanted))
    state: Aggregate = streams.state_at(root, aggregate_id, as_of or call.now, what.position)
    if not state.opened:
        raise NotOpenedThen(kind=root.__name__.lower(), id=aggregate_id, as_of=(as_of or call.now).isoformat())
    head = {
        "as_of": as_of or call.now,
        "known_at": what,
        "complete": True,
        "scope": call.asker.visibility.scope,
        "currency": call.doors.calendar.company.currency,
        "id": aggregate_id,
        "version": state.version,
    }
    return head, state


def _title(call: Call, deal: UUID) -> str:
    """The title that the opportunity was opened with."""
    return openings(call.doors.journal, [deal])[deal].title


def _member(call: Call) -> Reply:
    call.asker.must_have(KeyScope.READ, KeyScope.ADMIN)
    return _about(call, call.doors.access.must_see_member(call.asker, call.path["id"]))


def _me(call: Call) -> Reply:
    return _about(call, call.doors.access.newest.state(Member, call.asker.member))


def _about(call: Call, member: Member) -> Reply:
    for fact in call.doors.journal.streams.history(member.id):
        if isinstance(fact.event, Member.Invited):
            invited = fact.event
            break
    else:
        raise NotFound(kind="member", key=member.id)
    answer = MemberAnswer(
        id=member.id,
        version=member.version,
        name=opened(call, invited.name, "name"),
        email=opened(call, invited.email, "email"),
        language=invited.language,
        external_id=invited.external_id,
        roles=tuple(role.value for role in member.roles),
        territories=member.territories,
        left=member.left,
        locked_out=member.locked(call.now),
        locked_until=member.lock.until if member.lock else None,
        lock_reason=opened(call, member.lock.reason, "reason") if member.lock else None,
        keys=[KeyLine(key_id, key.scopes, key.expires) for key_id, key in member.keys.items()],
        scope=call.asker.visibility.scope if member.id == call.asker.member else "",
    )
    return Reply(answer, etag=str(member.version))
