"""The subscriptions of now, and what each of them may bring: for doors, and for workers that serve them."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from domain.errors import Refused
from domain.journal.journal import Journal
from domain.member import KeyScope, Member, MemberHasLeft
from domain.policies.territories import Territories
from domain.rights import TERRITORIES, Newest, Rights, visibility_of
from domain.subscription.conditions import must_receive
from domain.subscription.subscription import Subscription
from domain.visibility import Visibility

KIND = "subscription"
OWNER_HAS_LEFT = "its owner has left the company"
OWNER_IS_LOCKED_OUT = "its owner is locked out"
OWNER_MAY_NOT = "its owner has no role any more that may receive streams"


def subscriptions(journal: Journal) -> list[Subscription]:
    """All subscriptions in their newest states, ended ones too, by name; not to be changed. Two queries, whatever was
    changed is read anew: it may be asked each second."""
    keys = journal.streams.all_claimed(KIND, "").values()
    found = Newest(journal).states(dict.fromkeys(keys, Subscription))
    return sorted(
        (each for each in found.values() if isinstance(each, Subscription) and each.opened), key=lambda each: each.name
    )


def live_of(journal: Journal, owner: UUID) -> int:
    """How many subscriptions of an owner have not ended."""
    return sum(each.owner == owner and not each.ended for each in subscriptions(journal))


class OwnerMayNot(Exception):
    """The owner of a subscription may receive nothing now; the text says why."""


def why_not(rights: Rights, subscription: Subscription, now: datetime | None = None) -> str:
    """Why its owner may receive nothing now, for good or until somebody gives him a role again, or lets him in; empty
    where he may.
    Whoever serves a subscription asks this first, disables it with the reason, and does not go on reading for it."""
    assert subscription.owner is not None
    owner = rights.newest.state(Member, subscription.owner)
    if owner.locked(now or datetime.now(UTC)):
        return OWNER_IS_LOCKED_OUT
    try:
        must_receive(owner)
    except MemberHasLeft:
        return OWNER_HAS_LEFT
    except Refused:
        return OWNER_MAY_NOT
    return ""


def visibility_for(rights: Rights, subscription: Subscription) -> Visibility:
    """What a subscription may bring: what its owner sees now, personal data only where the subscription asks for it and
    a role of its owner may read it; nothing where the owner may receive no streams any more."""
    owner = subscription.owner
    if owner is None:
        return Visibility(member=None, personal=False, scope="nothing")
    try:
        return served_as(rights, subscription)
    except OwnerMayNot:
        return Visibility(member=owner, personal=False, scope="nothing")


def served_as(rights: Rights, subscription: Subscription) -> Visibility:
    """The same for who serves it: he must not go on behind events that he reads as nobody. Raises OwnerMayNot."""
    if reason := why_not(rights, subscription):
        raise OwnerMayNot(reason)
    owner = subscription.owner
    assert owner is not None
    found = rights.newest.states({owner: Member, TERRITORIES: Territories})
    member, territories = found[owner], found[TERRITORIES]
    assert isinstance(member, Member) and isinstance(territories, Territories)  # noqa: PT018 asked for as such
    return visibility_of(member, (KeyScope.READ,) if subscription.personal else (), territories)
