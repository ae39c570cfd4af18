"""Explanations over HTTP: the events behind any figure of the funnel and the forecast, and behind any row."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec

from api.asking import Clocks, Limit, Which, question, viewing
from api.endpoints import Call, Endpoint, Reply
from api.explaining import events_at, told, told_health, told_row
from api.identity import Named, account_of, identified, is_identifier, with_external_id
from api.named import named
from api.questions.forecasting import learned_at
from domain.account.account import Account
from domain.aggregate import Aggregate
from domain.errors import NotFound
from domain.member import Member
from domain.opportunity.opportunity import Opportunity
from projections.explained import EventsAnswer, Explanation, GroupIncomplete
from projections.explained_conversion import ConversionCell, explain_conversion
from projections.explained_deals import Page
from projections.explained_forecast import ForecastCell, explain_forecast
from projections.explained_funnel import FunnelCell, explain_funnel
from projections.explained_health import HealthExplanation, explain_health
from projections.explained_learned import LEARNED, explain_learned
from projections.explained_models import ModelsAnswer, explained_models
from projections.explained_purchases import BuyingCell, explain_buying
from projections.explained_rows import (
    KEYED_BY_ACCOUNT,
    KEYED_BY_MEMBER,
    KEYED_BY_OPPORTUNITY,
    RowExplanation,
    explain_row,
    model_named,
)
from projections.funnel import By

Skip = Annotated[int, msgspec.Meta(ge=0, le=10_000)]
KEYED: tuple[tuple[frozenset[str], type[Aggregate]], ...] = (
    (KEYED_BY_ACCOUNT, Account),
    (KEYED_BY_OPPORTUNITY, Opportunity),
    (KEYED_BY_MEMBER, Member),
)
"""Read models whose rows can be asked for by an external id, and of what it is."""

Positions = Annotated[str, msgspec.Meta(pattern="^[0-9]{1,15}(,[0-9]{1,15}){0,199}$", examples=["12,15"])]


class CellQuery(Which, kw_only=True):
    """Which figure: `by` and `group` (a key as the answer has it, empty for what is in none) take it from one group and
    are stated together; `order` is amount or time; `limit` shares are shown after `skip`."""

    by: By | None = None
    group: str | None = None
    order: str = "amount"
    limit: Limit = 20
    skip: Skip = 0

    @property
    def page(self) -> Page:
        """The page of shares."""
        return Page(self.limit, self.skip, self.order)


class ExplainFunnelQuery(CellQuery, kw_only=True, forbid_unknown_fields=True):
    """A figure of the funnel: `measure` is count, amount, weighted, age, days_in_stage or pushes, of what was won also
    cycle, `outcome` open, won, lost or disqualified since `from`; `period` is that of the expected close, `deal` takes
    one opportunity alone."""

    stage: str = ""
    process: str = ""
    outcome: str = "open"
    measure: str = "amount"
    deal: Named | None = None
    since: date | None = msgspec.field(default=None, name="from")


class ExplainForecastQuery(CellQuery, kw_only=True, forbid_unknown_fields=True):
    """A figure of the forecast of a period; default: what is committed for the quarter of `as_of`. The learned ones are
    told in words: p10, p50, p90, and p_win and p_win_within of one `deal`."""

    cell: str = "commit"
    deal: Named | None = None


class ExplainConversionQuery(Which, kw_only=True, forbid_unknown_fields=True):
    """A figure of the conversion: `cell` is entered, went_on, ended, still_there or days."""

    stage: str
    cell: str = "entered"
    process: str = ""
    limit: Limit = 20
    skip: Skip = 0


class ExplainBuyingQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """A figure of buying behaviour: `cell` is revenue, margin, with_margin (the revenue whose margin is known) or
    documents, of all accounts or of one, from a day on; `line` takes one product line alone."""

    cell: str = "revenue"
    account: Named | None = None
    since: date | None = msgspec.field(default=None, name="from")
    line: str | None = None
    order: str = "amount"
    limit: Limit = 20
    skip: Skip = 0


class EventsQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """The events at positions, separated by commas, up to 200."""

    positions: Positions


class ExplainHealthQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """The health of an account; `component` shows the events of that one alone."""

    component: str = ""


class RowQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """A row; `field` takes one of its fields alone."""

    field: str = ""


class ModelsQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """What can be explained."""


def group_of(by: str | None, group: str | None) -> str:
    """The group that was stated. Raises GroupIncomplete where it is not said what it is a group of, or which it is."""
    if by and group is None:
        raise GroupIncomplete(stated="`by`", lacking="`group`")
    if group is not None and not by:
        raise GroupIncomplete(stated="`group`", lacking="`by`")
    return group or ""


def endpoints() -> list[Endpoint]:
    """Every explanation."""
    funnel = "The events behind a figure of the funnel; their contributions add up to it."
    forecast = "The events behind a figure of the forecast; their contributions add up to it."
    conversion = "The stays at a stage that a figure of the conversion counts, with their events."
    buying = "The purchases that a figure of buying behaviour adds up."
    events = "The events at positions that any answer names."
    health = "The points that components, their events and the passing of time add to an account's health."
    row = "The events behind a row of a read model, field by field."
    models = "What can be explained: figures, read models and their fields."
    return [
        question("/explain/funnel", "explain-funnel", funnel, _funnel, Explanation, ExplainFunnelQuery),
        question("/explain/forecast", "explain-forecast", forecast, _forecast, Explanation, ExplainForecastQuery),
        question(
            "/explain/conversion", "explain-conversion", conversion, _conversion, Explanation, ExplainConversionQuery
        ),
        question("/explain/buying", "explain-buying", buying, _buying, Explanation, ExplainBuyingQuery),
        question("/explain/events", "explain-events", events, _events, EventsAnswer, EventsQuery),
        question("/explain/health/{account}", "explain-health", health, _health, HealthExplanation, ExplainHealthQuery),
        question("/explain/rows/{model}/{row}", "explain-row", row, _row, RowExplanation, RowQuery),
        question("/explain/models", "explain-models", models, _models, ModelsAnswer, ModelsQuery),
    ]


def seen_deal(call: Call, stated: str | None) -> UUID | None:
    """The opportunity that is named. Raises NotFound where there is none to be seen."""
    if stated is None:
        return None
    found = identified(call, Opportunity, stated)
    call.doors.access.must_see(call.asker, Opportunity, found)
    return found


def _funnel(call: Call) -> Reply:
    query = call.query(ExplainFunnelQuery)
    cell = FunnelCell(
        measure=query.measure,
        stage=query.stage,
        process=query.process,
        outcome=query.outcome,
        since=query.since,
        by=query.by,
        group=group_of(query.by, query.group),
        deal=seen_deal(call, query.deal),
    )
    with viewing(call, query) as view:
        call.opened_personal = call.opened_personal or view.visibility.personal
        return Reply(told(call.doors.journal, view, explain_funnel(view, cell, query.filters(call), query.page)))


def _forecast(call: Call) -> Reply:
    query = call.query(ExplainForecastQuery)
    cell = ForecastCell(cell=query.cell, period=query.period, by=query.by, group=group_of(query.by, query.group))
    filters = msgspec.structs.replace(query.filters(call), period="")
    with viewing(call, query) as view:
        if query.cell in LEARNED:
            deal = identified(call, Opportunity, query.deal) if query.deal else None
            return Reply(explain_learned(view, cell, learned_at(call, view), filters, deal=deal))
        call.opened_personal = call.opened_personal or view.visibility.personal
        return Reply(told(call.doors.journal, view, explain_forecast(view, cell, filters, query.page)))


def _conversion(call: Call) -> Reply:
    query = call.query(ExplainConversionQuery)
    cell, page = (
        ConversionCell(stage=query.stage, cell=query.cell, process=query.process),
        Page(query.limit, query.skip),
    )
    with viewing(call, query) as view:
        call.opened_personal = call.opened_personal or view.visibility.personal
        return Reply(told(call.doors.journal, view, explain_conversion(view, cell, query.filters(call), page)))


def _buying(call: Call) -> Reply:
    query = call.query(ExplainBuyingQuery)
    account = account_of(call, query.account)
    cell = BuyingCell(cell=query.cell, account=account, since=query.since, line=query.line)
    with viewing(call, query) as view:
        call.opened_personal = call.opened_personal or view.visibility.personal
        page = Page(query.limit, query.skip, query.order)
        return Reply(told(call.doors.journal, view, explain_buying(view, cell, page)))


def _events(call: Call) -> Reply:
    query = call.query(EventsQuery)
    with viewing(call, query) as view:
        call.opened_personal = call.opened_personal or view.visibility.personal
        return Reply(events_at(call.doors.journal, view, map(int, query.positions.split(","))))


def _health(call: Call) -> Reply:
    query = call.query(ExplainHealthQuery)
    with viewing(call, query) as view:
        account = account_of(call, call.path["account"])
        assert account is not None
        call.opened_personal = call.opened_personal or view.visibility.personal
        return Reply(told_health(call.doors.journal, view, explain_health(view, account, query.component[:80])))


def _row(call: Call) -> Reply:
    query = call.query(RowQuery)
    with viewing(call, query) as view:
        model = model_named(call.path["model"][:80]).name
        key = _row_key(call, model, call.path["row"])
        call.opened_personal = call.opened_personal or view.visibility.personal
        return Reply(told_row(call.doors.journal, view, explain_row(view, model, key, query.field[:80])))


def _row_key(call: Call, model: str, stated: str) -> UUID:
    """The key of a row; of an account, opportunity or member also by external id. Raises NotFound."""
    root = next((root for models, root in KEYED if model in models), None)
    found = UUID(stated) if is_identifier(stated) else None
    if found is None and root is not None:
        found = with_external_id(call, root, stated)
    if found is None:
        raise NotFound(kind=model, key=stated[:80])
    return named(found, stated)


def _models(call: Call) -> Reply:
    with viewing(call, call.query(ModelsQuery)) as view:
        return Reply(explained_models(view))
