"""What the forms about visits have in common: what each is made of, and what may be tapped on it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from api.console.frame import Frame, Moments
from api.console.visiting.asked import day_asked
from api.console.visiting.typed import Typed
from api.identity import is_identifier
from api.names import member_names, stakeholder_names, with_members
from api.titles import openings
from domain.account.account import Account
from domain.errors import Fault
from domain.language.catalogue import say
from projections.view import View
from projections.visiting import Visited, colleagues, open_opportunities


class VisitFormQuery(Moments, kw_only=True, forbid_unknown_fields=True):
    """Whose visit it is, and which planned one; `name` looks for an account."""

    account: str = ""
    visit: str = ""
    name: str = ""


@dataclass(frozen=True)
class Asking:
    """What a form is made of: for whom, and what was typed and wrong, if it was sent."""

    frame: Frame[VisitFormQuery]
    view: View
    account: Account
    typed: Typed | None = None
    faults: list[Fault] = field(default_factory=list)
    refused: str = ""

    @property
    def visit(self) -> str:
        """The planned visit that is named; empty without one."""
        stated = self.frame.query.visit
        return stated if is_identifier(stated) else ""

    @property
    def day(self) -> date:
        """The day that is looked at."""
        return day_asked(self.view)

    def one(self, name: str, usual: str = "") -> str:
        """What was typed into a field; `usual` before anything was."""
        return usual if self.typed is None else self.typed.one(name)

    def all(self, name: str, usual: Collection[UUID] = ()) -> set[str]:
        """What was chosen of several; `usual` before anything was."""
        return {str(each) for each in usual} if self.typed is None else set(self.typed.all(name))


@dataclass(frozen=True)
class Chip:
    """Something that is tapped: its value, what it is called, what stands beside it, whether it is chosen."""

    value: str
    label: str
    note: str = ""
    chosen: bool = False


@dataclass(frozen=True, kw_only=True)
class AboutVisit:
    """A form about a visit to an account. `faults` are what was wrong, by field; `refused` says it as a whole."""

    account: UUID
    name: str
    key: str
    as_of: str
    people: list[Chip]
    colleagues: list[Chip]
    opportunities: list[Chip]
    last_at: datetime | None
    texts: Mapping[str, str]
    faults: Mapping[str, str]
    refused: str

    def fault(self, name: str) -> str:
        """What was wrong with a field; empty where nothing was."""
        return self.faults.get(name, "")

    def text(self, name: str) -> str:
        """What was typed into a field."""
        return self.texts.get(name, "")


def about(
    asking: Asking,
    seen: Visited,
    met: Collection[UUID] = (),
    ours: Sequence[UUID] = (),
    opportunities: Collection[UUID] = (),
) -> dict[str, Any]:
    """What every form about a visit holds; whom it is meant to meet, who of us goes there, for which opportunities,
    where that is planned."""
    typed = asking.typed
    return {
        "account": asking.account.id,
        "name": asking.account.profile.name,
        "key": asking.one("_key") or str(uuid4()),
        "as_of": asking.frame.query.as_of or "",
        "people": _person_chips(asking, seen, asking.all("stakeholders", met)),
        "colleagues": _colleague_chips(asking, ours),
        "opportunities": _opportunity_chips(asking, asking.all("opportunities", opportunities)),
        "last_at": seen.last_at,
        "texts": {name: typed.one(name) for name in typed.fields} if typed else {},
        "faults": {each.field.partition(".")[0]: each.reason for each in asking.faults},
        "refused": asking.refused,
    }


def _person_chips(asking: Asking, seen: Visited, chosen: set[str]) -> list[Chip]:
    """Those who are there at the customer: who is chosen first, then who was met last."""
    journal, view = asking.frame.call.doors.journal, asking.view
    names = stakeholder_names(journal, view, view.together(asking.account.id))
    nobody = say("(sealed)")
    found = [
        Chip(key, names.get(each.stakeholder, nobody), each.title, key in chosen)
        for each in seen.people
        if (key := str(each.stakeholder))
    ]
    return sorted(found, key=lambda each: not each.chosen)


def _colleague_chips(asking: Asking, planned: Sequence[UUID]) -> list[Chip]:
    """Those of ours who may have been there: who asks, and the team around the customer."""
    own, journal, view = asking.frame.call.asker.member, asking.frame.call.doors.journal, asking.view
    names = with_members(journal, view, member_names(journal, view), [own])
    chosen = asking.all("people", planned or (own,))
    keys = dict.fromkeys([own, *planned, *colleagues(view, asking.account.id)])
    return [Chip(str(key), names.get(key, say("(sealed)")), "", str(key) in chosen) for key in keys]


def _opportunity_chips(asking: Asking, chosen: set[str]) -> list[Chip]:
    """The open opportunities of the customer."""
    keys = open_opportunities(asking.view, asking.account.id)
    opened = openings(asking.frame.call.doors.journal, keys)
    return [
        Chip(str(key), opened[key].title, opened[key].external_id, str(key) in chosen) for key in keys if key in opened
    ]
