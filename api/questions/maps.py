"""Decision maps over HTTP: of an opportunity, of a customer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from api.asking import Clocks, question, viewing
from api.decision_maps import opened_map
from api.endpoints import Call, Endpoint, Reply
from api.moments import When
from domain.account.account import Account
from domain.aggregate import Aggregate
from domain.member import KeyScope
from domain.opportunity.opportunity import Opportunity
from projections.decision_map import DecisionMap, decision_map


class MapQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """The decision map; with `since`, what has changed since then."""

    since: When | None = None


def endpoints() -> list[Endpoint]:
    """Both maps."""
    about = "with influence, gaps and, with `since`, what changed: nodes and edges for a picture."
    of_deal, of_account = f"Who decides on an opportunity, {about}", f"The people of a customer, {about}"
    return [
        question("/opportunities/{id}/map", "Opportunity.map", of_deal, _of_deal, DecisionMap, MapQuery),
        question("/accounts/{id}/map", "Account.map", of_account, _of_account, DecisionMap, MapQuery),
    ]


def _of_deal(call: Call) -> Reply:
    return _map(call, Opportunity, opportunity=call.path["id"])


def _of_account(call: Call) -> Reply:
    return _map(call, Account, account=call.path["id"])


def _map(call: Call, root: type[Aggregate], **of: Any) -> Reply:
    query, wanted = call.query(MapQuery), next(iter(of.values()))
    assert isinstance(wanted, UUID)
    call.asker.must_have(KeyScope.READ)
    call.doors.access.must_see(call.asker, root, wanted)
    since = call.doors.calendar.moment("since", query.since)
    with viewing(call, query) as view:
        call.opened_personal = call.opened_personal or view.visibility.personal
        return Reply(opened_map(call.doors.journal, view, decision_map(view, since=since, **of)))
