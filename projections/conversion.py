"""Conversion and cycle time between stages, from the versions of every opportunity."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

import msgspec

from projections.deals import Filters, conditions, stages
from projections.opportunities import FUNNEL
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


_VERSIONS = f"""
select key, process, stage, outcome, since, opened, valid_from, cause from {FUNNEL.table}
    where kind = 1 and valid_from <= %(as_of)s and known_from <= %(known_at)s {{also}}
union all
select key, process, stage, outcome, since, opened, valid_from, cause from {FUNNEL.history}
    where kind = 1 and valid_from <= %(as_of)s and known_from <= %(known_at)s and retracted_at > %(known_at)s {{also}}
"""
_FLOW = """
with version as ({versions}),
state as (select distinct on (key, since, outcome) * from version order by key, since, outcome, valid_from, cause),
visit as (select key, process, stage, outcome, valid_from,
    lead(stage) over (partition by key order by valid_from, cause) as next_stage,
    lead(outcome) over (partition by key order by valid_from, cause) as next_outcome,
    lead(valid_from) over (partition by key order by valid_from, cause) as left_at from state)
select process, stage, next_stage, coalesce(next_outcome, ''), count(*),
    array_agg(floor(extract(epoch from left_at - valid_from) / 86400)::int)
from visit where outcome = '' group by 1, 2, 3, 4
"""
_CYCLE = """
with version as ({versions})
select count(*) filter (where outcome = 'won'), count(*) filter (where outcome = 'lost'),
    percentile_disc(0.5) within group (order by floor(extract(epoch from valid_from - opened) / 86400))
        filter (where outcome = 'won')
from (select distinct on (key) * from version order by key, valid_from desc, cause desc) newest
"""


def conversion(view: View, filters: Filters | None = None) -> ConversionAnswer:
    """How opportunities went from stage to stage up to the view's moment. A step back is neither going on nor an end:
    the opportunity enters the earlier stage again."""
    where, parameters = conditions(filters or Filters(), view)
    versions = _VERSIONS.format(also=f"and {where}" if where else "")
    asked = view.parameters(**parameters)
    rows = view.connection.execute(_FLOW.format(versions=versions).encode(), asked).fetchall()
    won, lost, days = view.connection.execute(_CYCLE.format(versions=versions).encode(), asked).fetchone() or (
        0,
        0,
        None,
    )
    order = {(process, stage.key): n for n, (process, stage) in enumerate(stages(view))}
    flows: dict[tuple[str, str], StageFlow] = {}
    stays: dict[tuple[str, str], list[int]] = {}
    for process, stage, following, outcome, count, left_after in rows:
        flow = flows.setdefault((process, stage), StageFlow(process, stage, 0, 0, 0, 0, None, None))
        _count(flow, order, following, outcome, count)
        stays.setdefault((process, stage), []).extend(each for each in left_after if each is not None)
    for key, flow in flows.items():
        _close(flow, sorted(stays[key]))
    lines = sorted(flows.values(), key=lambda flow: order.get((flow.process, flow.stage), len(order)))
    return ConversionAnswer(
        **view.head(), stages=lines, won=won, lost=lost, win_rate=_share(won, won + lost), median_cycle_days=_int(days)
    )


def _count(flow: StageFlow, order: dict[tuple[str, str], int], following: str | None, outcome: str, count: int) -> None:
    flow.entered += count
    if following is None:
        flow.still_there += count
    elif outcome == "won" or (
        not outcome and order.get((flow.process, following), 0) > order.get((flow.process, flow.stage), 0)
    ):
        flow.went_on += count
    elif outcome:
        flow.ended += count


def _close(flow: StageFlow, days: list[int]) -> None:
    flow.conversion = _share(flow.went_on, flow.went_on + flow.ended)
    flow.median_days = days[(len(days) - 1) // 2] if days else None


def _share(part: int, whole: int) -> Decimal | None:
    return (Decimal(part) / whole).quantize(Decimal("0.001"), ROUND_HALF_EVEN) if whole else None


def _int(value: object) -> int | None:
    return None if value is None else int(str(value))
