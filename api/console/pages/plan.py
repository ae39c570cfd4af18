"""Account plans (大客户发展计划): which there are, and one with its objectives against their lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from api.account_page import known
from api.console.formats import DASH, money, number
from api.console.frame import HTML, Frame, Moments, page
from api.endpoints import Call, Endpoint, Reply
from api.identity import Named, account_of, identified
from api.names import member_names, opening, stakeholder_names, with_members
from api.plan_document import document
from api.plan_page import PlanPage, plan_page
from api.questions.plans import FRAME
from api.timeline import timeline, titles_of_parts
from domain.account.dealings import Side
from domain.account_plan.account_plan import AccountPlan
from domain.account_plan.objective_terms import CSAT, NPS
from domain.account_plan.situation import QUADRANTS
from domain.language.catalogue import say
from domain.member import KeyScope
from domain.objective import Metric
from projections.plan_first import first_plans
from projections.plan_measures import MilestoneState
from projections.plan_progress import ObjectiveProgress
from projections.view import View

SHOWN = 50
LINES = 60
OF_MONEY = (Metric.REVENUE, Metric.MARGIN, Metric.NEW_PRODUCT)
TONES = {
    MilestoneState.REACHED: "good",
    MilestoneState.REACHED_LATE: "warn",
    MilestoneState.DUE: "warn",
    MilestoneState.MISSED: "bad",
    MilestoneState.TO_COME: "plain",
}


class ListQuery(Moments, kw_only=True, forbid_unknown_fields=True):
    """Which plans: of a customer, of a fiscal year, closed ones too, so many of them."""

    account: Named | None = None
    fiscal_year: int | None = None
    all: bool = False
    shown: int = SHOWN


@dataclass(frozen=True)
class Goal:
    """An objective as a bar: where it stands and where its straight line is, as shares of the way to the target."""

    objective: ObjectiveProgress
    share: float
    mark: float

    @property
    def tone(self) -> str:
        """How it looks."""
        if self.objective.value is None:
            return "plain"
        return "bad" if self.objective.behind else "warn" if self.share < self.mark else "good"

    @property
    def words(self) -> str:
        """How far it is, in words."""
        if self.objective.value is None:
            return say("nothing known yet")
        if self.objective.behind:
            return say("behind its line")
        return say("a little short of its line") if self.share < self.mark else say("on its line or ahead")


def endpoints() -> list[Endpoint]:
    """The list, one plan, and the customer's document."""
    about = "The plan as a page to print, for the customer or for us."
    path, name = "/console/plan/{id}/document", "console.plan_document"
    printed = Endpoint("GET", path, name, about, _document, bytes, DocumentQuery, media=HTML, etag=False, session=True)
    return [page("/plans", "plan_list", _listed, ListQuery), page("/plan/{id}", "plan", _shown), printed]


class DocumentQuery(Moments, kw_only=True, forbid_unknown_fields=True):
    """For whom it is printed."""

    ours: bool = False


def _listed(frame: Frame[ListQuery]) -> Mapping[str, Any]:
    """Account plans, the newest fiscal year first."""
    query = frame.query
    account = account_of(frame.call, query.account)
    with frame.view() as view:
        year, shown = query.fiscal_year, max(query.shown, 1)
        answer = first_plans(view, shown, account=account, fiscal_year=year, every=query.all)
        return {
            "title": say("Account plans"),
            "lines": answer.plans,
            "more": answer.not_shown,
            "next_shown": query.shown + SHOWN,
        }


def _shown(frame: Frame[Moments]) -> Mapping[str, Any]:
    """One plan: objectives, milestones of both sides, the situation, who approved and agreed."""
    key = _seen(frame.call)
    journal = frame.call.doors.journal
    with frame.view() as view:
        frame.may_read_people(view)
        found = plan_page(journal, view, key)
        facts = known(journal.streams.history(key), view)
        actors = {fact.actor for fact in facts if fact.actor}
        theirs = stakeholder_names(journal, view, view.together(found.plan.account))
        ours = with_members(journal, view, member_names(journal, view), actors)
        names = {**ours, **theirs, **titles_of_parts(facts)}
        told, _ = timeline(facts, LINES, None, names, opening(journal, view))
        return {
            "title": say("Plan {year} · {name}", year=found.plan.fiscal_year, name=found.plan.name),
            "plan": found.plan,
            "found": found,
            "years": [(year, [_goal(each) for each in _of(found, year.objectives)]) for year in found.years],
            "sides": [(side, [each for each in found.milestones if each.side is side]) for side in Side],
            "quadrants": [(name, getattr(found.situation, name)) for name in QUADRANTS],
            "name_of": lambda key: found.people.get(str(key), ""),
            "amount": amount,
            "tones": TONES,
            "told": told,
            "missing": found.missing_rates,
        }


def _seen(call: Call) -> UUID:
    call.asker.must_have(KeyScope.READ)
    key = identified(call, AccountPlan, str(call.path["id"]))
    call.doors.access.must_see(call.asker, AccountPlan, key)
    return key


def _document(call: Call) -> Reply:
    query, key = call.query(DocumentQuery), _seen(call)
    frame = Frame(call, query)
    with frame.view() as view:
        call.exported = frame.may_read_people(view) or True
        made = document(_page(call, view, key), view.policies.company, for_customer=not query.ours)
    return Reply(made.encode(), headers=FRAME)


def _page(call: Call, view: View, key: UUID) -> PlanPage:
    return plan_page(call.doors.journal, view, key)


def _of(found: PlanPage, wanted: list[UUID]) -> list[ObjectiveProgress]:
    return [each for each in found.objectives if each.objective in wanted]


def _goal(one: ObjectiveProgress) -> Goal:
    way = (one.target or Decimal(0)) - (one.baseline or Decimal(0))
    return Goal(one, _share(one.value, one.baseline, way), _share(one.expected, one.baseline, way))


def _share(value: Decimal | None, baseline: Decimal | None, way: Decimal) -> float:
    if value is None or not way:
        return 0.0
    return min(max(float((value - (baseline or Decimal(0))) / way), 0.0), 1.0)


def amount(one: ObjectiveProgress, value: Decimal | None) -> str:
    """A value of an objective in the unit of its metric."""
    if value is None:
        return DASH
    if one.metric in OF_MONEY and one.currency:
        return money(value, one.currency)
    unit = one.unit.upper() if one.unit in (NPS, CSAT) else one.unit
    return f"{number(value, 1)} {unit}".strip()
