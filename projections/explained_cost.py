"""The cost of winning explained: the resources, concessions and samples behind each of its figures."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from domain.errors import NotFound
from domain.policies.calendar import day_of
from projections.concessions import CONCESSIONS
from projections.deals import Filters
from projections.explained import Explanation, one_of
from projections.explained_deals import FIRST_PAGE, ORDERS, Branch, Cell, Page, explanation, shares_of
from projections.explained_sums import Asked, Part, Row, asked_of, explain_sum, one_by_one
from projections.reporting import Reporting
from projections.resources import RESOURCES
from projections.samples import SAMPLES
from projections.view import View
from projections.winning_cost import CostBy, key_of
from projections.winning_facts import Effort, efforts

ONE, ZERO = Decimal(1), Decimal(0)
COSTS = ("cost", "cost_of_open", "cost_of_won", "cost_of_lost")
CELLS = (
    *COSTS,
    "person_days",
    "conceded",
    "concessions",
    "for_nothing",
    "samples_out",
    "samples_overdue",
    "won_amount",
)
UNITS = {"person_days": "days", "concessions": "count", "for_nothing": "count"}
UNITS |= {"samples_out": "count", "samples_overdue": "count"}

_WON = Branch(
    "outcome = 'won' and key = any(%(chosen)s)", "signed_value", ("outcome", "closed", "signed", "signed_currency")
)


class CostCell(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of the cost of winning, one of CELLS: of one opportunity, of one `group` where `by` is stated, else of
    all that the filters take. `kind` (of resource) and `stage` take a part of cost and person-days."""

    cell: str = "cost"
    opportunity: UUID | None = None
    by: CostBy | None = None
    group: str = ""
    kind: str = ""
    stage: str = ""


def explain_cost(view: View, cell: CostCell, filters: Filters | None = None, page: Page = FIRST_PAGE) -> Explanation:
    """Why a figure of the cost of winning is what it is, as of the view's clocks; each amount at the rate of its day.
    Raises NotFound for an opportunity that is not there, NotExplained for a figure that is none."""
    one_of("figure of the cost", cell.cell, CELLS)
    one_of("order", page.order, ORDERS)
    filters = filters or Filters()
    found = efforts(view, filters, cell.opportunity, Reporting(view))
    if cell.opportunity and not found:
        raise NotFound(kind="opportunity", key=cell.opportunity)
    within = {each.opportunity: each.account for each in found if _is_within(view, cell, each)}
    unit = UNITS.get(cell.cell, view.currency)
    if cell.cell == "won_amount":
        asked = Cell((_WON,), filters, {"chosen": list(within)})
        shares = shares_of(view, asked, page)
        return explanation(view, "cost", asked_of(cell), unit, asked, shares, value=shares.total)
    part = msgspec.structs.replace(
        _part(view, cell), where="opportunity = any(%(within)s)", parameters={"within": list(within)}
    )
    return explain_sum(view, Asked("cost", asked_of(cell), unit, (part,), within), page)


def _is_within(view: View, cell: CostCell, effort: Effort) -> bool:
    if cell.by and key_of(view, cell.by, effort) != cell.group:
        return False
    match cell.cell:
        case "cost_of_open":
            return not effort.outcome
        case "cost_of_won":
            return effort.outcome == "won"
        case "cost_of_lost":
            return effort.outcome not in ("", "won")
    return True


def _part(view: View, cell: CostCell) -> Part:
    reporting = Reporting(view)
    if cell.cell in (*COSTS, "person_days"):
        return _resources(cell, reporting)
    if cell.cell.startswith("samples"):
        today = day_of(view.policies.company, view.clock.as_of)
        return _samples(cell.cell, today)
    return _concessions(cell.cell, reporting)


def _resources(cell: CostCell, reporting: Reporting) -> Part:
    def measure(row: Row) -> Decimal | None:
        if cell.kind not in ("", row["resource"]) or cell.stage not in ("", row["stage"]):
            return None
        if cell.cell == "person_days":
            days: Decimal = row["person_days"]
            return days
        return reporting.amount(row["cost"], row["currency"], row["at"]) or ZERO

    fields = ("opportunity", "at", "resource", "stage", "person_days", "cost", "currency")
    if cell.cell == "person_days":
        return Part(RESOURCES, fields, one_by_one(measure), ("person_days", "resource", "stage"))
    return Part(RESOURCES, fields, one_by_one(measure), fields[1:], amounts=lambda row: [(row["currency"], row["at"])])


def _concessions(cell: str, reporting: Reporting) -> Part:
    fields = ("opportunity", "at", "in_return", "worth", "worth_currency")

    def worth(row: Row) -> Decimal | None:
        return reporting.amount(row["worth"], row["worth_currency"], row["at"]) or ZERO

    def counted(row: Row) -> Decimal | None:
        return ONE if cell == "concessions" or not row["in_return"] else None

    def amounts(row: Row) -> list[tuple[str, datetime]]:
        return [] if row["worth"] is None else [(row["worth_currency"], row["at"])]

    if cell == "conceded":
        return Part(CONCESSIONS, fields, one_by_one(worth), ("at", "worth", "worth_currency"), amounts=amounts)
    return Part(CONCESSIONS, fields, one_by_one(counted), ("at", "in_return"))


def _samples(cell: str, today: date) -> Part:
    def measure(row: Row) -> Decimal | None:
        is_out = row["returned"] is None and (cell == "samples_out" or row["due_back"] < today)
        return ONE if is_out else None

    return Part(SAMPLES, ("opportunity", "due_back", "returned"), one_by_one(measure), ("due_back", "returned"))
