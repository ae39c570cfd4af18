"""Conversion and cycle time between stages, from the versions of every opportunity."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from functools import partial

import msgspec

from projections.deals import Filters, placed_sql, stages
from projections.kept_answers import Grain, kept
from projections.opportunities import FUNNEL
from projections.stays import Flow, Flows, stays_of
from projections.versions import versions_sql
from projections.view import FEW, Answer, View


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

_KEYS = "select coalesce(string_agg(uuid_send(key), ''), '') from placed"


def conversion(view: View, filters: Filters | None = None) -> ConversionAnswer:
    """How opportunities went from stage to stage up to the view's moment; a filter takes those that it holds then.
    A step back is neither going on nor an end: the opportunity enters the earlier stage again; so does one that is
    reopened, into the stage where it had ended."""
    asked = filters or Filters()
    ask = partial(_conversion, view, asked)
    return kept(view, "conversion", ConversionAnswer, ask, asked, grain=Grain.FACTS)


def _conversion(view: View, filters: Filters) -> ConversionAnswer:
    found = _kept_flows(view, filters) or _asked_flows(view, filters)
    return ConversionAnswer(
        **view.head(),
        stages=_flows(view, found),
        won=found.won,
        lost=found.lost,
        win_rate=_share(found.won, found.won + found.lost),
        median_cycle_days=found.median_cycle_days,
    )


def _is_all(view: View, filters: Filters) -> bool:
    return filters == Filters() and view.visible_accounts() is None


def _kept_flows(view: View, filters: Filters) -> Flows | None:
    """From the columns that the process keeps; for who sees few accounts nothing is read that is not kept already, and
    of one account the rows themselves are read sooner."""
    visible = view.visible_accounts()
    if filters.account:
        return None
    stays = stays_of(view, only_ready=visible is not None and len(visible) <= FEW)
    if stays is None:
        return None
    at = view.clock.as_of, view.clock.known_at
    if _is_all(view, filters):
        return stays.flows(*at)
    placed, parameters = placed_sql(view, filters)
    ((keys,),) = view.connection.execute((placed + _KEYS).encode(), parameters, binary=True).fetchall()
    return stays.flows(*at, [keys[place : place + 16] for place in range(0, len(keys), 16)])


def _asked_flows(view: View, filters: Filters) -> Flows:
    """From the versions of the rows."""
    placed, parameters = placed_sql(view, filters)
    which = "true" if _is_all(view, filters) else "key = any(array(select key from placed))"
    rows = view.connection.execute((placed + _FLOW.replace("{which}", which)).encode(), parameters).fetchall()
    ((won, lost, days),) = view.connection.execute((placed + _CYCLE).encode(), parameters).fetchall()
    stays: dict[tuple[str, str], list[int]] = {}
    for process, stage, _, _, _, left_after in rows:
        stays.setdefault((process, stage), []).extend(each for each in left_after if each is not None)
    medians = {key: sorted(taken)[(len(taken) - 1) // 2] for key, taken in stays.items() if taken}
    return Flows([Flow(*row[:5]) for row in rows], medians, won, lost, None if days is None else int(days))


def _flows(view: View, found: Flows) -> list[StageFlow]:
    order = {(process, stage.key): n for n, (process, stage) in enumerate(stages(view))}
    flows: dict[tuple[str, str], StageFlow] = {}
    for each in found.flows:
        key = each.process, each.stage
        flow = flows.setdefault(key, StageFlow(*key, 0, 0, 0, 0, None, found.median_days.get(key)))
        _count(flow, order, each)
    for flow in flows.values():
        flow.conversion = _share(flow.went_on, flow.went_on + flow.ended)
    return sorted(flows.values(), key=lambda flow: (order.get((flow.process, flow.stage), len(order)), flow.stage))


def _count(flow: StageFlow, order: dict[tuple[str, str], int], then: Flow) -> None:
    flow.entered += then.count
    place, next_place = (order.get((flow.process, stage), -1) for stage in (flow.stage, then.following or ""))
    if then.following is None:
        flow.still_there += then.count
    elif then.outcome == "won" or (not then.outcome and next_place > place):
        flow.went_on += then.count
    elif then.outcome:
        flow.ended += then.count


def _share(part: int, whole: int) -> Decimal | None:
    return (Decimal(part) / whole).quantize(Decimal("0.001"), ROUND_HALF_EVEN) if whole else None
