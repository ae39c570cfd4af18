"""Competition (竞争): who wins against whom, with which strategy, on what, and where they lead in the criteria.

A competitor was met on a deal where it was identified, has answers, or won. Deals count by their end in the period,
open ones as they stand. A win rate is what we won of what we won or lost where the competitor had been identified:
one who came to light only as the winner is known from lost deals alone, which would press every rate down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from domain.errors import NotFound
from domain.opportunity.rivals import plain
from projections.closed import CLOSED_WITHIN, closed_between, within
from projections.competitors import COMPETITORS, STRATEGIES
from projections.criteria import CRITERIA, STANDINGS
from projections.deals import Filters, deals_sql, missing
from projections.engine import as_of_sql
from projections.losses import LOSSES
from projections.proportions import FLOOR, Share, share
from projections.qualification import Read
from projections.seen import sealed
from projections.view import Answer, View

ZERO = Decimal(0)


class Record(msgspec.Struct):
    """How we did against a competitor: with one strategy, on one product, in one territory, or (key empty) where none
    is known. `lost_to_them` is what they won of what we lost; `win_rate` counts the deals on which they had been
    identified, and is silent below the floor."""

    key: str
    won: int
    lost: int
    lost_to_them: int
    win_rate: Share


class CriteriaLine(msgspec.Struct):
    """In criteria of a kind: on how many both were judged, where they stand above us, level, or below."""

    kind: str
    compared: int = 0
    ahead: int = 0
    level: int = 0
    behind: int = 0


class Lead(msgspec.Struct):
    """A criterion of an open deal by which they stand above us; `priority` 1 is the most important."""

    criterion: UUID
    text: str | None
    kind: str
    priority: int | None
    ours: int
    theirs: int
    position: int


class OpenDeal(msgspec.Struct):
    """An open deal against them; `value` in the reporting currency, null where a rate or price is missing."""

    opportunity: UUID
    account: UUID | None
    stage: str
    value: Decimal | None
    strategy: str
    leads: list[Lead]


class CompetitorLine(msgspec.Struct):
    """A competitor, by its first spelling. `met` counts deals, open, won, lost and disqualified; `unseen` those that
    they won though nobody had identified them. `open_deals` are there where one competitor is asked about.
    `positions` are those of the events by which it was met."""

    competitor: str
    met: int
    open: int
    open_value: Decimal
    won: int
    lost: int
    disqualified: int
    lost_to_them: int
    unseen: int
    win_rate: Share
    strategies: list[Record]
    products: list[Record]
    territories: list[Record]
    criteria: list[CriteriaLine]
    positions: list[int]
    open_deals: list[OpenDeal] | msgspec.UnsetType = msgspec.UNSET


class CompetitionAnswer(Answer, kw_only=True):
    """Competitors, the most often met first; `uncontested` is how we did where nobody had been identified."""

    since: date
    until: date
    floor: int
    competitors: list[CompetitorLine]
    uncontested: Share
    missing_rates: dict[str, int]
    missing_prices: dict[str, int]


class _Met(msgspec.Struct):
    """A deal on which a competitor was met."""

    opportunity: UUID
    account: UUID | None
    stage: str
    outcome: str
    product: str
    territory: str
    value: Decimal | None
    competitor: str
    name: str
    identified: bool
    they_won: bool
    positions: list[int]
    strategy: str


_DEALS = f"""
, rival as (select * from ({as_of_sql(COMPETITORS, "opportunity, competitor, name, identified, cause")}) one),
winner as (select key as opportunity, competitor, winner as name, cause
    from ({as_of_sql(LOSSES, "key, competitor, winner, cause")}) one where competitor <> ''),
plan as (select * from ({as_of_sql(STRATEGIES, "opportunity, competitor, strategy")}) one),
met as (select coalesce(rival.opportunity, winner.opportunity) as opportunity,
    coalesce(rival.competitor, winner.competitor) as competitor, coalesce(rival.name, winner.name) as name,
    rival.identified, rival.opportunity is not null as seen, winner.opportunity is not null as they_won,
    array_remove(array[rival.cause, winner.cause], null) as positions
    from rival full join winner on winner.opportunity = rival.opportunity and winner.competitor = rival.competitor)
select valued.key, valued.account, stage, outcome, coalesce(products[1], ''), territory, value, met.competitor,
    first_value(met.name) over (partition by met.competitor order by met.identified nulls last, valued.key),
    met.seen, met.they_won, met.positions, coalesce(own.strategy, general.strategy, '')
from valued left join met on met.opportunity = valued.key
left join plan own on own.opportunity = valued.key and own.competitor = met.competitor
left join plan general on general.opportunity = valued.key and general.competitor = ''
order by valued.key
"""
_OF_DEALS = "opportunity = any(%(deals)s)"
_CRITERIA = as_of_sql(CRITERIA, "opportunity, criterion, text, criterion_kind, priority", _OF_DEALS)
_STANDINGS = as_of_sql(STANDINGS, "opportunity, criterion, competitor, standing, cause", _OF_DEALS)
_COMPARED = f"""
with judged as (select * from ({_STANDINGS}) one)
select each.opportunity, theirs.competitor, each.criterion, text, criterion_kind, priority, ours.standing,
    theirs.standing, theirs.cause
from ({_CRITERIA}) each
join judged ours on ours.opportunity = each.opportunity and ours.criterion = each.criterion and ours.competitor = ''
join judged theirs on theirs.opportunity = each.opportunity and theirs.criterion = each.criterion
    and theirs.competitor <> ''
