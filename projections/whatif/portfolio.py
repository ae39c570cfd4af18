"""The portfolio under another selection model, side by side."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from domain.policies.selection_model import OVERALL
from domain.policies.shipped_selection import DEFAULT_MODEL
from projections.portfolio import Method, PortfolioAnswer, PortfolioLine, portfolio
from projections.portfolio_proposals import Action
from projections.whatif.side_by_side import Compared, WhatIfAnswer


class PlaceUnder(msgspec.Struct):
    """A customer under both policies: rank (None where the method knows nothing of it), how many places it would rise,
    total 0–10, Pareto class, cells by the key of their matrix, thresholds that are met, and what would be proposed.
    `key_account` is as it was granted."""

    account: UUID
    external_id: str
    name: str
    key_account: bool
    rank_was: int | None
    rank: int | None
    rises: int | None
    total_was: Decimal | None
    total: Decimal | None
    class_was: str
    class_: str = msgspec.field(name="class")
    cells_were: dict[str, str | None]
    cells: dict[str, str | None]
    proposed_was: list[Action]
    proposed: list[Action]
    missing: list[str]
    changed: bool
    positions: list[int]


class PortfolioPoint(msgspec.Struct):
    """The portfolio at a moment, by the rank that would be; `changed` counts customers with another rank, class, cell
    or proposal, `limit` is the model's of key accounts."""

    as_of: datetime
    limit_was: int
    limit: int
    key_accounts: int
    changed: int
    customers: list[PlaceUnder]
    not_shown: int = 0


class PortfolioWhatIf(WhatIfAnswer, kw_only=True):
    """The portfolio as it was and as it would have been. `missing` of a customer are criteria of the supposed model by
    which nobody scored it."""

    model: str
    method: Method
    points: list[PortfolioPoint]


def portfolio_under(
    compared: Compared, model: str = DEFAULT_MODEL, method: Method = Method.WEIGHTED
) -> PortfolioWhatIf:
    """The portfolio by a selection model under both policies. Raises what `portfolio` raises."""
    points = [_point(portfolio(was, model, method), portfolio(would, model, method)) for was, would in compared.pairs()]
    return PortfolioWhatIf(**compared.about(), model=model, method=method, points=points)


def _point(was: PortfolioAnswer, would: PortfolioAnswer) -> PortfolioPoint:
    before = {each.account: each for each in was.customers}
    lines = [_line(before[each.account], each, was, would) for each in would.customers]
    return PortfolioPoint(
        as_of=was.as_of,
        limit_was=was.portfolio_limit,
        limit=would.portfolio_limit,
        key_accounts=would.key_accounts,
        changed=sum(each.changed for each in lines),
        customers=lines,
    )


def _line(was: PortfolioLine, would: PortfolioLine, before: PortfolioAnswer, after: PortfolioAnswer) -> PlaceUnder:
    known = was.rank is not None and would.rank is not None
    line = PlaceUnder(
        account=was.account,
        external_id=was.external_id,
        name=was.name,
        key_account=was.status is not None,
        rank_was=was.rank,
        rank=would.rank,
        rises=(was.rank or 0) - (would.rank or 0) if known else None,
        total_was=_total(was),
        total=_total(would),
        class_was=was.abc,
        class_=would.abc,
        cells_were={key: cell.cell for key, cell in was.cells.items()},
        cells={key: cell.cell for key, cell in would.cells.items()},
        proposed_was=[each.action for each in before.proposals if each.account == was.account],
        proposed=[each.action for each in after.proposals if each.account == was.account],
        missing=would.score.missing if would.score else [],
        changed=False,
        positions=sorted({*was.positions, *would.positions, *([would.score.position] if would.score else [])}),
    )
    line.changed = (line.rank_was, line.total_was, line.class_was, line.cells_were, line.proposed_was) != (
        line.rank,
        line.total,
        line.class_,
        line.cells,
        line.proposed,
    )
    return line


def _total(line: PortfolioLine) -> Decimal | None:
    return line.score.totals.get(OVERALL) if line.score else None
