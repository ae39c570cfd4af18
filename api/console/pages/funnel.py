"""The funnel (漏斗): as a board, as a picture, and as the bridge between two days; and what is behind a bar of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any, Literal

import msgspec

from api.asking import Clocks, Which
from api.console.boarding import board_shown, column_shown, may_move
from api.console.bridging import BridgeShown, bridge_shown, items_shown
from api.console.choices import explained, selects
from api.console.forms.asked import Doing
from api.console.frame import Frame, page
from api.console.picturing import drawn, picture_shown
from api.endpoints import Call, Endpoint, Reply
from domain.errors import Fault, Malformed
from domain.language.catalogue import either, say
from domain.policies.calendar import day_of, period, period_of
from projections.board import BoardOrder
from projections.bridge import ADDED, TAKEN
from projections.bridge_sums import bridge_part, bridge_sums
from projections.conversion import conversion
from projections.deals import Filters, end_of, stages
from projections.directory import AccountFilters, accounts_after, opportunities_after
from projections.funnel import funnel, open_stages
from projections.funnel_frames import frames
from projections.view import View

KINDS = (*ADDED, *TAKEN)
DAY = timedelta(days=1)


Show = Literal["picture", "board", "bridge"]


class FunnelPageQuery(Which, kw_only=True, forbid_unknown_fields=True):
    """The tab and what it holds: won and lost count from `from` on, the bridge begins at its end; `order` and `q` (part
    of an account's name, or an external id) are the board's."""

    show: Show = "picture"
    process: str = ""
    order: BoardOrder = "due"
    q: Annotated[str, msgspec.Meta(max_length=200)] = ""
    since: date | None = msgspec.field(default=None, name="from")


class ChangeQuery(FunnelPageQuery, kw_only=True, forbid_unknown_fields=True):
    """Which change of the bridge, so many of its rows, and whether its amount or the number of its opportunities was
    asked for."""

    show: Show = "bridge"
    kind: str = "new"
    measure: Literal["amount", "count"] = "amount"
    limit: Annotated[int, msgspec.Meta(ge=1, le=2000)] = 50


class FramesQuery(FunnelPageQuery, kw_only=True, forbid_unknown_fields=True):
    """So many frames, every so many days from a day on."""

    first: date
    step: Annotated[int, msgspec.Meta(ge=1, le=31)] = 7
    count: Annotated[int, msgspec.Meta(ge=1, le=60)] = 13


class ColumnQuery(FunnelPageQuery, kw_only=True, forbid_unknown_fields=True):
    """Which cards of the board: those at a stage, after so many."""

    show: Show = "board"
    stage: str = ""
    skip: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0


def endpoints() -> list[Endpoint]:
    """The funnel and what its pictures open."""
    about = "What changes on the funnel's picture from one moment to the next, for a slider that moves."
    return [
        page("/funnel", "funnel", _funnel, FunnelPageQuery),
        page("/funnel/flow", "funnel_flow", _flow, FunnelPageQuery),
        page("/funnel/change", "funnel_change", _change, ChangeQuery),
        Endpoint(
            "GET", "/console/funnel/frames", "console.funnel_frames", about, _frames, bytes, FramesQuery,
            etag=False, session=True,
        ),
        page("/funnel/column", "funnel_column", _column, ColumnQuery),
    ]  # fmt: skip


def _funnel(frame: Frame[FunnelPageQuery]) -> Mapping[str, Any]:
    """The funnel."""
    with frame.view() as view:
        since = _since(frame, view)
        shown: dict[str, Any] = {
            "title": say("Funnel"),
            "show": frame.query.show,
            "tabs": [("picture", say("Picture")), ("board", say("Board")), ("bridge", say("Bridge"))],
            "selects": selects(frame, view),
            "since": since,
            "currency": view.currency,
            "explain": explained(frame.query.filters(frame.call)),
        }
        shown |= SHOWN[frame.query.show](frame, view, since)
        now = frame.query.as_of is None and frame.query.known_at is None
        return shown | {"begin": _begin(frame, view) if now and _is_empty(shown) else ""}


def _is_empty(shown: Mapping[str, Any]) -> bool:
    """Whether nothing is open."""
    if "picture" in shown:
        return not shown["picture"].processes
    return "board" in shown and shown["board"].empty


def _begin(frame: Frame[FunnelPageQuery], view: View) -> str:
    """What there is none of, so that one begins with it: accounts, or opportunities; empty where both are there, or who
    asks may not begin."""
    may = Doing(frame.call).may
    if not accounts_after(view, None, 1, AccountFilters()):
        return "accounts" if may("accounts", "new", "register") else ""
    if opportunities_after(view, None, 1, Filters()):
        return ""
    return "opportunities" if may("opportunities", "new", "open") else ""


def _picture(frame: Frame[FunnelPageQuery], view: View, since: date) -> dict[str, Any]:
    filters = frame.query.filters(frame.call)
    return {"picture": picture_shown(view, funnel(view, filters, since=since), frame.query.process)}


def _bridge(frame: Frame[FunnelPageQuery], view: View, since: date) -> dict[str, Any]:
    if end_of(view, since) >= view.clock.as_of:
        return {"bridge": None}
    sums = bridge_sums(view.at(end_of(view, since)), view, frame.query.filters(frame.call))
    return {"bridge": bridge_shown(sums, KINDS), "first_day": since + DAY}


def _board(frame: Frame[FunnelPageQuery], view: View, _: date) -> dict[str, Any]:
    filters = frame.query.filters(frame.call)
    return {"board": board_shown(frame, view, filters, open_stages(view, filters))}


SHOWN = {"picture": _picture, "board": _board, "bridge": _bridge}


def _flow(frame: Frame[FunnelPageQuery]) -> Mapping[str, Any]:
    """What became of the opportunities that entered each stage."""
    with frame.view() as view:
        filters, process = frame.query.filters(frame.call), frame.query.process
        flows = conversion(view, filters)
        flows.stages = [each for each in flows.stages if process in ("", each.process)]
        names = {(key, stage.key): either(stage.name, stage.name_zh) for key, stage in stages(view)}
        return {"title": say("How it flows"), "flows": flows, "stages": names, "explain": explained(filters)}


def _change(frame: Frame[ChangeQuery]) -> Mapping[str, Any]:
    """What made a bar of the bridge: opportunity by opportunity."""
    kind = frame.query.kind
    if kind not in KINDS:
        raise Malformed(Fault("kind", kind[:80], say("expected one of {known}", known=", ".join(KINDS))))
    with frame.view() as view:
        since = _since(frame, view)
        then = view.at(end_of(view, since))
        part = bridge_part(then, view, kind, frame.query.filters(frame.call), limit=frame.query.limit)
        return {
            "title": BridgeShown.name_of(kind),
            "since": since,
            "currency": view.currency,
            **items_shown(frame, view, part, kind),
        }


def _column(frame: Frame[ColumnQuery]) -> Mapping[str, Any]:
    """Further cards of a column of the board."""
    with frame.view() as view:
        filters = frame.query.filters(frame.call)
        column = column_shown(frame, view, filters)
        moves = frame.query.as_of is None and frame.query.known_at is None and may_move(frame)
        return {"title": column.name, "column": column, "moves": moves, "currency": view.currency}


def _frames(call: Call) -> Reply:
    query = call.query(FramesQuery)
    frame = Frame(call, query)
    with frame.view(Clocks(known_at=query.known_at)) as view:
        days = [query.first + DAY * query.step * n for n in range(query.count)]
        answers = frames(
            view, [end_of(view, day) for day in days], query.filters(call), since=lambda then: _since(frame, then)
        )
        shown = [drawn(picture_shown(view, answer, query.process), view.currency) for answer in answers]
    found = [{"day": day.isoformat(), **each} for day, each in zip(days, shown, strict=True)]
    return Reply(msgspec.json.encode(found), headers={"Cache-Control": "private, no-store"})


def _since(frame: Frame[Any], view: View) -> date:
    """The day that is stated; else the first of the quarter of the page's moment, for a bridge the one before it."""
    stated: date | None = frame.query.since
    if stated:
        return stated
    company = view.policies.company
    first = period(company, period_of(company, day_of(company, view.clock.as_of))).first
    return first - DAY if frame.query.show == "bridge" else first
