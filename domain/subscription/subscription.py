"""A subscription (订阅): a member's standing order for events of the journal, and the transport that brings them.

How far events were delivered is no fact of the business: workers keep that beside the journal.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, ClassVar
from uuid import UUID

from msgspec import UNSET, UnsetType

from domain.aggregate import Aggregate, Event, Moment, Withdrawal, command, learn
from domain.claims import Claim
from domain.errors import Refused
from domain.member import Member
from domain.opportunity.outcome import stated
from domain.sealed import FreeText, Sealed
from domain.subscription.conditions import (
    Order,
    Transport,
    must_be_named,
    must_be_possible,
    must_begin,
    must_have_room,
    must_overlap,
    must_receive,
)
from domain.subscription.filter import EVERYTHING, LIVE_ONLY, StreamFilter, WantedFilter

__all__ = ["EVERYTHING", "LIVE_ONLY", "Order", "StreamFilter", "Subscription", "Transport", "WantedFilter"]

AN_HOUR = 3_600
ANYTHING = WantedFilter()
A_DAY_IN_HOURS = 24


class SubscriptionHasEnded(Refused):
    """The subscription {name} has ended: open another one."""


class SubscriptionRuns(Refused):
    """The subscription {name} runs: resume one that is paused or disabled."""


class NoSecretToRotate(Refused):
    """The subscription {name} over {transport} signs nothing: only a webhook has a secret."""


@learn
class Subscription(Aggregate, eq=False):
    """A subscription as it stands: whose it is, over which transport, what it asks for, whether it runs.

    `address` is the URL of a webhook, empty for a stream; `after` the position from which it began; `paused` and
    `disabled` the reason, empty where it is not so; `behind` whether it lags more than `lag_alarm_seconds`.
    """

    refers_by: ClassVar[dict[str, str]] = {"Member": "owner"}

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
            """With a name that a path can hold, an address and a secret where it needs them."""
            must_be_named(self.name)
            must_begin(self.transport, self.secret, self.after)
            must_be_possible(self.transport, self.address, self.filter, self.lag_alarm_seconds)

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

        def check(self, subscription: Subscription) -> None:
            """To what it could have been opened with."""
            must_be_possible(subscription.transport, self.address, self.filter, self.lag_alarm_seconds)

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
            subscription.secret = subscription.old_secret = None

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
        filter: WantedFilter = ANYTHING,  # noqa: A002 the word of the language
        order: Order = Order.ACCOUNT,
        personal: bool = False,
        after: int = 0,
        lag_alarm_seconds: int = AN_HOUR,
        live: int = 0,
    ) -> None:
        """Subscribe: events after the position `after` are brought to the address, of what the filter names; where it
        does not say whether imported ones, too, a Valkey stream has them and a webhook has not. `live` counts the
        owner's other subscriptions that have not ended."""
        must_receive(person)
        must_have_room(owner, live)
        self.record(
            self.Opened(
                name=name,
                owner=owner,
                transport=transport,
                address=address,
                secret=secret,
                filter=filter.settled(imports=transport.imports),
                order=order,
                personal=personal,
                after=after,
                lag_alarm_seconds=lag_alarm_seconds,
            )
        )

    @command
    def change(
        self,
        *,
        address: str | UnsetType = UNSET,
        filter: WantedFilter | UnsetType = UNSET,  # noqa: A002 the word of the language
        order: Order | UnsetType = UNSET,
        personal: bool | UnsetType = UNSET,
        lag_alarm_seconds: int | UnsetType = UNSET,
    ) -> None:
        """Change what is stated, the filter as a whole: what was not delivered yet goes by it, and what was is not
        repeated."""
        changed = self.Changed(
            address=self.address if address is UNSET else address,
            filter=self.filter if filter is UNSET else filter.settled(imports=self.transport.imports),
            order=self.order if order is UNSET else order,
            personal=self.personal if personal is UNSET else personal,
            lag_alarm_seconds=self.lag_alarm_seconds if lag_alarm_seconds is UNSET else lag_alarm_seconds,
        )
        if not self.opened or any(getattr(self, name) != getattr(changed, name) for name in changed.__struct_fields__):
            self.record(changed)

    @command
    def rotate_secret(self, *, secret: Annotated[Sealed, FreeText()], old_valid_hours: int = A_DAY_IN_HOURS) -> None:
        """Sign with a new secret, and with the old one, too, for some hours: receivers take either meanwhile."""
        must_overlap(old_valid_hours)
        old_until = self.root.moment + timedelta(hours=old_valid_hours)
        self.record(self.SecretRotated(secret=secret, old_until=old_until))

    @command
    def pause(self, *, reason: str) -> None:
        """Bring nothing until it is resumed; nothing is lost."""
        if not self.paused:
            self.record(self.Paused(reason=reason))

    @command
    def resume(self, *, person: Member) -> None:
        """Go on where it stood, whether it was paused or disabled; `person` is its owner."""
        must_receive(person)
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
