"""What every what-if answers: what was overridden, field by field, what it does not touch, and at which moments."""

from __future__ import annotations

import enum
from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

import msgspec

from domain.errors import Refused
from domain.language.catalogue import say
from domain.policies.calendar import day_end, period, period_of
from domain.policies.policy import Policy
from projections.suppositions import Supposition
from projections.view import Answer, View

MOST_MOMENTS = 60
NAMED_BY = ("scope", "key", "kind", "day", "period")
"""The fields that tell the elements of lists in documents apart."""
N = TypeVar("N", int, float)


class Ends(enum.StrEnum):
    """The moments of a series: the ends of weeks (Sunday), months, quarters or years of the company's calendar."""

    WEEK_ENDS = "week-ends"
    MONTH_ENDS = "month-ends"
    QUARTER_ENDS = "quarter-ends"
    YEAR_ENDS = "year-ends"


class FieldChange(msgspec.Struct):
    """A field of a policy's document: what held as of the answer's clocks, and what is supposed; None is nothing."""

    field: str
    was: str | None
    would_be: str | None


class Overridden(msgspec.Struct):
    """A policy that is supposed instead of the one that held, which was `in_force`; `source` says whence it comes."""

    policy: str
    key: str
    source: str
    in_force: str
    fields: list[FieldChange]


class NotAffected(msgspec.Struct):
    """A policy that was supposed and changes nothing in this answer, and why."""

    policy: str
    key: str
    why: str


class WhatIfAnswer(Answer, kw_only=True):
    """How every what-if begins. `stays` says what was decided under the policies that held and stays as it was
    recorded; `recorded` counts what this question recorded: nothing, ever."""

    overridden: list[Overridden]
    not_affected: list[NotAffected]
    stays: list[str]
    recorded: int = 0


class NoMoments(Refused):
    """From {first} to {last} there is no end of a period up to {as_of}: state an earlier first or a later last day."""


class TooManyMoments(Refused):
    """{count} moments are too many: ask for {most} or fewer, with a later first day or longer periods."""


class Compared:
    """A question at some moments (of the view alone, where none are stated), each asked twice: of what was, and under
    the suppositions. `kinds` names kinds of policies as people state them."""

    def __init__(
        self,
        view: View,
        supposed: Sequence[Supposition],
        moments: Sequence[datetime] = (),
        kinds: Mapping[str, type[Policy]] | None = None,
    ) -> None:
        self._moments = list(moments) or [view.clock.as_of]
        self.now = view if self._moments[-1] == view.clock.as_of else view.at(self._moments[-1])
        self._supposed = tuple(supposed)
        self._names = {policy: name for name, policy in (kinds or {}).items()}
        self._read: set[tuple[str, str]] = set()

    def pairs(self) -> Iterator[tuple[View, View]]:
        """The views of what was and of what would be, moment by moment."""
        for moment in self._moments:
            was = self.now if moment == self.now.clock.as_of else self.now.at(moment)
            would = was.under(self._supposed)
            yield was, would
            self._read |= would.policies.read

    def about(self) -> dict[str, Any]:
        """The fields of WhatIfAnswer, once all was asked."""
        overridden = self._overridden()
        told = {(each.policy, each.key) for each in overridden}
        return {
            **self.now.head(),
            "overridden": overridden,
            "not_affected": [
                NotAffected(self._name(each.policy), each.key, say("this question does not read it"))
                for each in self._supposed
                if (each.policy.__name__, each.key) not in self._read and (self._name(each.policy), each.key) in told
            ],
            "stays": list(dict.fromkeys(self._stays())),
        }

    def _overridden(self) -> list[Overridden]:
        would, found = self.now.under(self._supposed), []
        for each in self._supposed:
            held = self.now.policies.held(each.policy, each.key)
            changes = _changes(held, would.policies.held(each.policy, each.key))
            if changes or not each.everything:
                found.append(Overridden(self._name(each.policy), each.key, each.source, _in_force(held), changes))
        return found

    def _stays(self) -> Iterator[str]:
        said = {
            "Company": say("What was decided by the gift limit and working hours of then stays as it was recorded."),
            "SalesProcess": say("Opportunities stay in the stages in which they stood; `gates` says who would not."),
            "SelectionModel": say("Key status stays as it was granted; scores stay as they were given."),
            "VisitTemplate": say("The steps of visits stay as they were logged."),
            "ServicePolicy": say("Relationship types stay as they were granted, visits as they took place."),
        }
        for each in self._overridden():
            name = next(policy.__name__ for policy, slug in self._named() if slug == each.policy)
            if name in said:
                yield said[name]

    def _named(self) -> Iterator[tuple[type[Policy], str]]:
        return ((each.policy, self._name(each.policy)) for each in self._supposed)

    def _name(self, policy: type[Policy]) -> str:
        return self._names.get(policy, policy.__name__)


