"""Questions over HTTP: the funnel, relationship health, and the lists."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from api.asking import Clocks, Limit, Which, question, viewing
from api.endpoints import Call, Endpoint, Reply
from api.identity import Named, account_of, member_of, with_external_id
from api.moments import When
from api.names import with_names
from api.pages import Page, next_page, page_of
from api.titles import openings
from domain.decodable import decodable
from domain.errors import Fault, Malformed
from domain.member import KeyScope
from domain.opportunity.opportunity import Opportunity
from projections.bridge import BridgeAnswer, bridge
from projections.conversion import ConversionAnswer, conversion
from projections.directory import (
    AccountFilters,
    AccountLine,
    OpportunityLine,
    accounts_after,
    opportunities_after,
)
from projections.engine import Status
from projections.funnel import By, FunnelAnswer, funnel
from projections.health_moved import MovedAnswer, moved
from projections.relationship_health import HealthAnswer, health
from projections.view import Answer, View

NONE = UUID(int=0)
"""The key of no opportunity."""


class FunnelQuery(Which, kw_only=True, forbid_unknown_fields=True):
    """The funnel: `from` is the day since which won and lost count; `period` that of the expected close."""

    by: By | None = None
    since: date | None = msgspec.field(default=None, name="from")


class BridgeQuery(Which, kw_only=True, forbid_unknown_fields=True):
    """The bridge between two moments; a day stands for its end; `period` is that of the expected close."""

    since: When = msgspec.field(name="from")
    to: When | None = None


class ConversionQuery(Which, kw_only=True, forbid_unknown_fields=True):
    """Conversion from stage to stage; `period` is that of the expected close."""


class HealthQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """Relationship health, of all accounts or of one; with `since`, what has moved it since then, and why."""

    account: Named | None = None
    since: When | None = None


class AccountsQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """Accounts by name; `name` is a part of it, `key` asks for key accounts or for the others, `ended` for those that
    were merged into another as well."""

    manager: Named | None = None
    territory: str = ""
    name: str = ""
    key: bool | None = None
    external_id: str = ""
    ended: bool = False
    limit: Limit = 50
    cursor: str | None = None


class OpportunitiesQuery(Which, kw_only=True, forbid_unknown_fields=True):
    """Opportunities; `outcome` is open, won, lost, disqualified or all, `period` that of the expected close."""

    external_id: str = ""
    stage: str = ""
    outcome: str = "all"
    limit: Limit = 50
    cursor: str | None = None


class AccountsAnswer(Answer, kw_only=True):
    """A page of accounts; `next` is the cursor of the following one, null on the last."""

    accounts: list[AccountLine]
    next: str | None


class OpportunitiesAnswer(Answer, kw_only=True):
    """A page of opportunities; `next` is the cursor of the following one, null on the last."""

    opportunities: list[OpportunityLine]
    next: str | None


class ModelAnswer(msgspec.Struct):
    """Where a read model stands."""

    model: str
    version: int
    position: int
    lag_seconds: float
    parked: int
    complete: bool


class StatusAnswer(msgspec.Struct):
    """Where the journal and the read models stand."""

    head: int
    models: list[ModelAnswer]


def query_endpoints() -> list[Endpoint]:
    """Everything that is asked of the read models."""
    health_about = "Relationship health of all accounts, or of one, with its reasons; with `since`, what moved it."
    conversion_about = "How many went on from stage to stage, and how long it took."
    return [
        question("/funnel", "funnel", "The funnel as of any moment.", _funnel, FunnelAnswer, FunnelQuery),
        question("/funnel/bridge", "bridge", "What changed between two moments.", _bridge, BridgeAnswer, BridgeQuery),
        question("/funnel/conversion", "conversion", conversion_about, _conversion, ConversionAnswer, ConversionQuery),
        question("/relationship-health", "health", health_about, _health, (HealthAnswer, MovedAnswer), HealthQuery),
        question("/accounts", "Account.list", "Accounts, by name.", _accounts, AccountsAnswer, AccountsQuery),
        question(
            "/opportunities", "Opportunity.list", "Opportunities.", _deals, OpportunitiesAnswer, OpportunitiesQuery
        ),
        Endpoint(
            "GET", "/projections", "projections", "Where the read models stand.", _status, StatusAnswer, tag="system"
        ),
    ]


def _clocks(query: Clocks, page: Page) -> Clocks:
    """The clocks of a list: on a following page those of the first."""
    if page.known_at is None:
        return query
    return Clocks(known_at=str(page.known_at), wait_for=query.wait_for)


def _funnel(call: Call) -> Reply:
    query = call.query(FunnelQuery)
    with viewing(call, query) as view:
        return Reply(_named(call, view, funnel(view, query.filters(call), by=query.by, since=query.since), query.by))


def _bridge(call: Call) -> Reply:
    query = call.query(BridgeQuery)
    start = call.doors.calendar.moment("from", query.since)
    end = call.doors.calendar.moment("to", query.to)
    with viewing(call, query, end) as now:
        known_at = now.clock.known_at
        with call.doors.reader.view(call.asker.visibility, as_of=start, known_at=known_at, now=call.now) as then:
            return Reply(bridge(then, now, query.filters(call)))


def _conversion(call: Call) -> Reply:
    query = call.query(ConversionQuery)
    with viewing(call, query) as view:
        return Reply(conversion(view, query.filters(call)))


def _named(call: Call, view: View, answer: Any, by: By | None) -> Any:
    """Groups of owners with their names, for those who may read them."""
    call.opened_personal = call.opened_personal or (by is By.OWNER and view.visibility.personal)
    return with_names(call.doors.journal, view, answer, by)


def _health(call: Call) -> Reply:
    query = call.query(HealthQuery)
    since = call.doors.calendar.moment("since", query.since)
    with viewing(call, query) as view:
        account = account_of(call, query.account)
        if since is None:
            return Reply(health(view, account))
        known_at = view.clock.known_at
        with call.doors.reader.view(call.asker.visibility, as_of=since, known_at=known_at, now=call.now) as then:
            return Reply(moved(then, view, account))


def _accounts(call: Call) -> Reply:
    query = call.query(AccountsQuery)
    page = page_of(query.cursor, query)
    filters = AccountFilters(
        manager=member_of(call, query.manager),
        territory=query.territory,
        name=query.name,
        key=query.key,
        external_id=query.external_id,
        ended=query.ended,
    )
    with viewing(call, _clocks(query, page), page.as_of) as view:
        after = (page.name, page.after) if page.after else None
        lines = accounts_after(view, after, query.limit + 1, filters)
        shown = lines[: query.limit]
        last = page.after_line(view.clock, shown[-1].id, shown[-1].name) if len(lines) > len(shown) else None
        return Reply(AccountsAnswer(**view.head(), accounts=shown, next=next_page(last)))


def _deals(call: Call) -> Reply:
    query = call.query(OpportunitiesQuery)
    outcomes = {"all": None, "open": "", "won": "won", "lost": "lost", "disqualified": "disqualified"}
    if query.outcome not in outcomes:
        raise Malformed(Fault("outcome", query.outcome[:80], f"expected one of {', '.join(outcomes)}"))
    page = page_of(query.cursor, query)
    key = (with_external_id(call, Opportunity, query.external_id) or NONE) if query.external_id else None
    with viewing(call, _clocks(query, page), page.as_of) as view:
        lines = opportunities_after(
            view,
            page.after,
            query.limit + 1,
            query.filters(call),
            key=key,
            outcome=outcomes[query.outcome],
            stage=query.stage,
        )
        shown = lines[: query.limit]
        _entitle(call, shown)
        last = page.after_line(view.clock, shown[-1].id) if len(lines) > len(shown) else None
        return Reply(OpportunitiesAnswer(**view.head(), opportunities=shown, next=next_page(last)))


def _entitle(call: Call, lines: list[OpportunityLine]) -> None:
    """Put titles and external ids beside the lines, from the facts that opened them."""
    opened = openings(call.doors.journal, [line.id for line in lines])
    for line in lines:
        if event := opened.get(line.id):
            line.title, line.external_id = event.title, event.external_id


def _status(call: Call) -> Reply:
    call.asker.must_have(KeyScope.READ, KeyScope.ADMIN, KeyScope.STREAM)
    return Reply(status_answer(call.doors.engine.status()))


def status_answer(status: Status) -> StatusAnswer:
    """The engine's status in the shape of `kams projections status --json`."""
    return StatusAnswer(
        status.head, [msgspec.convert(model, decodable(ModelAnswer), from_attributes=True) for model in status.models]
    )
