"""The segments (细分市场): which customers belong together, by what is known of them."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import msgspec

from domain.account.profile import AccountKind, LoyaltyClass
from domain.account.standing import RelationshipType
from domain.aggregate import Event, Withdrawal, command, learn
from domain.errors import Refused
from domain.policies.policy import Policy
from domain.selection.pareto import AbcClass


class SegmentIncomplete(Refused):
    """Segment {number} has a blank key or name: state both."""


class SegmentTwice(Refused):
    """There are two segments {segment}: each key stands once."""


class SegmentUnknown(Refused):
    """There is no segment {segment}; there are: {known}."""


class VolumesOutOfOrder(Refused):
    """The segment {segment} takes annual purchase volumes from {low} to {high}: state numbers, the first not above the
    second."""


class InAndOut(Refused):
    """The segment {segment} takes the account {account} in and leaves it out: state one of both."""


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """Customers that fulfil every criterion stated; one that is left empty asks for nothing.

    A territory stands for itself and all below it. `volume_from` ≤ annual purchase volume (年采购量) < `volume_below`,
    in the reporting currency. `labels` are the profile's segment. `include` and `exclude` are
    accounts that belong to it, or do not, whatever is known of them.
    """

    key: str
    name: str
    name_zh: str = ""
    kinds: tuple[AccountKind, ...] = ()
    industries: tuple[str, ...] = ()
    territories: tuple[str, ...] = ()
    loyalty: tuple[LoyaltyClass, ...] = ()
    relationships: tuple[RelationshipType, ...] = ()
    abc: tuple[AbcClass, ...] = ()
    volume_from: Decimal | None = None
    volume_below: Decimal | None = None
    labels: tuple[str, ...] = ()
    include: tuple[UUID, ...] = ()
    exclude: tuple[UUID, ...] = ()


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What segments ask of an account, as it stands on a day. `volume`, in the reporting currency, is what it buys in
    a year as its profile says, else what it bought of us in the last; `abc` is its class by the latter."""

    account: UUID
    kind: AccountKind
    industry: str = ""
    territories: tuple[str, ...] = ()
    loyalty: LoyaltyClass | None = None
    relationship: RelationshipType | None = None
    abc: AbcClass = AbcClass.C
    volume: Decimal = Decimal(0)
    label: str = ""


def belongs(segment: Segment, known: Known) -> bool:
    """Whether an account is in a segment: taken in by name, or by every criterion and not left out by name."""
    if known.account in segment.include or known.account in segment.exclude:
        return known.account in segment.include
    low, high = segment.volume_from, segment.volume_below
    return (
        (not segment.kinds or known.kind in segment.kinds)
        and (not segment.industries or known.industry in segment.industries)
        and (not segment.territories or not set(known.territories).isdisjoint(segment.territories))
        and (not segment.loyalty or known.loyalty in segment.loyalty)
        and (not segment.relationships or known.relationship in segment.relationships)
        and (not segment.abc or known.abc in segment.abc)
        and (not segment.labels or known.label in segment.labels)
        and (low is None or known.volume >= low)
        and (high is None or known.volume < high)
    )


@learn
class Segments(Policy, eq=False):
    """All segments of the company. `edition` is the version that an experiment names; 0 is none stated."""

    edition: int = 0
    segments: dict[str, Segment] = msgspec.field(default_factory=dict)

    class Defined(Event):
        """All segments, in an edition of their own."""

        edition: int
        segments: tuple[Segment, ...]

        def check(self, policy: Segments) -> None:
            """Segments that can be told apart, each of which somebody could belong to."""
            seen: set[str] = set()
            for number, segment in enumerate(self.segments, start=1):
                if not (segment.key.strip() and segment.name.strip()):
                    raise SegmentIncomplete(number=number)
                if segment.key in seen:
                    raise SegmentTwice(segment=segment.key)
                seen.add(segment.key)
                _see_that_it_can_have_members(segment)

        def apply(self, policy: Segments) -> None:
            """They hold from now on."""
            policy.edition = self.edition
            policy.segments = {segment.key: segment for segment in self.segments}

    class FactWithdrawn(Withdrawal):
        """A definition is taken back (冲销)."""

    @command
    def define(self, *, segments: tuple[Segment, ...]) -> None:
        """State all segments; one that is left out is there no more."""
        event = self.Defined(edition=self.root.version + 1, segments=tuple(segments))
        same = tuple(self.segments.values()) == event.segments
        if not (same and self.edition):
            self.record(event)

    def must_have(self, key: str) -> Segment:
        """The segment of a key; refuses one that is not there."""
        if key not in self.segments:
            raise SegmentUnknown(segment=key, known=", ".join(sorted(self.segments)) or "none")
        return self.segments[key]


def _see_that_it_can_have_members(segment: Segment) -> None:
    low, high = segment.volume_from, segment.volume_below
    stated = [each for each in (low, high) if each is not None]
    if not all(each.is_finite() for each in stated) or (low is not None and high is not None and low > high):
        raise VolumesOutOfOrder(segment=segment.key, low=low, high=high)
    for account in segment.include:
        if account in segment.exclude:
            raise InAndOut(segment=segment.key, account=account)
