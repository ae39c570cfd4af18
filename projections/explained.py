"""What an explanation says: the events behind one figure, whose contributions add up to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from domain.errors import Refused
from projections.view import Answer

ZERO = Decimal(0)
PLACES = Decimal("0.000001")


class NotExplained(Refused):
    """There is no {what} {found} to explain; there is: {known}."""


class GroupIncomplete(Refused):
    """A figure of one group needs both `by` and `group`; stated is only {stated}: state {lacking}, too, or neither."""


class Event(msgspec.Struct, kw_only=True):
    """An event: who recorded it, and what it says in words, is put beside it at the door."""

    position: int
    occurred_at: datetime
    recorded_at: datetime | None = None
    fact: str = ""
    text: str = ""
    actor: UUID | None = None
    actor_name: str | None = None


class Because(Event, kw_only=True):
    """An event behind a figure: what it added (negative: what it took away), and which of the fields that decide the
    figure hold what it gave them."""

    contribution: Decimal
    gave: list[str]


class Share(msgspec.Struct):
    """What one opportunity (or account) adds to a figure, and the events that made it; theirs add up to its own."""

    opportunity: UUID | None
    account: UUID | None
    share: Decimal
    events: list[Because]
    title: str = ""
    external_id: str = ""
    account_name: str = ""


class Line(msgspec.Struct):
    """What else a figure is made of: a target, the mere passing of time, a border, a rounding."""

    name: str
    contribution: Decimal
    positions: list[int]


class Input(msgspec.Struct):
    """By what the figure was valued or placed: a rate, a list price, a process, an assignment, a merge; and the event
    that set it, None where KAMS ships it."""

    kind: str
    key: str
    value: str
    position: int | None
    occurred_at: datetime | None = None
    name: str = ""


class Explanation(Answer, kw_only=True):
    """Why a figure is what it is, in its `unit` (a currency, `count`, `days`, `points`, `ratio`).

    `value` = the shares on this page + `not_shown_sum` (of `not_shown` others) + the `lines`, exactly. Everything is
    valued at the rates, prices and probabilities, and placed by the assignments, as of the clocks: they are `inputs` of
    what is shown, not contributions. `missing_rates` and `missing_prices` count what stands in the cell with no value.
    A learned figure has no contributions: its `basis` says in words what it rests on.
    """

    figure: str
    question: dict[str, str]
    unit: str
    value: Decimal | None
    shares: list[Share]
    lines: list[Line] = msgspec.field(default_factory=list)
    inputs: list[Input] = msgspec.field(default_factory=list)
    count: int = 0
    not_shown: int = 0
    not_shown_sum: Decimal = ZERO
    missing_rates: dict[str, int] = msgspec.field(default_factory=dict)
    missing_prices: dict[str, int] = msgspec.field(default_factory=dict)
    basis: str = ""


class EventsAnswer(Answer, kw_only=True):
    """The events at some positions, in the order of the positions; `missing` are the positions at which there is none,
    none known yet, or none to be seen."""

    events: list[Event]
    missing: list[int] = msgspec.field(default_factory=list)


class Version(msgspec.Struct):
    """A version of a row: since when, by which event, what it added to the figure, and its deciding fields; `fields` is
    None where there was no row."""

    at: datetime
    position: int
    share: Decimal
    fields: dict[str, object] | None


def because(versions: Sequence[Version], deciding: Iterable[str], way: Iterable[str] = ()) -> list[Because]:
    """The events that made a row's share, in business order: those that changed it, and those that gave the deciding
    fields what they hold; where the `way` counts that a field took, all that changed it. Their contributions telescope,
    so they add up to the last version's share."""
    gave: dict[int, list[str]] = {}
    for field in deciding:
        if (position := begun(versions, field)) is not None:
            gave.setdefault(position, []).append(field)
    for field in way:
        for position in _changes(versions, field):
            gave.setdefault(position, []).append(field)
    found, before = [], ZERO
    for version in versions:
        contribution, before = version.share - before, version.share
        if contribution or version.position in gave:
            given = gave.get(version.position, [])
            event = Because(position=version.position, occurred_at=version.at, contribution=contribution, gave=given)
            found.append(event)
    return found


def begun(versions: Sequence[Version], field: str) -> int | None:
    """The position of the event since which a field has held what it holds in the end; None where there is no row."""
    position = None
    last = versions[-1].fields if versions else None
    if last is None:
        return None
    for version in reversed(versions):
        if version.fields is None or version.fields[field] != last[field]:
            break
        position = version.position
    return position


def _changes(versions: Sequence[Version], field: str) -> Iterable[int]:
    before: object = None
    for version in versions:
        after = version.fields[field] if version.fields else None
        if after != before:
            yield version.position
        before = after


def divided(shares: Iterable[Share], whole: Decimal) -> Decimal:
    """Makes shares and contributions parts of a whole, six digits after the point; returns what they come to."""
    shown = ZERO
    for share in shares:
        share.share = part = ZERO
        for event in share.events:
            part += event.contribution
            event.contribution = (part / whole).quantize(PLACES) - share.share
            share.share += event.contribution
        shown += share.share
    return shown


def one_of(what: str, found: str, known: Iterable[str]) -> None:
    """Raises NotExplained for what is none of those that there are."""
    names = list(known)
    if found not in names:
        raise NotExplained(what=what, found=found, known=", ".join(names))
