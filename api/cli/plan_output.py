"""Account plans in the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from api.cli import output, sheets
from api.plan_document import number
from domain.account_plan.situation import QUADRANTS
from domain.language.catalogue import say, term

if TYPE_CHECKING:
    from api.plan_page import PlanPage
    from projections.plan_progress import PlansAnswer

PLANS = ["account", "name", "year", "status", "objectives", "behind", "reached", "missed", "due", "to come"]
OBJECTIVES = ["objective", "year", "metric", "from", "target", "until", "reached", "expected", "deviation"]
STONES = ["milestone", "side", "who", "due", "how it stands"]


def show_plans(answer: PlansAnswer, json: bool, csv: bool) -> None:
    """One line per plan."""
    if json:
        output.print_json(answer)
    elif csv:
        output.print_csv(*_plan_sheet(answer))
    elif not answer.plans:
        output.say("No account plans recorded.")
    else:
        rows = [
            [
                each.account_external_id or str(each.account)[:8],
                output.cut(each.name, 20),
                str(each.fiscal_year),
                term("PlanStatus", each.status.value),
                *(each.objectives, each.behind, each.reached, each.missed, each.due, each.to_come),
            ]
            for each in answer.plans
        ]
        output.print_table(say("Account plans on {day}", day=answer.day), PLANS, rows)
        if answer.not_shown:
            output.say(say("{not_shown} more plans: state --limit.", not_shown=answer.not_shown))
        _missing(answer.missing_rates)


def show(page: PlanPage, json: bool, csv: bool) -> None:
    """A plan: its head, situation, objectives by year, milestones; as CSV its objectives."""
    if json:
        output.print_json(page)
        return
    if csv:
        output.print_csv(*_objective_sheet(page))
        return
    title = say("Plan of {name} for {year}", name=page.plan.name, year=page.plan.fiscal_year)
    output.print_table(title, ["", ""], list(_head(page)))
    for name in QUADRANTS:
        if items := getattr(page.situation, name):
            output.print_table(f"\n{term('fields', name)}", [""], [[item] for item in items])
    output.print_table("\n" + say("Objectives"), OBJECTIVES, list(_objectives(page)))
    output.print_table("\n" + say("Milestones"), STONES, list(_stones(page)))
    if page.lessons:
        output.say(say("What we learned: {lessons}", lessons=page.lessons))
    _missing(page.missing_rates)


def _head(page: PlanPage) -> Iterator[tuple[str, Any]]:
    line = page.plan
    yield say("status"), term("PlanStatus", line.status.value)
    yield say("revision"), line.revision
    who = page.people.get(str(page.approved_by), "")
    yield say("approved"), f"{line.approved_on or ''} {who}".strip()
    who = page.people.get(str(page.agreed_by), "")
    yield say("agreed by the customer"), f"{line.agreed_on or ''} {who}".strip()
    if line.agreed_on and not line.agreed_to_this:
        yield "", say("before it was revised")
    if line.closed_on:
        yield say("closed"), line.closed_on


def _objectives(page: PlanPage) -> Iterator[list[Any]]:
    shown = {each.objective for each in page.objectives}
    for each in page.objectives:
        behind = say("{deviation}, behind", deviation=_percent(each.deviation))
        yield [
            ("  " if each.parent in shown else "") + output.cut(each.title, 28),
            str(each.fiscal_year),
            term("Metric", each.metric.value),
            number(each, each.baseline),
            number(each, each.target),
            each.due,
            number(each, each.value),
            number(each, each.expected) if each.met is None else term("ObjectiveMet", each.met.value),
            behind if each.behind else _percent(each.deviation),
        ]


def _stones(page: PlanPage) -> Iterator[list[Any]]:
    for each in page.milestones:
        who = page.people.get(str(each.owner or each.stakeholder), "")
        state = term("MilestoneState", each.state.value)
        stands = f"{state} {each.reached_on}" if each.reached_on else state
        yield [output.cut(each.title, 32), term("Side", each.side.value), who, each.due, stands]


def _percent(share: Decimal) -> str:
    return f"{100 * share:+.1f} %"


def _missing(rates: dict[str, int]) -> None:
    for currency, count in rates.items():
        output.say(say("{count} purchases need an exchange rate of {currency}.", count=count, currency=currency))


def _plan_sheet(answer: PlansAnswer) -> sheets.Sheet:
    """A row per plan."""
    columns: sheets.Columns = {
        "account": lambda each: each.account_external_id or each.account,
        "name": lambda each: each.name,
        "plan": lambda each: each.external_id or each.plan,
        "fiscal year": lambda each: each.fiscal_year,
        "status": lambda each: term("PlanStatus", each.status.value),
        "revision": lambda each: each.revision,
        "approved on": lambda each: each.approved_on,
        "agreed on": lambda each: each.agreed_on,
        "objectives": lambda each: each.objectives,
        "behind": lambda each: each.behind,
        "milestones reached": lambda each: each.reached,
        "missed": lambda each: each.missed,
        "due": lambda each: each.due,
        "to come": lambda each: each.to_come,
    }
    return sheets.sheet(columns, answer.plans)


def _objective_sheet(answer: PlanPage) -> sheets.Sheet:
    """A row per objective of a plan, in the unit of its metric; the deviation is a share of the whole way."""
    columns: sheets.Columns = {
        "objective": lambda each: each.title,
        "fiscal year": lambda each: each.fiscal_year,
        "metric": lambda each: term("Metric", each.metric.value),
        "unit": lambda each: each.currency or each.unit,
        "from": lambda each: each.baseline,
        "target": lambda each: each.target,
        "until": lambda each: each.due,
        "reached": lambda each: each.value,
        "expected": lambda each: each.expected,
        "deviation": lambda each: each.deviation,
        "behind": lambda each: each.behind,
        "status": lambda each: term("ObjectiveStatus", each.status.value),
    }
    return sheets.sheet(columns, answer.objectives)
