"""Accounts (客户): who cools and who is worth what, as a list, as a heat map of a year, as a portfolio."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

from api.asking import Clocks, LongLimit
from api.console.accounts.heat import heat_map
from api.console.accounts.lines import BEFORE, complete, filters_from, in_order, manager_names
from api.console.accounts.portfolio import portfolio_look
from api.console.addresses import plain
from api.console.frame import Frame, Moments, page
from api.console.health_words import STEADY
from api.endpoints import Endpoint
from api.identity import account_of
from domain.account.account import Account
from domain.language.catalogue import say
from projections.account_choice import Chosen, chosen, managers_of
from projections.account_list import AccountFilters
from projections.cooling import is_mostly_newly_counted, newly_counted
from projections.health_moved import moved
from projections.health_scores import days_ago
from projections.planned_alike import plan_alike
from projections.portfolio_brought import Brought, brought, of_class
from projections.portfolio_first import first_of_portfolio
from projections.view import View

ROWS = 25
SHOWN = 3
"""So many reasons of an account that cools."""
CLASSES = ("A", "B", "C")


Look = Literal["list", "heat", "portfolio"]


class AccountsQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """Which accounts, in which order (`change`, `health`, `name`, `revenue`, `pipeline`, `visit`), so many of them."""

    look: Look = "list"
    territory: str = ""
    manager: str = ""
    abc: str = ""
    key: bool = False
    q: str = ""
    sort: str = "change"
    rows: LongLimit = ROWS


class CoolestQuery(Moments, kw_only=True, forbid_unknown_fields=True):
    """Which account; without one nothing is shown."""

    account: str = ""


def endpoints() -> list[Endpoint]:
    """The page in its three looks, and why the account that stands first cools."""
    return [
        page("/accounts", "accounts", _accounts, AccountsQuery),
        page("/accounts/coolest", "accounts_coolest", _coolest, CoolestQuery),
    ]


def _accounts(frame: Frame[AccountsQuery]) -> Mapping[str, Any]:
    """The accounts that one may see: health, class, revenue, what lies ahead; heat map; portfolio."""
    query = frame.query
    with frame.view() as view:
        plan_alike(view.connection)
        shown: dict[str, Any] = {"title": say("Accounts"), **_choices(frame, view)}
        if query.look == "portfolio":
            answer = first_of_portfolio(view, _filters(frame), query.abc, query.rows)
            return shown | portfolio_look(frame, view, answer, dict(shown["managers"]))
        bought = brought(view) if query.look == "list" or query.abc else {}
        found = _chosen(frame, view, bought)
        shown["found"] = len(found)
        if query.look == "heat":
            return shown | heat_map(frame, view, found, query.rows)
        return shown | _list(frame, view, found, bought, dict(shown["managers"]))


def _chosen(frame: Frame[AccountsQuery], view: View, bought: Mapping[UUID, Brought]) -> Chosen:
    """The accounts that are chosen; what they brought only where that is shown, or chosen by."""
    found, abc = chosen(view, _filters(frame)), frame.query.abc
    return found.among(of_class(bought, abc)) if abc else found


def _filters(frame: Frame[AccountsQuery]) -> AccountFilters:
    return filters_from(frame, lambda name: plain(getattr(frame.query, name)))


def _choices(frame: Frame[AccountsQuery], view: View) -> dict[str, Any]:
    """What the filters offer."""
    territories = view.policies.territories.territories
    names = manager_names(frame, view, managers_of(view))
    return {
        "territories": [(key, each.name) for key, each in territories.items()],
        "managers": sorted(((str(key), name) for key, name in names.items()), key=lambda one: one[1]),
        "classes": CLASSES,
        "looks": [("list", say("List")), ("heat", say("Heat map")), ("portfolio", say("Portfolio"))],
        "filtered": bool(frame.query.territory or frame.query.manager or frame.query.abc or frame.query.key)
        or bool(frame.query.q.strip()),
    }


def _list(
    frame: Frame[AccountsQuery], view: View, found: Chosen, bought: Mapping[UUID, Brought], names: Mapping[str, str]
) -> dict[str, Any]:
    query = frame.query
    shown = in_order(frame, view, found, bought, query.sort, query.rows)
    complete(frame, view, found, shown, names)
    first = next(iter(shown), None)
    cools = first is not None and first.change is not None and first.change <= -STEADY
    return {
        "lines": shown,
        "coolest": first if cools and query.sort == "change" else None,
        "waits": any(line.waits for line in shown),
        "currency": view.currency,
    }


def _coolest(frame: Frame[CoolestQuery]) -> Mapping[str, Any]:
    """Why the account cools that cools most. Raises NotFound."""
    move, account = None, account_of(frame.call, frame.query.account or None)
    with frame.view() as view:
        since = days_ago(view, BEFORE)
        if account is not None:
            frame.call.doors.access.must_see(frame.call.asker, Account, account)
            then, now = view.among([account]).through([since, view.clock.as_of], of_one=True)
            move = next(iter(moved(then, now, account).accounts), None)
        falls = [each for each in move.components if each.points < 0] if move else []
        change = move.after - move.before if move and move.after is not None and move.before is not None else 0.0
        return {
            "title": say("This account cools most"),
            "coolest": move,
            "falls": sorted(falls, key=lambda each: each.points)[:SHOWN],
            "newly": newly_counted(falls) if is_mostly_newly_counted(change, falls) else 0,
            "since": since,
            "days": BEFORE,
        }
