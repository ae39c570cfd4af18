"""Account plans over HTTP: which there are, how far one is, and the plan to print."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

import msgspec

from api.asking import Clocks, Limit, question, viewing
from api.endpoints import Call, Endpoint, Reply
from api.identity import Named, account_of
from api.plan_document import document
from api.plan_page import PlanPage, plan_page
from domain.account_plan.account_plan import AccountPlan
from domain.language.languages import Language, speaking, spoken
from domain.member import KeyScope
from projections.plan_progress import PlansAnswer, plans
from projections.view import View

HTML = "text/html"
FRAME = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"}
Year = Annotated[int, msgspec.Meta(ge=1900, le=2999)]


class PlansQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """The plans that are not closed, or `all`: of an account, of a fiscal year."""

    account: Named | None = None
    fiscal_year: Year | None = None
    all: bool = False
    limit: Limit = 50


class PlanQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """As of when, known when."""


class DocumentQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """For whom it is printed: `us`, or the `customer`, whose document has nothing that is ours alone; in which
    language."""

    whom: Literal["us", "customer"] = msgspec.field(name="for", default="us")
    lang: Literal["en", "zh"] | None = None


def endpoints() -> list[Endpoint]:
    """Plans, one plan, and its document."""
    listed = "Account plans: how far each is, what is behind, which milestones are missed or due."
    one = "An account plan: objectives against their straight lines, milestones, three years, the situation."
    printed = "The plan as a page to print, for us or for the customer: without scripts and without other addresses."
    page = question("/plans/{id}/document", "AccountPlan.document", printed, _document, str, DocumentQuery)
    return [
        question("/plans", "plans", listed, _plans, PlansAnswer, PlansQuery),
        question("/plans/{id}", "AccountPlan.page", one, _plan, PlanPage, PlanQuery),
        replace(page, media=HTML),
    ]


def _plans(call: Call) -> Reply:
    query = call.query(PlansQuery)
    account = account_of(call, query.account)
    with viewing(call, query) as view:
        answer = plans(view, account=account, fiscal_year=query.fiscal_year, every=query.all)
        answer.cut(query.limit)
        return Reply(answer)


def _plan(call: Call) -> Reply:
    _must_see(call)
    with viewing(call, call.query(PlanQuery)) as view:
        return Reply(_page(call, view))


def _document(call: Call) -> Reply:
    query = call.query(DocumentQuery)
    _must_see(call)
    with viewing(call, query) as view, speaking(Language(query.lang) if query.lang else spoken()):
        page = _page(call, view)
        call.exported = True
        made = document(page, view.policies.company, for_customer=query.whom == "customer")
        return Reply(made.encode(), headers=FRAME)


def _must_see(call: Call) -> None:
    call.asker.must_have(KeyScope.READ)
    call.doors.access.must_see(call.asker, AccountPlan, call.path["id"])


def _page(call: Call, view: View) -> PlanPage:
    call.opened_personal = call.opened_personal or view.visibility.personal
    return plan_page(call.doors.journal, view, call.path["id"])
