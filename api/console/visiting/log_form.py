"""The form by which a visit is logged: what may be chosen, and what stands there already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from api.console.frame import Frame
from api.names import member_names, stakeholder_names, with_members
from api.titles import openings
from domain.account.account import Account
from domain.account.visit_kinds import ObjectiveMet, VisitKind
from domain.account.visits import Visits
from domain.errors import Fault
from domain.language.catalogue import either, say
from domain.policies.policy import policy_id
from domain.policies.visit_template import VisitTemplate
from projections.view import View
from projections.visiting import Visited, colleagues, open_opportunities, visited

NEXT_IN = (7, 14, 30)
MINUTES = (30, 60, 90, 120)
FIRST_SHOWN = 8
CHIPS = (VisitKind.SALES_CALL, VisitKind.STORE_VISIT, VisitKind.EXCHANGE)


@dataclass(frozen=True)
class Chip:
    """Something that is tapped: its value, what it is called, what stands beside it, whether it is chosen."""

    value: str
    label: str
    note: str = ""
    chosen: bool = False


@dataclass(frozen=True)
class LogForm:
    """The form. `faults` are what was wrong, by field; `refused` says it as a whole."""

    account: UUID
    name: str
    visit: str
    key: str
    day: date
    as_of: str
    plan: Visits.VisitPlanned | None
    people: list[Chip]
    colleagues: list[Chip]
    kinds: list[Chip]
    steps: dict[str, list[Chip]]
    met: list[Chip]
    minutes: list[Chip]
    next_in: list[Chip]
    opportunities: list[Chip]
    last_at: datetime | None
    kind: str
    texts: Mapping[str, str]
    faults: Mapping[str, str] = field(default_factory=dict)
    refused: str = ""
    twice: str = ""
    """The visit that says the same, where one was found: then it is asked whether this is another."""

    def fault(self, field: str) -> str:
        """What was wrong with a field; empty where nothing was."""
        return self.faults.get(field, "")

    def text(self, field: str) -> str:
        """What was typed into a field."""
        return self.texts.get(field, "")

    @property
    def dated(self) -> date:
        """The day that was chosen, else the one that is looked at."""
        try:
            return date.fromisoformat(self.text("occurred_on"))
        except ValueError:
            return self.day

    @property
    def first_people(self) -> list[Chip]:
        """Those who are most often met, and those who are chosen."""
        return self.people[:FIRST_SHOWN]

    @property
    def other_people(self) -> list[Chip]:
        """The others."""
        return self.people[FIRST_SHOWN:]


@dataclass(frozen=True)
class Typed:
    """What was typed, by field; of several boxes a list."""

    fields: Mapping[str, list[str]]

    def one(self, name: str) -> str:
        """A field of one value."""
        return self.fields.get(name, [""])[-1].strip()

    def all(self, name: str) -> list[str]:
        """All values of a field."""
        return [each for each in self.fields.get(name, []) if each]


def form_of(
    frame: Frame[Any],
    view: View,
    account: Account,
    visit: str,
    day: date,
    typed: Typed | None = None,
    faults: list[Fault] | None = None,
    refused: str = "",
) -> LogForm:
    """The form for an account, with what was typed, else with what is likely."""
    plan = account.visits.planned.get(UUID(visit)) if visit else None
    seen = visited(view, account.id)
    kind = (typed.one("what") if typed else "") or str(
        (plan.what if plan else None) or seen.last_kind or VisitKind.SALES_CALL
    )
    met = set(typed.all("stakeholders")) if typed else {str(each) for each in plan.stakeholders} if plan else set()
    return LogForm(
        account=account.id,
        name=account.profile.name,
        visit=visit,
        key=(typed.one("_key") if typed else "") or str(uuid4()),
        day=day,
        as_of=frame.query.as_of or "",
        plan=plan,
        people=person_chips(frame, view, account, seen, met),
        colleagues=colleague_chips(frame, view, account, plan.people if plan else (), typed),
        kinds=_kinds(kind),
        steps=_steps(frame, typed),
        met=[_chosen(each.value, _words(each), typed, "objective_met") for each in ObjectiveMet],
        minutes=[_chosen(str(n), say("{n} min", n=n), typed, "minutes") for n in MINUTES],
        next_in=[_chosen(str(n), _in_days(n), typed, "next_in", _short(day + timedelta(days=n))) for n in NEXT_IN],
        opportunities=opportunity_chips(frame, view, account, plan.opportunities if plan else (), typed),
        last_at=seen.last_at,
        kind=kind,
        texts={name: typed.one(name) for name in typed.fields} if typed else {},
        faults={each.field.partition(".")[0]: each.reason for each in faults or []},
        refused=refused,
        twice=next((each.found for each in faults or [] if each.field == "twice"), ""),
    )


def template_of(frame: Frame[Any]) -> VisitTemplate:
    """The steps of each kind of visit as they are now."""
    return frame.call.doors.access.newest.state(VisitTemplate, policy_id("VisitTemplate"))


def person_chips(frame: Frame[Any], view: View, account: Account, seen: Visited, chosen: set[str]) -> list[Chip]:
    """Those who are there at the customer: who is chosen first, then who was met last."""
    names = stakeholder_names(frame.call.doors.journal, view, view.together(account.id))
    nobody = say("(sealed)")
    found = [
        Chip(key, names.get(each.stakeholder, nobody), each.title, key in chosen)
        for each in seen.people
        if (key := str(each.stakeholder))
    ]
    return sorted(found, key=lambda each: not each.chosen)


def colleague_chips(
    frame: Frame[Any], view: View, account: Account, planned: Sequence[UUID], typed: Typed | None
) -> list[Chip]:
    """Those of ours who may have been there: who asks, and the team around the customer."""
    own = frame.call.asker.member
    journal = frame.call.doors.journal
    names = with_members(journal, view, member_names(journal, view), [own])
    chosen = set(typed.all("people")) if typed else {str(each) for each in planned or (own,)}
    keys = dict.fromkeys([own, *planned, *colleagues(view, account.id)])
    return [Chip(str(key), names.get(key, say("(sealed)")), "", str(key) in chosen) for key in keys]


def _kinds(kind: str) -> list[Chip]:
    chosen = VisitKind(kind) if kind in set(VisitKind) else VisitKind.OTHER
    ordered = dict.fromkeys([chosen, *CHIPS, *VisitKind])
    return [Chip(str(each.value), _words(each), "", each is chosen) for each in ordered]


def _steps(frame: Frame[Any], typed: Typed | None) -> dict[str, list[Chip]]:
    found = {}
    for kind, template in template_of(frame).templates.items():
        done = set(typed.all(f"steps.{kind.value}")) if typed else set()
        found[str(kind.value)] = [
            Chip(step.key, either(step.name, step.name_zh), "", step.key in done) for step in template.steps
        ]
    return found


def opportunity_chips(
    frame: Frame[Any], view: View, account: Account, planned: Sequence[UUID], typed: Typed | None
) -> list[Chip]:
    """The open opportunities of the customer."""
    keys = open_opportunities(view, account.id)
    opened = openings(frame.call.doors.journal, keys)
    chosen = set(typed.all("opportunities")) if typed else {str(each) for each in planned}
    return [
        Chip(str(key), opened[key].title, opened[key].external_id, str(key) in chosen) for key in keys if key in opened
    ]


def _chosen(value: str, label: str, typed: Typed | None, name: str, note: str = "") -> Chip:
    return Chip(value, label, note, typed is not None and typed.one(name) == value)


def _words(value: Any) -> str:
    from api.console.formats import word

    return word(value)


def _short(day: date) -> str:
    from api.console.formats import day as shown

    return shown(day)


def _in_days(n: int) -> str:
    return {7: say("in a week"), 14: say("in two weeks"), 30: say("in a month")}[n]