def moments_of(view: View, first: date, last: date, every: Ends = Ends.MONTH_ENDS) -> list[datetime]:
    """The ends of periods from one day to another, both included, up to the view's `as_of`. Raises NoMoments and
    TooManyMoments."""
    company, found, day = view.policies.company, list[datetime](), first
    while day <= last and len(found) <= MOST_MOMENTS:
        ends = _end(view, day, every)
        moment = day_end(company, ends)
        if ends > last or moment > view.clock.as_of:
            break
        found.append(moment)
        day = ends + timedelta(days=1)
    if len(found) > MOST_MOMENTS:
        raise TooManyMoments(count=f"> {MOST_MOMENTS}", most=MOST_MOMENTS)
    if not found:
        raise NoMoments(first=first, last=last, as_of=view.clock.as_of.date())
    return found


def _end(view: View, day: date, every: Ends) -> date:
    """The last day of the period in which a day lies."""
    company = view.policies.company
    match every:
        case Ends.WEEK_ENDS:
            return day + timedelta(days=6 - day.weekday())
        case Ends.MONTH_ENDS:
            return day.replace(day=monthrange(day.year, day.month)[1])
        case Ends.QUARTER_ENDS:
            return period(company, period_of(company, day)).last
        case Ends.YEAR_ENDS:
            return period(company, period_of(company, day, "year")).last


def difference(was: N | None, would_be: N | None) -> N | None:
    """What would be less what was, to a tenth; None where one of them is not known."""
    if was is None or would_be is None:
        return None
    found: N = round(would_be - was, 1)
    return found


def _in_force(policy: Policy) -> str:
    edition = getattr(policy, "edition", None)
    if edition is None:
        return say("as it stood")
    return say("edition {edition}", edition=edition) if edition else say("as shipped")


def _changes(held: Policy, supposed: Policy) -> list[FieldChange]:
    was, would_be = (_flat(each.to_document()) for each in (held, supposed))
    fields = [*would_be, *(field for field in was if field not in would_be)]
    return [
        FieldChange(field, was.get(field), would_be.get(field))
        for field in fields
        if was.get(field) != would_be.get(field)
    ]


def _flat(value: Any, path: str = "") -> dict[str, str]:
    """A document as one line per value; elements of lists are named by what tells them apart, or else numbered."""
    if isinstance(value, dict):
        parts = [(str(key), each) for key, each in value.items()]
    elif isinstance(value, list | tuple) and any(isinstance(each, dict | list | tuple) for each in value):
        parts = [(_element(each, number), each) for number, each in enumerate(value, start=1)]
    else:
        return {path: ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)}
    found: dict[str, str] = {}
    for name, each in parts:
        found |= _flat(each, f"{path}.{name}" if path else name)
    return found


def _element(value: Any, number: int) -> str:
    named = [str(value[name]) for name in NAMED_BY if name in value] if isinstance(value, dict) else []
    return " ".join(named) or str(number)
