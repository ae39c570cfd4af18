"""A subscription (订阅): a member's standing order for events of the journal, and the transport that brings them.

How far events were delivered is no fact of the business: workers keep that beside the journal.
"""

from __future__ import annotations

import enum
from typing import Annotated
from uuid import UUID

import msgspec

from domain.aggregate import Aggregate, Event, Moment, Withdrawal, command, learn
from domain.claims import Claim
from domain.errors import Refused
from domain.member import Member
from domain.opportunity.outcome import stated
from domain.sealed import FreeText, Sealed

A_DAY = 86_400
AN_HOUR = 3_600


class Transport(enum.StrEnum):
    """How events are brought."""

    WEBHOOK = "webhook"
    VALKEY = "valkey"


class Order(enum.StrEnum):
    """What keeps its order: the events of each account, or all of them."""

    ACCOUNT = "account"
    STRICT = "strict"


class StreamFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which events: of some accounts, types (stored names) and territories (as they were when the event was recorded),
    each empty for all; with or without what was imported."""

    accounts: tuple[UUID, ...] = ()
    types: tuple[str, ...] = ()
    territories: tuple[str, ...] = ()
    imports: bool = True


EVERYTHING = StreamFilter()
LIVE_ONLY = StreamFilter(imports=False)


class SubscriptionHasEnded(Refused):
    """The subscription {name} has ended: open another one."""


class SubscriptionRuns(Refused):
    """The subscription {name} runs: resume one that is paused or disabled."""


class NoSecretToRotate(Refused):
    """The subscription {name} over {transport} signs nothing: only a webhook has a secret."""


class SubscriptionUnnamed(Refused):
    """A subscription needs a name: state one that no other has."""


@learn
class Subscription(Aggregate, eq=False):
    """A subscription as it stands: whose it is, over which transport, what it asks for, whether it runs.

    `address` is the URL of a webhook or the name of a stream; `after` the position from which it began; `paused` and
    `disabled` the reason, empty where it is not so; `behind` whether it lags more than `lag_alarm_seconds`.
    """

    name: str = ""
    owner: UUID | None = None
    transport: Transport = Transport.WEBHOOK
    address: str = ""
    secret: Sealed | None = None
    old_secret: Sealed | None = None
    old_secret_until: Moment | None = None
    filter: StreamFilter = EVERYTHING
    order: Order = Order.ACCOUNT
    personal: bool = False
    after: int = 0
    lag_alarm_seconds: int = AN_HOUR
    paused: str = ""
    disabled: str = ""
    behind: bool = False
    ended: bool = False

    @property
    def runs(self) -> bool:
        """Whether events are brought now."""
        return self.opened and not (self.paused or self.disabled or self.ended)

    def must_take(self, event: Event) -> None:
        """Nothing after its end, but taking back what was stated."""
        if self.ended and not isinstance(event, Withdrawal):
            raise SubscriptionHasEnded(name=self.name)

    class Opened(Event):
        """A member subscribed; events after the position `after` are brought."""

        opens = True

        name: str
        owner: UUID
        transport: Transport
        address: str
        secret: Sealed | None
        filter: StreamFilter
        order: Order
        personal: bool
        after: int
        lag_alarm_seconds: int

        def check(self, subscription: Subscription) -> None:
            """With a name."""
            if not self.name.strip():
                raise SubscriptionUnnamed

        def apply(self, subscription: Subscription) -> None:
            """It runs from now on."""
            for field in self.__struct_fields__:
                setattr(subscription, field, getattr(self, field))

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            """Its name, for good: all subscriptions are found by their claims."""
            return [Claim("subscription", "", self.name)]

    class Changed(Event):
        """Another address, filter, order or alarm; the whole as it is from now on."""

        address: str
        filter: StreamFilter
        order: Order
        personal: bool
        lag_alarm_seconds: int

        def apply(self, subscription: Subscription) -> None:
            """It is so from now on."""
            for field in self.__struct_fields__:
                setattr(subscription, field, getattr(self, field))

    class SecretRotated(Event):
        """Deliveries are signed with a new secret, and with the old one, too, until a moment."""

        secret: Sealed
        old_until: Moment

        def check(self, subscription: Subscription) -> None:
            """Only where something is signed."""
            if subscription.secret is None:
                raise NoSecretToRotate(name=subscription.name, transport=subscription.transport.value)

        def apply(self, subscription: Subscription) -> None:
            """The newest one signs first."""
            subscription.old_secret, subscription.old_secret_until = subscription.secret, self.old_until
            subscription.secret = self.secret

    class Paused(Event):
        """Nothing is brought until it is resumed; nothing is lost."""

        reason: str

        def check(self, subscription: Subscription) -> None:
            """With its reason."""
            stated(self.reason, "A pause")

        def apply(self, subscription: Subscription) -> None:
            """It stands still."""
            subscription.paused = self.reason

    class Disabled(Event):
        """The receiver is gone (410), or the owner may not receive any more: nothing is brought until it is resumed."""

        reason: str

        def apply(self, subscription: Subscription) -> None:
            """It stands still."""
            subscription.disabled = self.reason

    class Resumed(Event):
        """It goes on where it stood."""

        def check(self, subscription: Subscription) -> None:
            """Only what stands still."""
            if not (subscription.paused or subscription.disabled):
                raise SubscriptionRuns(name=subscription.name)

        def apply(self, subscription: Subscription) -> None:
            """It runs."""
            subscription.paused = subscription.disabled = ""

    class FellBehind(Event):
        """The oldest event that it lacks is older than its alarm allows; `position` is the last one delivered."""

        position: int
        lag_seconds: int

        def apply(self, subscription: Subscription) -> None:
            """The alarm is raised."""
            subscription.behind = True

    class CaughtUp(Event):
        """It lags no more."""

        position: int

        def apply(self, subscription: Subscription) -> None:
            """The alarm is over."""
            subscription.behind = False

    class Ended(Event):
        """It is over for good."""

        reason: str

        def apply(self, subscription: Subscription) -> None:
            """Nothing is brought any more, and what signed is not needed."""
            subscription.ended = True

    class FactWithdrawn(Withdrawal):
        """A fact about the subscription is taken back (冲销)."""

    @command
    def open(
        self,
        *,
        name: str,
        owner: UUID,
        person: Member,
        transport: Transport = Transport.WEBHOOK,
        address: str = "",
        secret: Annotated[Sealed | None, FreeText()] = None,
        filter: StreamFilter = LIVE_ONLY,  # noqa: A002 the word of the language
        order: Order = Order.ACCOUNT,
        personal: bool = False,
        after: int = 0,
        lag_alarm_seconds: int = AN_HOUR,
    ) -> None:
        """Subscribe: events after the position `after` are brought to the address."""
        person.must_be_here()
        self.record(
            self.Opened(
                name=name,
                owner=owner,
                transport=transport,
                address=address,
                secret=secret,
                filter=filter,
                order=order,
                personal=personal,
                after=after,
                lag_alarm_seconds=lag_alarm_seconds,
            )
        )

    @command
    def pause(self, *, reason: str) -> None:
        """Bring nothing until it is resumed; nothing is lost."""
        if not self.paused:
            self.record(self.Paused(reason=reason))

    @command
    def resume(self) -> None:
        """Go on where it stood, whether it was paused or disabled."""
        self.record(self.Resumed())

    @command
    def end(self, *, reason: str = "") -> None:
        """End it for good."""
        if not self.ended:
            self.record(self.Ended(reason=reason))

    def disable(self, *, reason: str) -> None:
        """A worker found that it can bring nothing any more."""
        if self.runs:
            self.record(self.Disabled(reason=reason))

    def fall_behind(self, *, position: int, lag_seconds: int) -> None:
        """A worker found that it lags more than its alarm allows."""
        if not self.behind and not self.ended:
            self.record(self.FellBehind(position=position, lag_seconds=lag_seconds))

    def catch_up(self, *, position: int) -> None:
        """A worker found that it lags no more."""
        if self.behind and not self.ended:
            self.record(self.CaughtUp(position=position))
