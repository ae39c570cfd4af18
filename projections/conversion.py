"""Conversion and cycle time between stages, from the versions of every opportunity."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from functools import partial
from typing import Any

import msgspec

from projections.deals import Filters, placed_sql, stages
from projections.kept_answers import Grain, kept
from projections.opportunities import FUNNEL
from projections.versions import versions_sql
from projections.view import Answer, View


class StageFlow(msgspec.Struct):
    """What became of the opportunities that entered a stage. `conversion` (0 to 1) is the share of those that have
    left it which went on or won; `median_days` is the time from entering to leaving."""

    process: str
    stage: str
    entered: int
    went_on: int
    ended: int
    still_there: int
    conversion: Decimal | None
    median_days: int | None


class ConversionAnswer(Answer, kw_only=True):
    """Conversion by stage; the win rate (won over won and lost) and the days from opening to winning."""

    stages: list[StageFlow]
    won: int
    lost: int
    win_rate: Decimal | None
    median_cycle_days: int | None


_FLOW = f"""
, version as ({versions_sql(FUNNEL, "process, stage, outcome, since", "{which}")}),
compared as (select *, lag((stage, outcome, since)) over timeline is distinct from (stage, outcome, since) as differs
    from version window timeline as (partition by key order by valid_from, cause)),
stay as (select process, stage, outcome, valid_from, lead(stage) over timeline as next_stage,
    lead(outcome) over timeline as next_outcome, lead(valid_from) over timeline as left_at
    from compared where differs window timeline as (partition by key order by valid_from, cause))
select process, stage, next_stage, coalesce(next_outcome, ''), count(*),
    array_agg(floor(extract(epoch from left_at - valid_from) / 86400)::int)
from stay where outcome = '' group by 1, 2, 3, 4
"""
_CYCLE = """
select count(*) filter (where outcome = 'won'), count(*) filter (where outcome = 'lost'),
    percentile_disc(0.5) within group (order by floor(extract(epoch from closed - opened) / 86400))
        filter (where outcome = 'won')
from placed
"""


def conversion(view: View, filters: Filters | None = None) -> ConversionAnswer:
    """How opportunities went from stage to stage up to the view's moment; a filter takes those that it holds then.
    A step back is neither going on nor an end: the opportunity enters the earlier stage again; so does one that is
    reopened, into the stage where it had ended."""
    asked = filters or Filters()
    ask = partial(_conversion, view, asked)
    return kept(view, "conversion", ConversionAnswer, ask, asked, grain=Grain.FACTS)


def _conversion(view: View, filters: Filters) -> ConversionAnswer:
    every = filters == Filters() and view.visible_accounts() is None
    placed, parameters = placed_sql(view, filters)
    flow = _FLOW.replace("{which}", "true" if every else "key = any(array(select key from placed))")
    rows = view.connection.execute((placed + flow).encode(), parameters).fetchall()
    ((won, lost, days),) = view.connection.execute((placed + _CYCLE).encode(), parameters).fetchall()
    return ConversionAnswer(
        **view.head(),
        stages=_flows(view, rows),
        won=won,
        lost=lost,
        win_rate=_share(won, won + lost),
        median_cycle_days=None if days is None else int(days),
    )


def _flows(view: View, rows: list[Any]) -> list[StageFlow]:
    order = {(process, stage.key): n for n, (process, stage) in enumerate(stages(view))}
    flows: dict[tuple[str, str], StageFlow] = {}
    stays: dict[tuple[str, str], list[int]] = {}
    for process, stage, following, outcome, count, left_after in rows:
        flow = flows.setdefault((process, stage), StageFlow(process, stage, 0, 0, 0, 0, None, None))
        _count(flow, order, following, outcome, count)
        stays.setdefault((process, stage), []).extend(each for each in left_after if each is not None)
    for key, flow in flows.items():
        _close(flow, sorted(stays[key]))
    return sorted(flows.values(), key=lambda flow: (order.get((flow.process, flow.stage), len(order)), flow.stage))


def _count(flow: StageFlow, order: dict[tuple[str, str], int], following: str | None, outcome: str, count: int) -> None:
    flow.entered += count
    place, next_place = (order.get((flow.process, stage), -1) for stage in (flow.stage, following or ""))
    if following is None:
        flow.still_there += count
    elif outcome == "won" or (not outcome and next_place > place):
        flow.went_on += count
    elif outcome:
        flow.ended += count


def _close(flow: StageFlow, days: list[int]) -> None:
    flow.conversion = _share(flow.went_on, flow.went_on + flow.ended)
    flow.median_days = days[(len(days) - 1) // 2] if days else None


def _share(part: int, whole: int) -> Decimal | None:
    return (Decimal(part) / whole).quantize(Decimal("0.001"), ROUND_HALF_EVEN) if whole else None
