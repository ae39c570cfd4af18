"""Whoever may see no account learns nothing from any question: no account, person, deal, position or sum."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from domain.policies.sales_target import TargetScope
from domain.visibility import Visibility
from projections.balance import balance
from projections.buying import buying
from projections.competition import competition
from projections.delivery_status import deliveries
from projections.duplicates import duplicates
from projections.exposure import exposure
from projections.findings_answer import findings
from projections.findings_experiments import OF_EXPERIMENTS
from projections.findings_strategy import OF_STRATEGY
from projections.health_portfolio import heat, trend
from projections.issue_list import issues
from projections.open_quotes import quotes
from projections.plan_progress import plans
from projections.portfolio import portfolio
from projections.qualification_insight import insight
from projections.scorecards import scorecards
from projections.service import service
from projections.skill_history import skill_history
from projections.store_standing import stores
from projections.targets import targets
from projections.todo import todo
from projections.view import View
from projections.visit_discipline import discipline
from projections.visit_list import month_plan, visits
from projections.winning_cost import CostBy, cost_of_winning
from tests.domain.given import some_id
from tests.projections.asking import Office, Questions
from tests.projections.business import Business
from tests.projections.conftest import EngineOf, Journal

STRANGER = Visibility(member=some_id("stranger"), managers=frozenset({some_id("stranger")}), scope="own accounts")
MEMBER = some_id("member 1")
YEAR = "2026"
QUESTIONS: dict[str, Callable[[View], msgspec.Struct]] = {
    "balance": balance,
    "buying": buying,
    "competition": competition,
    "cost of winning": lambda view: cost_of_winning(view, by=CostBy.ACCOUNT),
    "deliveries": deliveries,
    "discipline": lambda view: discipline(view, YEAR),
    "duplicates": lambda view: duplicates(view, at_least=0),
    "exposure": exposure,
    "findings": findings,
    "heat": heat,
    "insight": insight,
    "issues": issues,
    "plan": lambda view: month_plan(view, MEMBER, YEAR),
    "plans": lambda view: plans(view, every=True),
    "portfolio": portfolio,
    "scorecards": scorecards,
    "skills": lambda view: skill_history(view)[0],
    "targets of accounts": lambda view: targets(view, TargetScope.ACCOUNT),
    "targets of owners": targets,
    "targets of territories": lambda view: targets(view, TargetScope.TERRITORY),
    "service": lambda view: service(view, YEAR),
    "quotes": lambda view: quotes(view, every=True),
    "stores": lambda view: stores(view, YEAR),
    "todo": todo,
    "trend": trend,
    "visits": lambda view: visits(view, YEAR),
}
OF_THE_COMPANY = {"period", "key_accounts", "portfolio_limit", "floor", "at_least", "edition", "known_at"}
OF_THE_QUESTION = {"first_year", "last_year", "positions", "days"}
"""Numbers that are the company's, or the question's: the limit of key accounts counts those of all."""
COMPANYWIDE = {rule.name for rule in (*OF_EXPERIMENTS, *OF_STRATEGY)} | {"control_point"}
"""Findings about the company's own, which everybody reads: they tell of no account."""
MAY_BE_EMPTY = {"deliveries", "duplicates", "plan", "scorecards", "skills", "stores", "targets of owners"}
"""Of what the random histories may hold nothing; their own tests have it."""
OF_PLANS = {"submissions"}
"""That a colleague handed in a plan is no secret; which visits are in it is."""


@pytest.fixture(params=[7, 8, 11])
def office(request: pytest.FixtureRequest, journal: Journal, engine_of: EngineOf) -> Office:
    office = Office(journal, engine_of)
    Questions(office, request.param, Business(facts=500, merges=True, calls=False))
    return office


def counted(answer: Any) -> list[Any]:
    """All numbers of an answer above 0, but for those that are the company's or the question's."""
    if isinstance(answer, dict):
        apart = OF_THE_COMPANY | OF_THE_QUESTION | OF_PLANS
        return [number for key, value in answer.items() if key not in apart for number in counted(value)]
    if isinstance(answer, list):
        return [number for value in answer for number in counted(value)]
    if isinstance(answer, str) and re.fullmatch(r"-?\d+(\.\d+)?", answer):
        return [answer] if float(answer) else []
    return [answer] if isinstance(answer, int | float) and not isinstance(answer, bool) and answer else []


def identifiers(answer: Any) -> set[str]:
    """Everything in an answer that looks like an identifier."""
    return set(re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", json.dumps(answer)))


def of_accounts(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without the findings about the company's own, of which each must tell of no account and no deal."""
    apart = [
        line
        for lines in (answer.get("findings", []), answer.get("items", []))
        for line in lines
        if (line.get("rule") or line["kind"]) in COMPANYWIDE
    ]
    for line in apart:
        assert (line["account"], line["opportunity"], line["external_id"]) == (None, None, ""), line
    return {
        name: [line for line in value if line not in apart] if name in ("findings", "items") else value
        for name, value in answer.items()
    }


def test_who_sees_no_account_learns_nothing(office: Office) -> None:
    as_of = max(fact.occurred_at for fact in office.journal.facts) + timedelta(days=1)
    members = {str(some_id(f"member {number}")) for number in range(4)}
    with office.view(as_of) as all_seeing, office.view(as_of, visibility=STRANGER) as view:
        for name, ask in QUESTIONS.items():
            told = of_accounts(json.loads(msgspec.json.encode(ask(view))))
            assert identifiers(told) - members == set(), name
            assert counted(told) == [], name
            everything = json.loads(msgspec.json.encode(ask(all_seeing)))
            if name not in MAY_BE_EMPTY:
                assert identifiers(everything) - members or counted(everything), name
