"""Conversion explained: the stays of opportunities at a stage that a figure counts, and the events by which each began
and ended."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from projections.deals import Filters, placed_sql, stages
from projections.explained import Because, Explanation, Share, one_of
from projections.explained_deals import FIRST_PAGE, Page
from projections.opportunities import FUNNEL
from projections.versions import versions_sql
from projections.view import View

CELLS = ("entered", "went_on", "ended", "still_there")
FIGURES = (*CELLS, "days")
_STAYS = f"""
, version as ({versions_sql(FUNNEL, "account, process, stage, outcome, since", "{which}")}),
compared as (select *, lag((stage, outcome, since)) over timeline is distinct from (stage, outcome, since) as differs
    from version window timeline as (partition by key order by valid_from, cause)),
stay as (select *, lead(stage) over timeline as next_stage, coalesce(lead(outcome) over timeline, '') as next_outcome,
    lead(valid_from) over timeline as left_at, lead(cause) over timeline as left_by
    from compared where differs window timeline as (partition by key order by valid_from, cause)),
place as (select * from unnest(%(processes)s::text[], %(stages)s::text[]) with ordinality place(process, stage, n)),
judged as (select stay.*, case when next_stage is null then 'still_there'
    when next_outcome = 'won' or (next_outcome = '' and coalesce(next.n, -1) > coalesce(own.n, -1)) then 'went_on'
    when next_outcome <> '' then 'ended' else 'went_back' end as became
    from stay left join place own on own.process = stay.process and own.stage = stay.stage
    left join place next on next.process = stay.process and next.stage = next_stage where outcome = '')
select key, account, valid_from, cause, left_at, left_by, {{number}} from judged
where stage = %(stage)s and (%(process)s = '' or process = %(process)s)
    and (%(cell)s = 'entered' or (%(cell)s = 'days' and left_at is not null) or became = %(cell)s)
{{page}}
"""
_PAGE = """
order by coalesce(left_at, valid_from) desc, coalesce(left_by, cause) desc limit %(limit)s offset %(skip)s"""
_DAYS = "floor(extract(epoch from left_at - valid_from) / 86400)::int"


class ConversionCell(msgspec.Struct, frozen=True, kw_only=True):
    """How many stays at a stage (of a process, where one is stated) were `entered`, `went_on` or won, `ended`
    otherwise, or are `still_there`. A step back is neither. Of the `days` from entering to leaving the lower middle
    counts: those of one stay."""

    stage: str
    cell: str = "entered"
    process: str = ""


def explain_conversion(
    view: View, cell: ConversionCell, filters: Filters | None = None, page: Page = FIRST_PAGE
) -> Explanation:
    """Which stays a figure of the conversion counts, as of the view's clocks, those that ended last first. Raises
    NotExplained for a figure or stage that is none."""
    one_of("figure of the conversion", cell.cell, FIGURES)
    filters = filters or Filters()
    every = filters == Filters() and view.visible_accounts() is None
    placed, parameters = placed_sql(view, filters)
    order = stages(view)
    middle = cell.cell == "days"
    asked = placed + _STAYS.replace("{which}", "true" if every else "key in (select key from placed)")
    asked = asked.replace("{number}", f"count(*) over (), {_DAYS}").replace("{page}", "" if middle else _PAGE)
    parameters |= {**msgspec.structs.asdict(cell), "limit": page.limit, "skip": page.skip}
    parameters |= {"processes": [process for process, _ in order], "stages": [stage.key for _, stage in order]}
    rows = view.connection.execute(asked.encode(), parameters).fetchall()
    if middle and rows:
        return _middle(view, cell, rows)
    if not rows and page.skip:
        return _beyond(explain_conversion(view, cell, filters, Page(limit=1)))
    count = rows[0][6] if rows else 0
    if not rows:
        one_of("stage", cell.stage, dict.fromkeys(stage.key for _, stage in order))
    return Explanation(
        **view.head(),
        figure="conversion",
        question={name: value for name, value in msgspec.structs.asdict(cell).items() if value},
        unit="days" if middle else "count",
        value=None if middle else Decimal(count),
        shares=[_share(cell.cell, row) for row in rows],
        count=count,
        not_shown=count - len(rows),
        not_shown_sum=Decimal(count - len(rows)),
    )


def _middle(view: View, cell: ConversionCell, rows: list[Any]) -> Explanation:
    """The days of the stay that lies in the middle, from its beginning to its end."""
    rows.sort(key=lambda row: (row[-1], row[4], row[5]))
    key, account, entered, by, left_at, left_by, _, days = rows[(len(rows) - 1) // 2]
    events = [_event(by, entered, ["stage"], 0), _event(left_by, left_at, ["stage"], days)]
    return Explanation(
        **view.head(),
        figure="conversion",
        question={name: value for name, value in msgspec.structs.asdict(cell).items() if value},
        unit="days",
        value=Decimal(days),
        shares=[Share(key, account, Decimal(days), events)],
        count=len(rows),
    )


def _beyond(first: Explanation) -> Explanation:
    """A page after the last."""
    first.shares, first.not_shown, first.not_shown_sum = [], first.count, Decimal(first.count)
    return first


def _share(cell: str, row: Any) -> Share:
    """One stay counts 1: by the event that began it, or by the one that ended it."""
    key, account, entered, by, left_at, left_by, *_ = row
    by_end = cell in ("went_on", "ended")
    events = [_event(by, entered, ["stage"], 0 if by_end else 1)]
    if by_end:
        events.append(_event(left_by, left_at, [cell], 1))
    return Share(key, account, Decimal(1), events)


def _event(position: int, at: datetime, gave: list[str], contribution: int) -> Because:
    return Because(position=position, occurred_at=at, contribution=Decimal(contribution), gave=gave)
