"""The forecast explained: any of its figures, in any group, and the events that made it."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from uuid import UUID, uuid5

import msgspec

from domain.policies.calendar import period
from domain.policies.policy import policy_id
from projections.deals import Filters, end_of, start_of
from projections.engine import as_of_sql
from projections.explained import PLACES, ZERO, Explanation, Line, divided, one_of
from projections.explained_deals import FIRST_PAGE, ORDERS, Branch, Cell, Found, Page, explanation, shares_of
from projections.forecast import STEPS, TargetPart, current_period, target_of, target_parts, targets_by
from projections.funnel import By
from projections.policies import POLICIES
from projections.view import View

CELLS = (
    *STEPS,
    "omitted",
    "undated",
    "weighted",
    *(f"cumulative_{step}" for step in STEPS),
    "target",
    "gap",
    "coverage",
)
OPEN = STEPS[1:]
CATEGORY = "coalesce(nullif(category, ''), default_category, 'pipeline')"
VALUED = ("outcome", "close_on", "amount", "currency", "products")
_CLOSED = "outcome = 'won' and closed between %(starts)s and %(ends)s"
_EXPECTED = "outcome = '' and close_on between %(first)s and %(last)s"


class ForecastCell(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of the forecast of a period (default: the quarter of `as_of`), one of CELLS; in one group where `by` is
    stated."""

    cell: str = "commit"
    period: str = ""
    by: By | None = None
    group: str = ""


def explain_forecast(
    view: View, cell: ForecastCell, filters: Filters | None = None, page: Page = FIRST_PAGE
) -> Explanation:
    """Why a figure of the forecast is what it is, as of the view's clocks. A gap is the target less what is closed,
    never below 0; a coverage is what is open over the gap, so each share is its part of the gap.

    Raises NotExplained for a figure that is none.
    """
    one_of("figure of the forecast", cell.cell, CELLS)
    one_of("order", page.order, ORDERS)
    filters = filters or Filters()
    key = cell.period or current_period(view)
    target = _target(view, key, cell, filters) if cell.cell in ("target", "gap", "coverage") else None
    question = {"cell": cell.cell, "period": key} | ({"by": cell.by.value, "group": cell.group} if cell.by else {})
    cell, filters = _all_below(view, cell, filters)
    asked = _cell(view, key, cell, filters, _branches(cell.cell))
    if cell.cell == "coverage":
        return _coverage(view, key, cell, filters, page, target, question)
    found = shares_of(view, asked, page) if cell.cell != "target" else Found()
    if cell.cell not in ("target", "gap"):
        return explanation(view, "forecast", question, view.currency, asked, found, value=found.total)
    if not target:
        return explanation(view, "forecast", question, view.currency, asked, Found(), value=None)
    lines = _target_lines(view, target)
    sum_of = (target_of(target) or ZERO) + found.total
    if cell.cell == "gap" and sum_of < 0:
        lines.append(Line("never below 0", -sum_of, []))
    value = max(sum_of, ZERO)
    return explanation(view, "forecast", question, view.currency, asked, found, value=value, lines=lines)


def _all_below(view: View, cell: ForecastCell, filters: Filters) -> tuple[ForecastCell, Filters]:
    """Gap and coverage of a territory are of all that lies below it: asked as a filter by it."""
    territories = view.policies.territories
    if cell.cell not in ("gap", "coverage") or cell.by is not By.TERRITORY or cell.group not in territories.territories:
        return cell, filters
    if filters.territory and cell.group not in territories.below(filters.territory):
        return cell, filters
    whole = msgspec.structs.replace(filters, territory=cell.group)
    return msgspec.structs.replace(cell, by=None, group=""), whole


def _cell(view: View, key: str, cell: ForecastCell, filters: Filters, branches: tuple[Branch, ...]) -> Cell:
    days = period(view.policies.company, key)
    parameters = {
        "first": days.first,
        "last": days.last,
        "starts": start_of(view, days.first),
        "ends": end_of(view, days.last),
    }
    return Cell(branches, filters, parameters, cell.by, cell.group)


def _branches(cell: str) -> tuple[Branch, ...]:
    closed = Branch(_CLOSED, "signed_value", ("outcome", "closed", "signed", "signed_currency"))
    if cell == "gap":
        return (msgspec.structs.replace(closed, measure="-signed_value"),)
    if cell in ("closed", "cumulative_closed"):
        return (closed,)
    if cell == "undated":
        return (Branch("outcome = '' and close_on is null", "value", VALUED, only_open=True),)
    if cell == "weighted":
        expected = Branch(
            _EXPECTED,
            "weighted",
            (*VALUED, "process", "stage", "category"),
            valued=f"{CATEGORY} <> 'omitted'",
            only_open=True,
        )
        return (closed, expected)
    if cell.startswith("cumulative_"):
        until = STEPS.index(cell.removeprefix("cumulative_"))
        return (closed, _open(STEPS[1 : until + 1]))
    return (_open(OPEN if cell == "coverage" else (cell,)),)


def _open(categories: tuple[str, ...]) -> Branch:
    """Open ones of some categories: what the owner said, else what the stage says."""
    named = ", ".join(f"'{each}'" for each in categories)
    deciding = (*VALUED, "process", "stage", "category")
    return Branch(_EXPECTED, "value", deciding, valued=f"{CATEGORY} in ({named})", only_open=True)


def _coverage(
    view: View,
    key: str,
    cell: ForecastCell,
    filters: Filters,
    page: Page,
    target: list[TargetPart] | None,
    question: dict[str, str],
) -> Explanation:
    """What is open, each share and contribution as its part of the gap."""
    closed = shares_of(view, _cell(view, key, cell, filters, _branches("closed")), Page(limit=0))
    gap = max((target_of(target) or ZERO) - closed.total, ZERO) if target else ZERO
    asked = _cell(view, key, cell, filters, (_open(OPEN),))
    if not gap:
        return explanation(view, "forecast", question, "ratio", asked, Found(), value=None)
    found = shares_of(view, asked, page)
    value = (found.total / gap).quantize(Decimal("0.01"), ROUND_HALF_EVEN)
    shown = divided(found.shares, gap)
    exact = shown if found.count == len(found.shares) else (found.total / gap).quantize(PLACES)
    lines = [Line("rounding", value - exact, [])] if value != exact else []
    return explanation(view, "forecast", question, "ratio", asked, found, value=value, lines=lines)


def _target(view: View, key: str, cell: ForecastCell, filters: Filters) -> list[TargetPart] | None:
    return targets_by(view, key, cell.by).get(cell.group) if cell.by else target_parts(view, key, filters)


def _target_lines(view: View, parts: list[TargetPart]) -> list[Line]:
    """A line for each target that was set, with the event that set it."""
    stream = policy_id("SalesTarget")
    keys: dict[UUID, TargetPart] = {
        uuid5(stream, f"{each.target.scope} {each.target.key} {each.target.period}"): each for each in parts
    }
    sql = as_of_sql(POLICIES, "key, cause", "key = any(%(keys)s)")
    causes: dict[UUID, int] = dict(view.connection.execute(sql.encode(), view.parameters(keys=list(keys))).fetchall())
    return [
        Line(f"target {each.target.scope} {each.target.key} {each.target.period}", each.amount, [causes[key]])
        for key, each in keys.items()
    ]