order by priority nulls last, each.criterion
"""


def competition(
    view: View,
    filters: Filters | None = None,
    *,
    competitor: str = "",
    since: date | None = None,
    until: date | None = None,
    floor: int = FLOOR,
    read: Read = lambda _: None,
) -> CompetitionAnswer:
    """How we do against each competitor, or against one, as of the view's clocks.

    Without a period deals count that were closed in its fiscal year. Raises PeriodBackwards, and NotFound for a
    competitor who was never met in what the filter holds.
    """
    first, last = closed_between(view, since, until)
    asked = deals_sql(view, filters or Filters(), territory=True, also=f"(outcome = '' or {CLOSED_WITHIN})")
    asked[1].update(within(view, first, last))
    rows = view.connection.execute((asked[0] + _DEALS).encode(), asked[1]).fetchall()
    met = [_Met(*row) for row in rows if row[7] is not None]
    if competitor:
        met = [each for each in met if each.competitor == plain(competitor)]
        if not met:
            raise NotFound(kind="competitor", key=competitor.strip())
    compared = _compared(view, met)
    lines = [_line(view, each, compared, floor) for each in _by(met, lambda one: one.competitor).values()]
    if competitor:
        lines[0].open_deals = [_open(view, each, compared, read) for each in met if not each.outcome]
    lacking = missing(view, asked)
    return CompetitionAnswer(
        **view.head(),
        since=first,
        until=last,
        floor=floor,
        competitors=sorted(lines, key=lambda line: (-line.met, line.competitor)),
        uncontested=_uncontested(rows, floor),
        missing_rates=lacking.rates,
        missing_prices=lacking.prices,
    )


def _by(met: Iterable[_Met], key: Callable[[_Met], str]) -> dict[str, list[_Met]]:
    found: dict[str, list[_Met]] = {}
    for each in met:
        found.setdefault(key(each), []).append(each)
    return found


def _uncontested(rows: list[Any], floor: int) -> Share:
    """A deal has a row per competitor who was met there, or one without."""
    contested = {row[0] for row in rows if row[9]}
    ended = {row[0]: row[3] for row in rows if row[0] not in contested and row[3] in ("won", "lost")}
    return share(list(ended.values()).count("won"), len(ended), floor)


Compared = dict[tuple[UUID, str], list[tuple[Any, ...]]]
"""By deal and competitor: criterion, text, kind, priority, our standing, theirs, position."""


def _pair(met: _Met) -> tuple[UUID, str]:
    return met.opportunity, met.competitor


def _compared(view: View, met: list[_Met]) -> Compared:
    deals = list({each.opportunity for each in met})
    found: Compared = {}
    for deal, competitor, *columns in view.connection.execute(_COMPARED.encode(), view.parameters(deals=deals)):
        found.setdefault((deal, competitor), []).append(tuple(columns))
    return found


def _line(view: View, met: list[_Met], compared: Compared, floor: int) -> CompetitorLine:
    whole, still_open = _record("", met, floor), [each for each in met if not each.outcome]
    return CompetitorLine(
        competitor=met[0].name,
        met=len(met),
        open=len(still_open),
        open_value=view.money(sum((each.value or ZERO for each in still_open), ZERO)),
        won=whole.won,
        lost=whole.lost,
        disqualified=sum(each.outcome == "disqualified" for each in met),
        lost_to_them=whole.lost_to_them,
        unseen=sum(not each.identified for each in met),
        win_rate=whole.win_rate,
        strategies=_records(met, lambda each: each.strategy, floor),
        products=_records(met, lambda each: each.product, floor),
        territories=_records(met, lambda each: each.territory, floor),
        criteria=_criteria(met, compared),
        positions=sorted(position for each in met for position in each.positions),
    )


def _records(met: list[_Met], key: Callable[[_Met], str], floor: int) -> list[Record]:
    """A record per key among the deals that ended in winning or losing."""
    ended = [each for each in met if each.outcome in ("won", "lost")]
    return [_record(name, group, floor) for name, group in sorted(_by(ended, key).items())]


def _record(key: str, met: list[_Met], floor: int) -> Record:
    won, lost = (sum(each.outcome == outcome for each in met) for outcome in ("won", "lost"))
    theirs = sum(each.outcome == "lost" and each.they_won for each in met)
    unseen = sum(each.outcome == "lost" and not each.identified for each in met)
    return Record(key, won, lost, theirs, share(won, won + lost - unseen, floor))


def _criteria(met: list[_Met], compared: Compared) -> list[CriteriaLine]:
    lines: dict[str, CriteriaLine] = {}
    for each in met:
        for _, _, kind, _, ours, theirs, _ in compared.get(_pair(each), ()):
            line = lines.setdefault(kind, CriteriaLine(kind))
            line.compared += 1
            line.ahead += theirs > ours
            line.level += theirs == ours
            line.behind += theirs < ours
    return [lines[kind] for kind in sorted(lines)]


def _open(view: View, met: _Met, compared: Compared, read: Read) -> OpenDeal:
    leads = [
        Lead(criterion, read(sealed(text)), kind, priority, ours, theirs, position)
        for criterion, text, kind, priority, ours, theirs, position in compared.get(_pair(met), ())
        if theirs > ours
    ]
    value = None if met.value is None else view.money(met.value)
    account = met.account and view.leads_to(met.account)
    return OpenDeal(met.opportunity, account, met.stage, value, met.strategy, leads)
