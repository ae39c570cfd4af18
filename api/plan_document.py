"""The plan to print: for us, or for the customer without anything that is ours alone; as a page or as text.

Nothing is loaded from elsewhere and no script runs. What the customer's document may hold is decided here, before
anything is written: what is left out of `PlanDocument` cannot get into a page.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from domain.account.dealings import Side
from domain.account_plan.situation import QUADRANTS
from domain.language.amounts import shown_amount
from domain.language.catalogue import say, term
from domain.language.days import shown_day
from domain.language.languages import spoken
from domain.objective import Metric
from domain.policies.company import Company
from projections.reporting import plain

if TYPE_CHECKING:
    from jinja2 import Template

    from api.plan_page import PlanPage
    from projections.plan_progress import MilestoneStanding, ObjectiveProgress

OURS_ALONE = (Metric.MARGIN, Metric.SHARE_OF_WALLET)
"""Metrics whose numbers are never shown to the customer."""


class DocumentAim(msgspec.Struct, frozen=True):
    """An objective as it is printed; numbers as text, empty where there are none to show."""

    title: str
    metric: str
    baseline: str
    target: str
    now: str
    until: str
    behind: bool
    below: bool


class DocumentYear(msgspec.Struct, frozen=True):
    """A fiscal year and its objectives."""

    year: int
    first: str
    last: str
    aims: list[DocumentAim]


class DocumentStone(msgspec.Struct, frozen=True):
    """A milestone as it is printed: who of a side does it, until when, how it stands."""

    title: str
    who: str
    due: str
    state: str


class PlanDocument(msgspec.Struct, frozen=True, kw_only=True):
    """All that is printed."""

    for_customer: bool
    company: str
    customer: str
    fiscal_year: int
    last_year: int
    day: date
    status: str
    revision: int
    approved: str
    agreed: str
    team: list[str]
    situation: list[tuple[str, list[str]]]
    years: list[DocumentYear]
    ours: list[DocumentStone]
    theirs: list[DocumentStone]
    lessons: str


def contents(page: PlanPage, company: Company, *, for_customer: bool) -> PlanDocument:
    """What is printed. For the customer: no private objectives and milestones, no situation, no lessons, no numbers of
    margin and share of wallet, no baselines, nothing about being behind, no names of ours beyond the team."""
    line = page.plan
    stones = [each for each in page.milestones if not (for_customer and each.private)]
    aims = {each.objective: each for each in page.objectives if not (for_customer and each.private)}
    return PlanDocument(
        for_customer=for_customer,
        company=company.name,
        customer=line.name,
        fiscal_year=line.fiscal_year,
        last_year=page.years[-1].fiscal_year,
        day=page.day,
        status=term("PlanStatus", line.status.value),
        revision=line.revision,
        approved=_approved(page, for_customer),
        agreed=_agreed(page),
        team=[_of_team(each.name, each.function) for each in page.team if each.name],
        situation=[] if for_customer else _situation(page),
        years=[
            DocumentYear(
                each.fiscal_year,
                shown_day(each.first),
                shown_day(each.last),
                [_aim(aims[one], aims, for_customer) for one in each.objectives if one in aims],
            )
            for each in page.years
        ],
        ours=[_stone(each, page, for_customer) for each in stones if each.side is Side.US],
        theirs=[_stone(each, page, for_customer) for each in stones if each.side is Side.CUSTOMER],
        lessons="" if for_customer else page.lessons or "",
    )


def document(page: PlanPage, company: Company, *, for_customer: bool) -> str:
    """The page in the spoken language."""
    d = contents(page, company, for_customer=for_customer)
    return _template().render(d=d, t=_titles(d), lang=spoken().value)


def as_text(page: PlanPage, company: Company, *, for_customer: bool) -> str:
    """The same as plain text."""
    d = contents(page, company, for_customer=for_customer)
    t = _titles(d)
    lines = [t["title"], t["years"], t["as_of"], "", t["team"], *(f"- {each}" for each in d.team)]
    for title, items in d.situation:
        lines += ["", title, *(f"- {each}" for each in items)]
    for year in d.years:
        lines += ["", f"{t['objectives']} {year.year} ({year.first} – {year.last})"]
        lines += [f"- {_aim_line(each, t)}" for each in year.aims] or [t["none"]]
    for title, stones in ((t["ours"], d.ours), (t["theirs"], d.theirs)):
        lines += ["", title]
        lines += [_stone_line(each) for each in stones]
        lines += [] if stones else [t["none"]]
    lines += ["", t["agreement"], *(each for each in (d.approved, d.agreed) if each)]
    lines += ["", f"{t['for_us']}: ____________________", f"{t['for_them']}: ____________________"]
    return "\n".join([*lines, *(["", t["lessons"], d.lessons] if d.lessons else [])]) + "\n"


def _aim_line(aim: DocumentAim, t: dict[str, str]) -> str:
    numbers = [
        f"{t[name]} {value}"
        for name, value in (("baseline", aim.baseline), ("target", aim.target), ("now", aim.now))
        if value
    ]
    until = [f"{t['until']} {aim.until}"] if aim.until else []
    return "; ".join([aim.title, aim.metric, *numbers, *until])


def _stone_line(stone: DocumentStone) -> str:
    what = " ".join(part for part in (stone.due, stone.title, stone.who and f"({stone.who})") if part)
    return f"- {what}: {stone.state}"


def _aim(aim: ObjectiveProgress, shown: Collection[UUID], for_customer: bool) -> DocumentAim:
    hidden = for_customer and aim.metric in OURS_ALONE
    return DocumentAim(
        title=aim.title,
        metric=term("Metric", aim.metric.value),
        baseline="" if for_customer else number(aim, aim.baseline),
        target="" if hidden else number(aim, aim.target),
        now="" if hidden else number(aim, aim.value),
        until=shown_day(aim.due) if aim.due else "",
        behind=aim.behind and not for_customer,
        below=aim.parent in shown,
    )


def number(aim: ObjectiveProgress, value: Decimal | None) -> str:
    """A value of an objective in its unit, as people read it; empty where there is none."""
    if value is None:
        return ""
    if aim.metric is Metric.SHARE_OF_WALLET:
        return f"{plain(100 * value):f} %"
    unit = aim.currency or (aim.unit.upper() if aim.metric is Metric.SATISFACTION else aim.unit)
    return f"{shown_amount(plain(value))} {unit}".strip()


def _stone(stone: MilestoneStanding, page: PlanPage, for_customer: bool) -> DocumentStone:
    team = {str(each.member) for each in page.team}
    who = stone.owner if stone.side is Side.US else stone.stakeholder
    known = not for_customer or stone.side is Side.CUSTOMER or str(who) in team
    name = page.people.get(str(who), "") if who and known else ""
    state = term("MilestoneState", stone.state.value)
    due = shown_day(stone.due) if stone.due else ""
    return DocumentStone(
        stone.title, name, due, f"{state} {shown_day(stone.reached_on)}" if stone.reached_on else state
    )


def _situation(page: PlanPage) -> list[tuple[str, list[str]]]:
    titles = say("Strengths"), say("Weaknesses"), say("Opportunities to use"), say("Threats")
    found = [(title, getattr(page.situation, name)) for title, name in zip(titles, QUADRANTS, strict=True)]
    return [(title, items) for title, items in found if items]


def _of_team(name: str, function: object) -> str:
    return f"{name}, {term('TeamFunction', str(function)) if function else say('account manager')}"


def _approved(page: PlanPage, for_customer: bool) -> str:
    if page.plan.approved_on is None:
        return ""
    team = {each.member for each in page.team}
    who = page.people.get(str(page.approved_by), "") if not for_customer or page.approved_by in team else ""
    if not who:
        return say("Approved on {day}", day=page.plan.approved_on)
    return say("Approved on {day} by {who}", day=page.plan.approved_on, who=who)


def _agreed(page: PlanPage) -> str:
    if page.plan.agreed_on is None:
        return ""
    who = page.people.get(str(page.agreed_by), "")
    said = say("Agreed on {day} by {who}", day=page.plan.agreed_on, who=who or page.plan.name)
    return said if page.plan.agreed_to_this else say("{said}, before it was revised", said=said)


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    source = files("api").joinpath("plan_document.html").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(source)


def _as_of(d: PlanDocument) -> str:
    if not d.revision:
        return say("As of {day}: {status}", day=d.day, status=d.status)
    return say("As of {day}: {status}, revision {revision}", day=d.day, status=d.status, revision=d.revision)


def _titles(d: PlanDocument) -> dict[str, str]:
    """The words of the document itself."""
    return {
        "title": say("Joint plan with {customer}", customer=d.customer)
        if d.for_customer
        else say("Account plan for {customer}", customer=d.customer),
        "years": say("Fiscal years {first} to {last}", first=d.fiscal_year, last=d.last_year),
        "as_of": _as_of(d),
        "team": say("Our team"),
        "situation": say("Situation"),
        "objectives": say("Objectives"),
        "objective": say("Objective"),
        "metric": say("Measured by"),
        "baseline": say("from"),
        "target": say("target"),
        "now": say("reached"),
        "until": say("until"),
        "behind": say("behind"),
        "milestones": say("Milestones"),
        "ours": say("What we do"),
        "theirs": say("What {customer} does", customer=d.customer),
        "what": say("What"),
        "who": say("Who"),
        "state": say("How it stands"),
        "agreement": say("Agreement"),
        "for_us": say("For {company}", company=d.company or say("us")),
        "for_them": say("For {company}", company=d.customer),
        "signature": say("Place, date, signature"),
        "lessons": say("What we learned"),
        "none": say("None yet."),
        "private": say("Ours alone: not for the customer."),
    }
