"""What people name in paths and filters: by its identifier, or by the external id that it has in another system."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

import msgspec

from api.endpoints import Call
from api.named import named
from api.nouns import NOUNS
from domain.account.account import Account
from domain.account_plan.account_plan import AccountPlan
from domain.aggregate import Aggregate
from domain.belonging import COMPANYWIDE
from domain.decodable import decodable
from domain.errors import NotFound
from domain.member import Member
from domain.subscription.subscription import Subscription

Named = Annotated[str, msgspec.Meta(description="An identifier, or an external id.", min_length=1, max_length=200)]
BY_NOUN: dict[str, type[Aggregate]] = {**{noun: root for root, noun in NOUNS.items()}, "subscriptions": Subscription}
OF_A_YEAR = re.compile(r"(.+):(\d{4})")
"""A plan named by its account and fiscal year."""


def path_of(call: Call, path: str) -> dict[str, Any]:
    """The parameters of a path, with an identifier for what it names. Raises NotFound."""
    root = BY_NOUN.get(path.split("/")[1])
    if root is None or "id" not in call.path:
        return call.path
    stated = call.path["id"]
    found = identified(call, root, stated)
    if not is_identifier(stated):
        _must_see(call, root, found)
    return {**call.path, "id": found}


def account_of(call: Call, stated: str | None) -> UUID | None:
    """The account that a filter names. Raises NotFound where there is none of that external id to be seen."""
    if stated is None:
        return None
    found = identified(call, Account, stated)
    if not is_identifier(stated):
        _must_see(call, Account, found)
    return found


def member_of(call: Call, stated: str | None) -> UUID | None:
    """The member that a filter names. Raises NotFound where there is none of that external id."""
    return None if stated is None else identified(call, Member, stated)


def identified(call: Call, root: type[Aggregate], stated: str) -> UUID:
    """The identifier that is stated, or the one of what has the external id. Raises NotFound."""
    if is_identifier(stated):
        return named(UUID(stated), stated)
    found = with_external_id(call, root, stated)
    if found is None:
        raise NotFound(kind=root.__name__.lower(), key=stated[:80])
    return named(found, stated)


def by_what_was_stated(refusal: NotFound, stated: Mapping[UUID, str]) -> NotFound:
    """What is not there, or may not be seen, by the name that was asked for and not by the identifier behind it: that
    would tell that there is such a thing."""
    details = refusal.details
    for found, text in stated.items():
        if text and str(details.get("key")) == str(found):
            return NotFound(kind=details["kind"], key=text[:80])
    return refusal


def with_external_id(call: Call, root: type[Aggregate], external_id: str) -> UUID | None:
    """What has an external id, by the journal's claims of now; a plan also as that of its account and fiscal year, such
    as A-1:2026."""
    if "\0" in external_id:
        return None
    found = call.doors.journal.streams.claimed(root.__name__.lower(), "", [external_id]).get(external_id)
    if found is None and root is AccountPlan and OF_A_YEAR.fullmatch(external_id):
        return _plan_of_a_year(call, *external_id.rsplit(":", 1))
    return found


def _plan_of_a_year(call: Call, account: str, year: str) -> UUID | None:
    whose = UUID(account) if is_identifier(account) else with_external_id(call, Account, account)
    return None if whose is None else call.doors.journal.streams.claimed("plan-year", str(whose), [year]).get(year)


def is_identifier(stated: str) -> bool:
    """Whether a text is a UUID."""
    try:
        msgspec.convert(stated, decodable(UUID))
    except msgspec.ValidationError:
        return False
    return True


def _must_see(call: Call, root: type[Aggregate], found: UUID) -> None:
    if root is Member:
        call.doors.access.must_see_member(call.asker, found)
    elif root is Subscription:
        call.doors.access.must_see_subscription(call.asker, found)
    elif root in COMPANYWIDE:
        call.doors.access.must_be_there(root, found)
    else:
        call.doors.access.must_see(call.asker, root, found)
