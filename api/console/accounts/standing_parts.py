"""What is said of an account itself: profile, key status, credit, satisfaction, exposure, programmes; what is open with
it: visits, issues, plans."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from api.account_page import SEALED_UNDER, known
from api.console import formats
from api.console.accounts.people import team
from api.console.accounts.scope import Scope
from domain.account.account import Account
from domain.aggregate import fold
from domain.money import Money
from projections.account_figures import credit_of, satisfaction_of
from projections.exposure import exposure
from projections.issue_list import issues
from projections.names import account_names
from projections.open_items import OpenItemKind, open_items
from projections.partner_answer import PartnerStanding
from projections.plan_progress import plans
from projections.programmes import partner_of
from projections.visit_list import lines as visit_lines

YEAR = timedelta(days=365)
AHEAD = timedelta(days=366)
MOST = 60


def profile(scope: Scope) -> dict[str, Any]:
    """What was stated of the account, who of ours works for it, how it is rated."""
    account = fold(Account, scope.id, known(scope.histories.get(scope.id, []), scope.view))
    fields = {name: getattr(account.profile, name) for name in account.profile.__struct_fields__}
    stated = {name: value for name, value in fields.items() if value not in ("", None)}
    stated.pop("name", None)
    told = {name: _told(scope, name, value) for name, value in stated.items()}
    programmes: list[PartnerStanding] = partner_of(scope.view, scope.together, scope.read)
    return {
        "stated": told,
        "team": team(scope),
        "credit": credit_of(scope.view, scope.together),
        "satisfaction": satisfaction_of(scope.view, scope.together),
        "programmes": programmes,
        "status": scope.listed.status if scope.listed else None,
    }


def _told(scope: Scope, name: str, value: Any) -> str:
    """A value of the profile as people say it."""
    if isinstance(value, Money):
        return formats.money(value)
    if isinstance(value, UUID):
        return account_names(scope.view, [value]).get(value, formats.DASH)
    if name == "territory":
        territories = scope.view.policies.territories.territories
        return territories[value].name if value in territories else value
    return formats.number(value) if isinstance(value, int) else formats.word(value)


def at_risk(scope: Scope) -> dict[str, Any]:
    """What is lost if somebody leaves."""
    answer = exposure(scope.view, account=scope.id)
    return {"exposures": answer.exposures, "threads": answer.accounts, "names": scope.names}


def visits(scope: Scope) -> dict[str, Any]:
    """The visits of the last year and those that are planned, the newest first."""
    now = scope.view.clock.as_of
    found = visit_lines(scope.view, scope.together, now - YEAR, now + AHEAD)
    found.sort(key=lambda each: each.at or each.start or now, reverse=True)
    return {"visits": found[:MOST], "named": scope.named}


def issues_of(scope: Scope) -> dict[str, Any]:
    """What the customer complained about, the open ones first."""
    return {"issues": issues(scope.view, account=scope.id, read=scope.read).issues[:MOST]}


def plans_of(scope: Scope) -> dict[str, Any]:
    """The account's plans, the newest year first."""
    return {"plans": plans(scope.view, account=scope.id, every=True).plans}


def opened_items(scope: Scope) -> dict[str, Any]:
    """Everything that is open with the account, the most urgent first."""
    found = []
    for each in open_items(scope.view, scope.together)[:MOST]:
        field = SEALED_UNDER.get(each.kind)
        words = scope.read(each.words, field) or "" if each.words and field else ""
        found.append((each, words or (_invoice(each.text) if each.kind is OpenItemKind.INVOICE else "")))
    return {"items": found, "members": scope.members}


def _invoice(text: str) -> str:
    """The number of an invoice and its amount as people write it."""
    number, amount, currency = text.rsplit(" ", 2)
    return f"{number} · {formats.exact_money(Decimal(amount), currency)}"
