"""Opportunities and their history as facts: the opening, what each day changed, what stands on the export's day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from api.importing.desk import Desk
from api.importing.facts.changes import Change
from api.importing.facts.ranks import MOVE, OPPORTUNITY, STANDS
from api.importing.facts.stages import ENDED, IMPORTED, Pipelines
from api.importing.kinds.opportunities import OPPORTUNITIES, STAGE_HISTORY, OpportunityRow, StageRow
from api.importing.refusals import Fault
from api.importing.world import World
from domain.account.account import Account
from domain.language.catalogue import say
from domain.opportunity.opportunity import Opportunity
from domain.opportunity.outcome import Outcome
from domain.policies.process_definition import ForecastCategory
from domain.policies.sales_process import SalesProcess

CARRIED = ("amount", "close_on", "owner")
BEFORE = Fault("it was closed before it was opened", "Correct opened_on or closed_on.")


class Step(msgspec.Struct, gc=False):
    """A row of the history, read: when, and what became true."""

    row: StageRow
    at: datetime
    change: Change


def plan(desk: Desk) -> None:
    """Facts of opportunities and of their stage history."""
    pipelines = Pipelines(desk)
    rows = {row.external_id: row for row in desk.content.of("opportunities")}
    steps = _steps(desk, pipelines, rows)
    for row in rows.values():
        _plan_deal(desk, row, pipelines, steps.get(row.external_id, []))
    for external_id, of_one in steps.items():
        deal = desk.names.opportunities.find(external_id)
        for step in of_one if deal else ():
            exact = isinstance(step.row.at, datetime)
            about = (Opportunity, deal or UUID(int=0))
            desk.add(STAGE_HISTORY, step.row, 0, step.at, MOVE, about, step.change, child=None, exact=exact)


# The history


def _steps(desk: Desk, pipelines: Pipelines, rows: dict[str, OpportunityRow]) -> dict[str, list[Step]]:
    found: dict[str, list[Step]] = defaultdict(list)
    for row in desk.content.of("stage_history"):
        step = _step(desk, row, pipelines, rows.get(row.opportunity))
        if step is not None:
            found[row.opportunity].append(step)
    for steps in found.values():
        steps.sort(key=lambda step: step.at)
    return found


def _step(desk: Desk, row: StageRow, pipelines: Pipelines, deal: OpportunityRow | None) -> Step | None:
    desk.take_up(row)
    opportunity = desk.opportunity("opportunity", row.opportunity)
    at = desk.day("at", row.at)
    if not desk.sound:
        return None
    change = Change(close_on=row.close_on, reason=row.reason or "")
    if row.stage:
        process = pipelines.of_deal(row.opportunity, opportunity)
        stage = pipelines.read("stage", process, row.stage)
        change.outcome, change.stage = (Outcome(stage), None) if stage in ENDED else (None, stage)
    if row.amount is not None:
        change.amount = desk.money("amount", row.amount, deal.currency if deal else _recorded(desk, opportunity))
    if row.category:
        change.category = ForecastCategory(row.category)
    if row.owner:
        change.owner = desk.member("owner", row.owner)
    if change.outcome and deal:
        _take_particulars(desk, change, deal)
    return Step(row, at, change) if desk.sound else None


def _recorded(desk: Desk, opportunity: UUID) -> str | None:
    """The currency in which an opportunity stands, where its own row is not in the import."""
    amount = desk.world.newest(Opportunity, opportunity).amount
    return amount.currency if amount else None


def _take_particulars(desk: Desk, change: Change, deal: OpportunityRow) -> None:
    """The history knows when it ended, the row of the opportunity how."""
    change.reason, change.winner = change.reason or deal.reason or "", deal.winner or ""
    if deal.signed_amount is not None:
        change.signed = desk.money("signed_amount", deal.signed_amount, deal.currency)


# The opportunity


def _plan_deal(desk: Desk, row: OpportunityRow, pipelines: Pipelines, steps: list[Step]) -> None:
    deal = desk.names.opportunities.by_external_id[row.external_id]
    settled = desk.is_settled(OPPORTUNITIES, row, deal)
    if settled and not steps:
        return
    desk.take_up(row)
    process = pipelines.of_deal(row.external_id, deal)
    stands = _stands(desk, row, pipelines, process)
    opened = _opened_at(desk, row, steps)
    settles_at = _settles_at(desk, row, stands, opened, steps)
    known = desk.world.exists(deal)
    values = {} if known else _opening(desk, row, pipelines, process, stands)
    if not desk.sound:
        _refuse_history(desk, row, [] if known else steps)
        return
    if not known:
        also = _absorb(values, opened, steps)
        exact = not row.opened_on and bool(steps) and isinstance(steps[0].row.at, datetime)
        about, decide = (Opportunity, deal), partial(_open, values)
        desk.add(OPPORTUNITIES, row, 0, opened, OPPORTUNITY, about, decide, exact=exact, also=also)
        steps[:] = [step for step in steps if step.row.place not in also]
    if settled:
        return
    if known:
        desk.ledger.let_stand("opportunities", _unchangeable(desk, row, deal))
    if _ended_by(steps, stands.outcome):
        stands.outcome = None
    desk.add(OPPORTUNITIES, row, 1, settles_at, STANDS, (Opportunity, deal), stands)


def _stands(desk: Desk, row: OpportunityRow, pipelines: Pipelines, process: str) -> Change:
    """What the row says of the day of the export."""
    pipelines.see_that_it_exists("process", process)
    stands = Change(close_on=row.close_on, reason=row.reason or "", winner=row.winner or "")
    if row.stage:
        stage = pipelines.read("stage", process, row.stage)
        stands.outcome, stands.stage = (Outcome(stage), None) if stage in ENDED else (None, stage or None)
    if row.amount is not None:
        stands.amount = desk.money("amount", row.amount, row.currency)
    if row.signed_amount is not None and stands.outcome is Outcome.WON:
        stands.signed = desk.money("signed_amount", row.signed_amount, row.currency)
    if row.category:
        stands.category = ForecastCategory(row.category)
    if row.owner:
        stands.owner = desk.member("owner", row.owner)
    if row.closed_on and stands.stage is not None:
        reason = say(
            "the opportunity is closed on {closed_on}, but its stage {stage} is an open one",
            closed_on=row.closed_on,
            stage=row.stage,
        )
        desk.fault("closed_on", row.closed_on, Fault(reason, "State won, lost or disqualified, or no closed_on."))
    return stands


def _opened_at(desk: Desk, row: OpportunityRow, steps: list[Step]) -> datetime:
    if row.opened_on:
        return desk.day("opened_on", row.opened_on)
    return steps[0].at if steps else _closed_at(desk, row) or desk.clock.export


def _closed_at(desk: Desk, row: OpportunityRow) -> datetime | None:
    return desk.day("closed_on", row.closed_on) if row.closed_on else None


def _settles_at(desk: Desk, row: OpportunityRow, stands: Change, opened: datetime, steps: list[Step]) -> datetime:
    """The moment of what the row says: when it closed, else the export's day, and not before anything it follows."""
    if stands.outcome is None:
        return max([desk.clock.export, opened, *(step.at for step in steps)])
    closed = _closed_at(desk, row)
    ended = next((step.at for step in reversed(steps) if step.change.outcome is stands.outcome), None)
    if closed and ended and not timedelta(0) <= closed - ended < timedelta(days=1):
        reason = say("closed_on contradicts the stage history, which ends on {ended:%Y-%m-%d}", ended=ended)
        desk.fault("closed_on", row.closed_on, Fault(reason, "Correct one of them."))
    at = closed or ended or desk.clock.export
    if at < opened:
        desk.fault("closed_on", row.closed_on, BEFORE)
    return at


