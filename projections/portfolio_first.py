"""What a page shows of the portfolio: sums of classes, the first of each list, who lies in a matrix. In columns of a
whole company it says what `portfolio` says, and makes lines only of those customers that are shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from domain.policies.calendar import day_of
from domain.policies.selection_definition import Measure
from domain.policies.selection_model import SelectionModel
from domain.policies.shipped_selection import DEFAULT_MODEL
from domain.selection.pareto import AbcClass
from projections.account_choice import Chosen, chosen
from projections.account_columns import in_order, places_of_names
from projections.account_list import AccountFilters
from projections.brought_columns import PARTS, Ranks, ranks_of
from projections.customer_standing import STATUS, Customers
from projections.engine import ReadModel
from projections.kept_answers import Grain, kept
from projections.kept_columns import Rows, day_number, kept_then, marked
from projections.key_accounts import key_accounts
from projections.portfolio import Method, PortfolioLine, is_due, line_of, order_of, ordered, portfolio
from projections.portfolio_facts import Period, customers, period_of_model
from projections.portfolio_proposals import Proposal, proposals
from projections.purchase_volumes import PURCHASE_VOLUMES
from projections.scores import SCORES
from projections.view import View
from projections.visit_columns import customers_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

ZERO = Decimal(0)
OF_ALL = {Measure.REVENUE.value, Measure.MARGIN.value, Measure.GROWTH.value}
"""What is known of customers that were never scored and whose volume nobody stated."""


class ClassSum(msgspec.Struct, frozen=True):
    """The customers of a class: how many, and what they bring together."""

    name: str
    count: int
    revenue: Decimal
    share: Decimal


class FirstOfPortfolio(msgspec.Struct, kw_only=True):
    """The customers that filters choose: `count` of them, `most` what the first brings; `ranked` by what they bring,
    `placed` those that may lie in a matrix, `due` by when their review is, `proposals`: the first of `all_due` and
    `all_proposals`. `key_positions` are of the key accounts that the asker sees, `key_accounts` counts all."""

    portfolio_limit: int
    from_day: date
    to_day: date
    key_accounts: int
    key_positions: list[int]
    count: int
    most: Decimal
    classes: list[ClassSum]
    ranked: list[PortfolioLine]
    placed: list[PortfolioLine]
    due: list[PortfolioLine]
    all_due: int
    proposals: list[Proposal]
    all_proposals: int


def first_of_portfolio(view: View, filters: AccountFilters, abc: str, most: int) -> FirstOfPortfolio:
    """Of the customers of a class, or of all (empty), that filters choose, the first so many. Raises NotFound,
    SelectionModelUnknown."""
    asked = filters, abc, most
    ask = partial(_first_of_portfolio, view, *asked)
    return kept(view, "first of portfolio", FirstOfPortfolio, ask, *asked, grain=Grain.DAY, shared=True)


def _first_of_portfolio(view: View, filters: AccountFilters, abc: str, most: int) -> FirstOfPortfolio:
    model = view.policies.selection_model(DEFAULT_MODEL)
    model.must_exist(DEFAULT_MODEL)
    period = period_of_model(view, model)
    ranks = ranks_of(view, model, period)
    if ranks is None:
        return _of_lines(view, filters, abc, most)
    return _Look(view, model, period, ranks, chosen(view, filters), abc).first(most)


def _of_lines(view: View, filters: AccountFilters, abc: str, most: int) -> FirstOfPortfolio:
    """The same of lines of all customers."""
    answer, wanted = portfolio(view, positions=False), set(chosen(view, filters).accounts)
    lines = [each for each in answer.customers if each.account in wanted and abc in ("", each.abc)]
    shown = {each.account for each in lines}
    due = [each for each in lines if each.status and is_due(each.status)]
    proposed = [each for each in answer.proposals if each.account in shown]
    return FirstOfPortfolio(
        portfolio_limit=answer.portfolio_limit,
        from_day=answer.from_day,
        to_day=answer.to_day,
        key_accounts=answer.key_accounts,
        key_positions=[each.status.position for each in answer.customers if each.status],
        count=len(lines),
        most=max((each.revenue for each in lines), default=ZERO),
        classes=[_sum_of(name, lines) for name in AbcClass],
        ranked=sorted(lines, key=lambda each: (each.cumulative, -each.share, each.name))[:most],
        placed=[each for each in lines if any(cell.cell for cell in each.cells.values())],
        due=sorted(due, key=lambda each: (each.status and each.status.review_due, each.name))[:most],
        all_due=len(due),
        proposals=proposed[:most],
        all_proposals=len(proposed),
    )


def _sum_of(name: AbcClass, lines: Sequence[PortfolioLine]) -> ClassSum:
    own = [each for each in lines if each.abc == name]
    return ClassSum(name, len(own), sum((each.revenue for each in own), ZERO), sum((each.share for each in own), ZERO))


@dataclass
class _Look:
    """The customers by rank, and those that are chosen."""

    view: View
    model: SelectionModel
    period: Period
    ranks: Ranks
    found: Chosen
    abc: str

    def first(self, most: int) -> FirstOfPortfolio:
        """What is shown."""
        keys, theirs, count = Customers(self.view).keys, self._theirs(), self._key_accounts()
        own = self.ranks.customers[theirs]
        told = self._among(own, self._told_of())
        standing = keys.where(marked(self.ranks.ids, own)[keys["customer"]])
        unscored = self.found.of(standing["customer"]).without(told)
        due, due_on = self._due(standing)
        first_due = _at(due, due.first(most, due_on))
        ranked, few = self._ranked(theirs, most), {*told, *_at(unscored, unscored.first(most))}
        lines = self._lines(map(self.ranks.ids.key, own.tolist()) if self._all_lie else {*few, *ranked, *first_due})
        in_turn = list(lines.values())
        proposed = proposals(self.model, [each for each in in_turn if each.account in few], count)
        of_told = sum(each.account in told for each in proposed)
        return FirstOfPortfolio(
            portfolio_limit=self.model.portfolio_limit,
            from_day=self.period.first,
            to_day=self.period.last,
            key_accounts=count,
            key_positions=keys["cause"].tolist(),
            count=len(theirs),
            most=self.ranks.money(int(self.ranks.revenue[theirs].max())) if len(theirs) else ZERO,
            classes=[self._sum_of(name, theirs) for name in AbcClass],
            ranked=[lines[key] for key in ranked],
            placed=[each for each in in_turn if any(cell.cell for cell in each.cells.values())],
            due=[lines[key] for key in first_due],
            all_due=len(due),
            proposals=proposed[:most],
            all_proposals=of_told + len(unscored),
        )

    def _theirs(self) -> NDArray[Any]:
        """The ranks of those that are chosen."""
        import numpy as np

        ranks, ids = self.ranks, self.ranks.ids
        are = marked(ids, self.found.rows["_stream"])[ranks.customers]
        if self.abc:
            of_class = np.zeros(len(are), np.bool_)
            of_class[ranks.of_class(AbcClass(self.abc)) if self.abc in list(AbcClass) else []] = True
            are &= of_class
        return np.flatnonzero(are)

    def _among(self, customers: NDArray[Any], accounts: Iterable[UUID]) -> set[UUID]:
        """Those of some accounts that are among customers, as numbers."""
        keys = list(accounts)
        codes = self.ranks.ids.of(keys)
        are = marked(self.ranks.ids, customers)[codes]
        return {key for key, is_one in zip(keys, are.tolist(), strict=True) if is_one}

    def _key_accounts(self) -> int:
        """How many the whole company has."""
        import numpy as np

        rows = kept_then(self.view, STATUS)
        if rows is None:
            return len(key_accounts(self.view))
        return len(np.unique(customers_of(self.view, rows.ids)[rows["_account"]]))

    def _due(self, standing: Rows) -> tuple[Chosen, NDArray[Any]]:
        """Those whose review is due (`is_due`), and on which day, as columns have it."""
        import numpy as np

        today = day_number(day_of(self.view.policies.company, self.view.clock.as_of))
        are_due = standing.where((standing["due"] < today) | ~standing["justified"])
        found, day = self.found.of(are_due["customer"]), np.zeros(len(standing.ids), np.int64)
        day[are_due["customer"]] = are_due["due"]
        return found, day[found.rows["_stream"]]

    def _told_of(self) -> set[UUID]:
        """Who was scored by the model, or states what he buys in a year."""
        return self._named(SCORES, "model = %(of)s", of=self.model.key) | self._named(PURCHASE_VOLUMES)

    def _named(self, model: ReadModel, where: str = "", **more: Any) -> set[UUID]:
        return {self.view.leads_to(account) for (account,) in self.view.rows(model, "account", where, **more)}

    @cached_property
    def _all_lie(self) -> bool:
        """Whether a matrix has a place for customers of whom nothing is known but what they bring."""
        return any({each.x.measure, each.y.measure} <= OF_ALL for each in self.model.matrices)

    def _ranked(self, theirs: NDArray[Any], most: int) -> list[UUID]:
        ids, codes = self.ranks.ids, self.ranks.customers[theirs]
        names = places_of_names(self.view, self.found.rows)
        keys = names[codes], -self.ranks.shares[theirs], self.ranks.cumulative[theirs]
        return list(map(ids.key, codes[in_order(ids, codes, *keys)[:most]].tolist()))

    def _lines(self, accounts: Iterable[UUID]) -> dict[UUID, PortfolioLine]:
        """The lines of some customers in the order of the portfolio, without their rank among all."""
        wanted, order = set(accounts), order_of(self.model, Method.WEIGHTED)
        found = customers(self.view.among(wanted), self.model, self.period, positions=False)
        lines = [line_of(self.model, found[key], self.ranks.place(self.ranks.rank_of(key))) for key in wanted]
        known, rest = ordered(lines, order)
        return {each.account: each for each in (*known, *rest)}

    def _sum_of(self, name: AbcClass, theirs: NDArray[Any]) -> ClassSum:
        import numpy as np

        own = np.intersect1d(self.ranks.of_class(name), theirs, assume_unique=True)
        share = Decimal(int(self.ranks.shares[own].sum())) / PARTS
        return ClassSum(name, len(own), self.ranks.money(int(self.ranks.revenue[own].sum())), share)


def _at(found: Chosen, places: Sequence[int]) -> list[UUID]:
    return [found.accounts[place] for place in places]
