"""The funnel explained: any of its figures, in any group, and the events that made it."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec

from projections.deals import Filters, stages, start_of
from projections.explained import Explanation, one_of
from projections.explained_deals import FIRST_PAGE, ORDERS, Branch, Cell, Page, explanation, shares_of
from projections.funnel import By, first_day_of_year
from projections.view import View

OUTCOMES = ("open", "won", "lost", "disqualified")
VALUED = ("amount", "currency", "products")
_AGE = "floor(extract(epoch from %(as_of)s::timestamptz - {moment}) / 86400)::numeric"
MEASURES = {
    "count": ("1::numeric", ()),
    "amount": ("value", VALUED),
    "weighted": ("weighted", (*VALUED, "process", "stage")),
    "age": (_AGE.format(moment="opened"), ("opened",)),
    "days_in_stage": (_AGE.format(moment="since"), ("since",)),
    "pushes": ("pushes::numeric", ("pushes",)),
}
"""What each measure of open opportunities adds, and the fields that decide on it; of ages the lower middle counts."""
CLOSED_MEASURES = ("count", "amount")
WON_MEASURES = (*CLOSED_MEASURES, "cycle")
MIDDLES = ("age", "days_in_stage", "cycle")
UNITS = {"count": "count", "pushes": "count", **dict.fromkeys(MIDDLES, "days")}
_CYCLE = "floor(extract(epoch from closed - opened) / 86400)::numeric"


class FunnelCell(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of the funnel: a measure of what is open (at a stage, of a process), or was won, lost or disqualified
    since a day; in one group where `by` is stated, or of one `deal` alone. The `cycle` is the middle one of the days
    from opening to winning."""

    measure: str = "amount"
    stage: str = ""
    process: str = ""
    outcome: str = "open"
    since: date | None = None
    by: By | None = None
    group: str = ""
    deal: UUID | None = None


def explain_funnel(
    view: View, cell: FunnelCell, filters: Filters | None = None, page: Page = FIRST_PAGE
) -> Explanation:
    """Why a figure of the funnel is what it is, as of the view's clocks. Raises NotExplained for a measure, outcome,
    stage or process that is none."""
    _check(cell, page)
    asked = Cell(
        branches=(_branch(cell),),
        filters=filters or Filters(),
        parameters={
            "stage": cell.stage,
            "process": cell.process,
            "outcome": cell.outcome,
            "deal": cell.deal,
            "since": start_of(view, cell.since or first_day_of_year(view)),
        },
        by=cell.by,
        group=cell.group,
        middle=cell.measure in MIDDLES,
    )
    found = shares_of(view, asked, page)
    if not found.count:
        _check_place(view, cell)
    unit = UNITS.get(cell.measure, view.currency)
    question = {name: str(value) for name, value in msgspec.structs.asdict(cell).items() if value}
    value = None if asked.middle and not found.count else found.total
    return explanation(view, "funnel", question, unit, asked, found, value=value)


def _check(cell: FunnelCell, page: Page) -> None:
    one_of("outcome", cell.outcome, OUTCOMES)
    measures = {"open": tuple(MEASURES), "won": WON_MEASURES}
    one_of("measure", cell.measure, measures.get(cell.outcome, CLOSED_MEASURES))
    one_of("order", page.order, ORDERS)


def _check_place(view: View, cell: FunnelCell) -> None:
    """Where nothing stands, stage and process must be ones that there are; a stage that its process no longer has may
    still hold opportunities."""
    if cell.process:
        one_of("process", cell.process, dict.fromkeys(process for process, _ in stages(view)))
    if cell.stage:
        one_of("stage", cell.stage, stage_keys(view))


def stage_keys(view: View) -> list[str]:
    """The stages of all processes."""
    return list(dict.fromkeys(stage.key for _, stage in stages(view)))


def _branch(cell: FunnelCell) -> Branch:
    placed = [f"{name} = %({name})s" for name in ("stage", "process") if getattr(cell, name)]
    placed += ["key = %(deal)s"] if cell.deal else []
    fields = [name for name in ("stage", "process") if getattr(cell, name)]
    if cell.outcome == "open":
        measure, deciding = MEASURES[cell.measure]
        which = " and ".join(["outcome = ''", *placed])
        way = ("close_on",) if cell.measure == "pushes" else ()
        return Branch(which, measure, ("outcome", *fields, *deciding), only_open=True, way=way)
    which = " and ".join(["outcome = %(outcome)s and closed >= %(since)s", *placed])
    if cell.measure == "count":
        return Branch(which, "1::numeric", ("outcome", "closed", *fields))
    if cell.measure == "cycle":
        return Branch(which, _CYCLE, ("outcome", "closed", *fields, "opened"))
    if cell.outcome == "won":
        return Branch(which, "signed_value", ("outcome", "closed", *fields, "signed", "signed_currency"))
    return Branch(which, "value", ("outcome", "closed", *fields, *VALUED))
