"""The cost of winning (赢单成本): what was spent on opportunities, against what was allowed and what was won."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

import msgspec

from domain.errors import NotFound
from domain.policies.calendar import period_of
from projections.deals import Filters
from projections.names import names_of
from projections.reporting import Reporting, part_of, plain
from projections.view import Listing, View
from projections.winning_facts import ZERO, Effort, Spent, efforts


class CostBy(enum.StrEnum):
    """What the cost of winning is grouped by; the period is that of the end, of open ones that of the expected."""

    OWNER = "owner"
    ACCOUNT = "account"
    PRODUCT = "product"
    PERIOD = "period"
    OUTCOME = "outcome"


class Share(msgspec.Struct):
    """Person-days and cost of a resource kind, or of a stage."""

    key: str
    person_days: Decimal
    cost: Decimal


class OpportunityCost(msgspec.Struct):
    """What an opportunity took, amounts in the reporting currency.

    `exceeded` names the limits of the decision to pursue that are exceeded (cost, person_days); `for_nothing` counts
    concessions with nothing in return; `cost_per_won` is cost by signed amount; `positions` are the events behind.
    """

    opportunity: UUID
    account: UUID | None
    owner: UUID | None
    process: str
    stage: str
    outcome: str
    decision: str | None
    cost_allowed: Decimal | None
    days_allowed: Decimal | None
    person_days: Decimal
    cost: Decimal
    by_kind: list[Share]
    by_stage: list[Share]
    exceeded: list[str]
    samples_out: int
    samples_overdue: int
    concessions: int
    for_nothing: int
    conceded: Decimal
    won_amount: Decimal | None
    cost_per_won: Decimal | None
    positions: list[int]
    title: str = ""
    external_id: str = ""


class CostGroup(msgspec.Struct):
    """The cost of several opportunities. `cost_per_won` is what was spent on all that ended, lost and disqualified
    ones included, by what was won (four digits after the point); None where nothing was won."""

    key: str
    name: str
    opportunities: int
    won: int
    person_days: Decimal
    cost: Decimal
    cost_of_open: Decimal
    cost_of_won: Decimal
    cost_of_lost: Decimal
    won_amount: Decimal
    cost_per_won: Decimal | None
    conceded: Decimal
    samples_out: int
    positions: list[int]


class CostAnswer(Listing, kw_only=True):
    """The cost of winning: opportunities with any effort, the dearest first; the total also has what was won without.

    `missing_rates` counts amounts of currencies without a rate on their day; they are in no sum.
    """

    listed: ClassVar[str] = "opportunities"
    opportunities: list[OpportunityCost]
    total: CostGroup
    groups: list[CostGroup] | msgspec.UnsetType = msgspec.UNSET
    missing_rates: dict[str, int] = msgspec.field(default_factory=dict)


def cost_of_winning(
    view: View, filters: Filters | None = None, *, by: CostBy | None = None, opportunity: UUID | None = None
) -> CostAnswer:
    """The cost of winning as of the view's clocks; of one opportunity where it is stated (NotFound if not there)."""
    reporting = Reporting(view)
    found = efforts(view, filters or Filters(), opportunity, reporting)
    if opportunity and not found:
        raise NotFound(kind="opportunity", key=opportunity)
    shown = [_line(view, each) for each in found if each.is_effort or opportunity]
    return CostAnswer(
        **view.head(),
        opportunities=sorted(shown, key=lambda line: (-line.cost, line.opportunity)),
        total=_group(view, "", "", found),
        groups=_groups(view, by, found) if by else msgspec.UNSET,
        missing_rates=reporting.missing_rates,
    )


