"""Visits, discipline and stores as people and machines read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from api.cli import output, sheets
from api.cli.funnel_output import stamp
from domain.language.amounts import shown_amount
from domain.language.catalogue import either, say, term

if TYPE_CHECKING:
    from projections.plan_standing import PlanStanding
    from projections.store_standing import StoresAnswer
    from projections.visit_discipline import DisciplineAnswer, DisciplineLine
    from projections.visit_list import VisitLine, VisitsAnswer

LIST = ["when", "account", "status", "what", "purpose", "who", "where", "why", "expected action", "in plan"]
DISCIPLINE = [
    "who", "planned", "logged", "cancelled", "outstanding", "ad hoc", "days to log", "late", "met", "action agreed",
    "cadence", "plan",
]  # fmt: skip
STORES = ["outlet", "external id", "visits", "display", "mean", "stock", "ordered"]


def show_visits(answer: VisitsAnswer, names: Mapping[UUID, str], json: bool, csv: bool, zone: str) -> None:
    """Visits one by one, as a calendar, its times in a time zone; in CSV in UTC."""
    if json:
        output.print_json(answer)
        return
    rows = [_visit(line, names, UTC if csv else ZoneInfo(zone)) for line in answer.visits]
    if csv:
        header = ["visit", *LIST]
        output.print_csv(header, [[str(line.visit), *row] for line, row in zip(answer.visits, rows, strict=True)])
        return
    plans: list[PlanStanding] = getattr(answer, "plans", [])
    for plan in plans:
        output.say(_plan_said(plan, zone))
    if not rows:
        output.say(say("No visits in {period}.", period=answer.period))
        return
    width = len(LIST) if plans else len(LIST) - 1
    output.print_table(
        say("Visits in {period}, times of {zone}, as of {stamp}", period=answer.period, zone=zone, stamp=stamp(answer)),
        LIST[:width],
        [row[:width] for row in rows],
    )


def _visit(line: VisitLine, names: Mapping[UUID, str], zone: tzinfo) -> list[Any]:
    who = [names.get(each, str(each)[:8]) for each in (*line.people, *line.stakeholders)]
    return [
        _when(line.at or line.start, zone),
        line.account_name or line.account_external_id,
        term("VisitStatus", line.status.value) + (say(" ad hoc") if line.ad_hoc else ""),
        term("VisitKind", line.what),
        term("VisitPurpose", line.purpose or ""),
        ", ".join(who),
        line.where,
        line.why,
        line.expected_action,
        say({None: "", True: "yes", False: "no"}[line.in_plan]),
    ]


def _when(moment: datetime | None, zone: tzinfo = UTC) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" if moment else ""


def _plan_said(plan: PlanStanding, zone: str) -> str:
    at = ZoneInfo(zone)
    due = say("due before {due} of {zone}", due=_when(plan.due, at), zone=zone)
    if plan.first_at is None:
        return say("The plan of {month} is not handed in ({due}).", month=plan.month, due=due)
    again = (
        say(
            ", {submissions} times, last {newest_at}", submissions=plan.submissions, newest_at=_when(plan.newest_at, at)
        )
        if plan.submissions > 1
        else ""
    )
    late = say("late") if plan.state == "late" else say("on time")
    return say(
        "The plan of {month} was handed in {late} at {first_at}{again} ({due}).",
        month=plan.month,
        late=late,
        first_at=_when(plan.first_at, at),
        again=again,
        due=due,
    )


def show_discipline(answer: DisciplineAnswer, json: bool, csv: bool) -> None:
    """A line per manager or account, then the steps of all."""
    if json:
        output.print_json(answer)
        return
    rows = [_discipline(line) for line in answer.lines]
    if csv:
        output.print_csv(*sheets.discipline(answer))
        return
    if not rows:
        output.say(say("No visits and no accounts in {period}.", period=answer.period))
        return
    title = say(
        "Visit discipline {period} by {by}, as of {stamp}",
        period=answer.period,
        by=term("DisciplineBy", answer.by.value),
        stamp=stamp(answer),
    )
    whole = [say("all"), *_discipline(answer.whole)[1:]]
    output.print_table(title, DISCIPLINE, [*rows, whole], context="discipline")
    if answer.whole.steps:
        steps = [
            (
                term("VisitKind", each.kind),
                either(f"{each.name} {each.name_zh}".strip(), each.name_zh),
                each.done,
                each.of,
                _share(each.share),
            )
            for each in answer.whole.steps
        ]
        output.print_table("Steps done", ["visit", "step", "done", "of", "share"], steps)


def _discipline(line: DisciplineLine) -> list[Any]:
    kept, logging, outcome = line.kept, line.logging, line.outcome
    states = [term("PlanState", plan.state.value) for plan in line.plans]
    return [
        line.name or line.external_id or str(line.key or say("nobody")),
        kept.planned.count,
        kept.logged.count,
        kept.cancelled.count,
        kept.outstanding.count,
        f"{kept.ad_hoc.count} ({_share(kept.ad_hoc_share)})",
        "–" if logging.median_days is None else f"{logging.median_days:.1f}",
        _share(logging.late_share),
        _share(outcome.met_rate),
        _share(outcome.action_share),
        f"{line.cadence.kept}/{line.cadence.accounts}",
        ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states)),
    ]


def _share(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"


def show_stores(answer: StoresAnswer, json: bool, csv: bool) -> None:
    """A line per store, and what all of them hold together."""
    if json:
        output.print_json(answer)
        return
    if csv:
        rows = [(o.account, o.name, line.product, line.quantity, line.at) for o in answer.outlets for line in o.stock]
        output.print_csv(["account", "outlet", "product", "stock", "counted at"], rows)
        return
    if not answer.outlets:
        output.say("No store was counted yet.")
        return
    stores = [
        (o.name, o.external_id, o.visits, o.display_score, o.display_mean, _stock(o.stock), _stock(o.orders))
        for o in answer.outlets
    ]
    output.print_table(say("Stores {period} as of {stamp}", period=answer.period, stamp=stamp(answer)), STORES, stores)
    totals = [(line.product, line.quantity, _when(line.at)) for line in answer.stock]
    output.print_table("Stock of all", ["product", "quantity", "oldest count"], totals)
    output.say(say("Orders worth {amount} {currency}.", amount=shown_amount(answer.value), currency=answer.currency))
    if answer.missing_rates:
        output.say(
            say("Without a rate, and so not in it: {missing_rates}.", missing_rates=", ".join(answer.missing_rates))
        )


def _stock(lines: Iterable[Any]) -> str:
    return ", ".join(f"{line.product} {line.quantity:f}" for line in lines)