def _opening(desk: Desk, row: OpportunityRow, pipelines: Pipelines, process: str, stands: Change) -> dict[str, Any]:
    account = desk.account("account", row.account or "") if row.account else None
    if account is None:
        reason = "an opportunity needs an account"
        desk.fault("account", "", Fault(reason, "Fill it, or name one in the mapping's defaults."))
    product = (desk.product("product", row.product),) if row.product else ()
    if desk.mapping.price_list and not product and row.amount is None:
        reason = "there is neither an amount nor a product whose list price could stand for it"
        desk.fault("amount", "", Fault(reason, "State one of them."))
    stage = pipelines.read("opening_stage", process, row.opening_stage) if row.opening_stage else ""
    if not row.opened_on and stands.stage:
        stage = stands.stage
    return {
        "account": account,
        "title": row.title or row.external_id,
        "products": product,
        "amount": stands.amount,
        "close_on": stands.close_on,
        "owner": stands.owner,
        "process": process,
        "stage": stage,
        "override": IMPORTED,
        "external_id": row.external_id,
    }


def _unchangeable(desk: Desk, row: OpportunityRow, deal: UUID) -> Iterator[str]:
    """The columns in which a row differs from the opening, where no later event can follow it."""
    for fact in desk.world.histories[deal]:
        if isinstance(opened := fact.event, Opportunity.Opened):
            if row.title and row.title != opened.title:
                yield "title"
            if row.account and desk.names.accounts.find(row.account) != opened.account:
                yield "account"
            if row.product and (desk.products.get(row.product),) != opened.products:
                yield "product"
            if row.process and row.process != opened.process:
                yield "process"
            if row.opened_on and row.opened_on != desk.clock.day_of(fact.occurred_at):
                yield "opened_on"


def _refuse_history(desk: Desk, row: OpportunityRow, steps: list[Step]) -> None:
    for step in steps:
        desk.take_up(step.row)
        reason = "the row of this opportunity is refused"
        desk.fault("opportunity", row.external_id, Fault(reason, "Mend that row, and import both again."))
    steps.clear()


def _absorb(values: dict[str, Any], opened: datetime, steps: list[Step]) -> tuple[int, ...]:
    """Let the opening say what the history says of its moment; the places of the rows that it says in full.

    What the history tells of later days was not so at the opening: there the row, which knows the last state only,
    is not believed.
    """
    for name in CARRIED:
        if any(getattr(step.change, name) is not None for step in steps):
            values[name] = None
    if any(step.change.stage for step in steps):
        values["stage"] = ""
    absorbed = []
    for step in steps:
        change = step.change
        if step.at > opened or change.outcome:
            break
        for name in (*CARRIED, "stage"):
            if (said := getattr(change, name)) is not None:
                values[name] = said
        if change.category is None:
            absorbed.append(step.row.place)
    return tuple(absorbed)


def _ended_by(steps: list[Step], outcome: Outcome | None) -> bool:
    return outcome is not None and any(step.change.outcome is outcome for step in steps)


def _open(values: dict[str, Any], deal: Any, world: World) -> None:
    process = world.policy(SalesProcess, deal.moment, values["process"])
    deal.open(**values, sales_process=process, customer=world.look(Account, values["account"], deal.moment))