def _line(view: View, effort: Effort) -> OpportunityCost:
    cost, allowed = _cost(view, [effort]), effort.allowed
    return OpportunityCost(
        opportunity=effort.opportunity,
        account=effort.account,
        owner=effort.owner,
        process=effort.process,
        stage=effort.stage,
        outcome=effort.outcome,
        decision=allowed.decision.value if allowed else None,
        cost_allowed=allowed.cost if allowed else None,
        days_allowed=allowed.days if allowed else None,
        person_days=_days([effort]),
        cost=cost,
        by_kind=_shares(view, effort, lambda spent: spent.kind),
        by_stage=_shares(view, effort, lambda spent: spent.stage),
        exceeded=exceeded(effort),
        samples_out=effort.samples_out,
        samples_overdue=effort.samples_overdue,
        concessions=effort.concessions,
        for_nothing=effort.for_nothing,
        conceded=view.money(effort.conceded),
        won_amount=effort.signed,
        cost_per_won=part_of(cost, effort.signed),
        positions=_positions([effort]),
    )


def exceeded(effort: Effort) -> list[str]:
    """The limits that are exceeded: in the limit's own currency where all was spent in it, else as converted."""
    allowed, found = effort.allowed, []
    if allowed is None:
        return []
    if {each.currency for each in effort.spent} <= {allowed.currency}:
        limit, cost = allowed.own, sum((each.own for each in effort.spent), ZERO)
    else:
        limit, cost = allowed.cost, sum((each.cost or ZERO for each in effort.spent), ZERO)
    if limit is not None and cost > limit:
        found.append("cost")
    if allowed.days is not None and _days([effort]) > allowed.days:
        found.append("person_days")
    return found


def _shares(view: View, effort: Effort, key: Callable[[Spent], str]) -> list[Share]:
    found: dict[str, Share] = {}
    for spent in effort.spent:
        share = found.setdefault(key(spent), Share(key(spent), ZERO, view.money(ZERO)))
        share.person_days = plain(share.person_days + spent.person_days)
        share.cost += spent.cost or ZERO
    return list(found.values())


def _groups(view: View, by: CostBy, found: list[Effort]) -> list[CostGroup]:
    grouped: dict[str, list[Effort]] = {}
    for effort in found:
        grouped.setdefault(key_of(view, by, effort), []).append(effort)
    names = names_of(view, by, sorted(grouped))
    return [_group(view, key, names.get(key, key), grouped[key]) for key in sorted(grouped)]


def key_of(view: View, by: CostBy, effort: Effort) -> str:
    """The group in which an opportunity counts."""
    if by is CostBy.OWNER:
        return str(effort.owner or "")
    if by is CostBy.ACCOUNT:
        return str(effort.account or "")
    if by is CostBy.PERIOD:
        return period_of(view.policies.company, effort.ends_on) if effort.ends_on else ""
    return effort.product if by is CostBy.PRODUCT else effort.outcome or "open"


def _group(view: View, key: str, name: str, efforts: list[Effort]) -> CostGroup:
    open_ones = [each for each in efforts if not each.outcome]
    won = [each for each in efforts if each.outcome == "won"]
    lost = [each for each in efforts if each.outcome not in ("", "won")]
    signed = sum((each.signed or ZERO for each in won), ZERO)
    return CostGroup(
        key=key,
        name=name,
        opportunities=len(efforts),
        won=len(won),
        person_days=_days(efforts),
        cost=_cost(view, efforts),
        cost_of_open=_cost(view, open_ones),
        cost_of_won=_cost(view, won),
        cost_of_lost=_cost(view, lost),
        won_amount=view.money(signed),
        cost_per_won=part_of(_cost(view, [*won, *lost]), signed),
        conceded=view.money(sum((each.conceded for each in efforts), ZERO)),
        samples_out=sum(each.samples_out for each in efforts),
        positions=_positions(efforts),
    )


def _cost(view: View, efforts: Iterable[Effort]) -> Decimal:
    return view.money(sum((spent.cost or ZERO for each in efforts for spent in each.spent), ZERO))


def _days(efforts: Iterable[Effort]) -> Decimal:
    return plain(sum((spent.person_days for each in efforts for spent in each.spent), ZERO))


def _positions(efforts: Iterable[Effort]) -> list[int]:
    return sorted({at for each in efforts for at in (*each.positions, *([each.won_at] if each.won_at else []))})
