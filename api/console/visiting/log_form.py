"""The form by which a visit is logged: what may be chosen, and what stands there already."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from api.console.formats import day as day_in_words
from api.console.formats import word
from api.console.frame import Frame
from api.console.visiting.form import AboutVisit, Asking, Chip, about
from domain.account.visit_kinds import ObjectiveMet, VisitKind
from domain.account.visits import Visits
from domain.language.catalogue import either, say
from domain.policies.policy import policy_id
from domain.policies.visit_template import VisitTemplate
from projections.visiting import visited

NEXT_IN = (7, 14, 30)
MINUTES = (30, 60, 90, 120)
FIRST_SHOWN = 8
CHIPS = (VisitKind.SALES_CALL, VisitKind.STORE_VISIT, VisitKind.EXCHANGE)


@dataclass(frozen=True, kw_only=True)
class LogForm(AboutVisit):
    """The form. `twice` is the visit that says the same, where one was found: it is asked whether this is another."""

    visit: str
    day: date
    plan: Visits.VisitPlanned | None
    kinds: list[Chip]
    steps: dict[str, list[Chip]]
    met: list[Chip]
    minutes: list[Chip]
    next_in: list[Chip]
    kind: str
    twice: str

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


def log_form(asking: Asking) -> LogForm:
    """The form for an account, with what was typed, else with what is likely."""
    account, day = asking.account, asking.day
    plan = account.visits.planned.get(UUID(asking.visit)) if asking.visit else None
    seen = visited(asking.view, account.id)
    kind = asking.one("what") or str((plan.what if plan else None) or seen.last_kind or VisitKind.SALES_CALL)
    planned = (plan.stakeholders, plan.people, plan.opportunities) if plan else ()
    return LogForm(
        **about(asking, seen, *planned),
        visit=asking.visit,
        day=day,
        plan=plan,
        kinds=_kinds(kind),
        steps=_steps(asking),
        met=[_chosen(asking, each.value, word(each), "objective_met") for each in ObjectiveMet],
        minutes=[_chosen(asking, str(n), say("{n} min", n=n), "minutes") for n in MINUTES],
        next_in=[
            _chosen(asking, str(n), _in_days(n), "next_in", day_in_words(day + timedelta(days=n))) for n in NEXT_IN
        ],
        kind=kind,
        twice=next((each.found for each in asking.faults if each.field == "twice"), ""),
    )


def template_of(frame: Frame[Any]) -> VisitTemplate:
    """The steps of each kind of visit as they are now."""
    return frame.call.doors.access.newest.state(VisitTemplate, policy_id("VisitTemplate"))


def _kinds(kind: str) -> list[Chip]:
    chosen = VisitKind(kind) if kind in set(VisitKind) else VisitKind.OTHER
    ordered = dict.fromkeys([chosen, *CHIPS, *VisitKind])
    return [Chip(str(each.value), word(each), "", each is chosen) for each in ordered]


def _steps(asking: Asking) -> dict[str, list[Chip]]:
    found = {}
    for kind, of_kind in template_of(asking.frame).templates.items():
        done = asking.all(f"steps.{kind.value}")
        found[str(kind.value)] = [
            Chip(step.key, either(step.name, step.name_zh), "", step.key in done) for step in of_kind.steps
        ]
    return found


def _chosen(asking: Asking, value: str, label: str, name: str, note: str = "") -> Chip:
    return Chip(value, label, note, asking.one(name) == value)


def _in_days(n: int) -> str:
    return {7: say("in a week"), 14: say("in two weeks"), 30: say("in a month")}[n]
