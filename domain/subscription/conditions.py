"""What a subscription may be opened with, and what it may become."""

from __future__ import annotations

import enum
import re
from uuid import UUID

from domain.errors import Refused
from domain.member import Member, Role
from domain.sealed import Sealed
from domain.subscription.address import AddressNotNeeded, must_be_an_address
from domain.subscription.filter import StreamFilter

SHORTEST_ALARM = 10
LONGEST_ALARM = 30 * 86_400
LONGEST_OVERLAP = 30 * 24
MOST_PER_OWNER = 100
SUBSCRIBE = frozenset({Role.INTEGRATOR, Role.ADMIN})
"""The roles whose members may subscribe."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")


class Transport(enum.StrEnum):
    """How events are brought."""

    WEBHOOK = "webhook"
    VALKEY = "valkey"

    @property
    def imports(self) -> bool:
        """Whether it brings what was imported where a filter does not say: a webhook would flood its receiver."""
        return self is Transport.VALKEY


class Order(enum.StrEnum):
    """What keeps its order: the events of each account, or all of them."""

    ACCOUNT = "account"
    STRICT = "strict"


class SecretMissing(Refused):
    """A webhook signs what it delivers: hand in the secret that the door has made."""


class SecretNotNeeded(Refused):
    """A subscription over {transport} signs nothing: leave the secret out."""


class OldSecretTooLong(Refused):
    """The old secret cannot stay valid for {hours} hours: state 0 to {most}."""


class SubscriptionUnnamed(Refused):
    """{found} cannot name a subscription: state 1 to 60 letters, digits, dots, hyphens or underscores, beginning with a
    letter or digit."""


class LagAlarmOutOfRange(Refused):
    """The alarm cannot wait for {seconds} seconds: state {least} to {most}."""


class PositionNegative(Refused):
    """There is no position {after}: state 0 for everything from the beginning, or the last position that is known."""


class TooManySubscriptions(Refused):
    """{owner} has {live} subscriptions that have not ended, and at most {most} are possible: end one first."""


class OwnerMayNotReceive(Refused):
    """{owner} may receive no stream any more: the owner of a subscription needs one of the roles {needed}; roles held:
    {held}."""


def must_receive(person: Member) -> None:
    """Refuse a member who may receive no streams: one who has left, or holds none of the roles."""
    person.must_be_here()
    if SUBSCRIBE.isdisjoint(person.roles):
        needed, held = (", ".join(sorted(role.value for role in roles)) for roles in (SUBSCRIBE, person.roles))
        raise OwnerMayNotReceive(owner=person.id, needed=needed, held=held or "-")


def must_be_named(name: str) -> None:
    """Refuse a name that no path can hold."""
    if not _NAME.fullmatch(name):
        raise SubscriptionUnnamed(found=name[:80], field="name")


def must_begin(transport: Transport, secret: Sealed | None, after: int) -> None:
    """Refuse a webhook without a secret, another transport with one, and a position before the beginning."""
    if transport is Transport.WEBHOOK and secret is None:
        raise SecretMissing
    if transport is not Transport.WEBHOOK and secret is not None:
        raise SecretNotNeeded(transport=transport.value)
    if after < 0:
        raise PositionNegative(after=after)


def must_be_possible(transport: Transport, address: str, wanted: StreamFilter, lag_alarm_seconds: int) -> None:
    """Refuse what a subscription over this transport can never be, opened or changed."""
    if transport is Transport.WEBHOOK:
        must_be_an_address(address)
    elif address:
        raise AddressNotNeeded(transport=transport.value, field="address")
    wanted.must_be_possible()
    if not SHORTEST_ALARM <= lag_alarm_seconds <= LONGEST_ALARM:
        raise LagAlarmOutOfRange(
            seconds=lag_alarm_seconds, least=SHORTEST_ALARM, most=LONGEST_ALARM, field="lag_alarm_seconds"
        )


def must_overlap(hours: int) -> None:
    """Refuse an old secret that stays valid for ever."""
    if not 0 <= hours <= LONGEST_OVERLAP:
        raise OldSecretTooLong(hours=hours, most=LONGEST_OVERLAP, field="old_valid_hours")


def must_have_room(owner: UUID, live: int) -> None:
    """Refuse one subscription too many."""
    if live >= MOST_PER_OWNER:
        raise TooManySubscriptions(owner=owner, live=live, most=MOST_PER_OWNER)
