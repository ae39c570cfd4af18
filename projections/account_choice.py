"""The customers that a list chooses, in columns: which there are, and in which order; lines are made of those that are
shown. It says what `listed` says."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

from projections.account_columns import ACCOUNT, customers_then, in_order, texts_of
from projections.account_list import AccountFilters, Listed, text_condition
from projections.accounts import ACCOUNTS
from projections.deals import Filters, below
from projections.kept_columns import Rows, marked, rows_then
from projections.key_accounts import key_statuses
from projections.view import View

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Chosen(Collection[UUID]):
    """Customers as of a view's clocks, each at a place."""

    view: View
    rows: Rows

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[UUID]:
        return iter(self.accounts)

    def __contains__(self, account: object) -> bool:
        return account in self.accounts

    @cached_property
    def accounts(self) -> list[UUID]:
        """Which they are."""
        return list(map(self.rows.ids.key, self.rows["_stream"].tolist()))

    def among(self, accounts: Iterable[UUID]) -> Chosen:
        """Those of them that are among some accounts."""
        return self.of(self.rows.ids.of(list(accounts)))

    def of(self, codes: NDArray[Any]) -> Chosen:
        """The same, of accounts as numbers."""
        return Chosen(self.view, self.rows.where(marked(self.rows.ids, codes)[self.rows["_stream"]]))

    def without(self, accounts: Iterable[UUID]) -> Chosen:
        """Those of them that are not among some accounts."""
        others = marked(self.rows.ids, self.rows.ids.of(list(accounts)))
        return Chosen(self.view, self.rows.where(~others[self.rows["_stream"]]))

    def first(self, most: int, *ordered: Sequence[float] | NDArray[Any], falling: bool = False) -> list[int]:
        """The first so many places, rising by numbers that each has, the most important first, then by name; `falling`
        turns the numbers round, and not the names, unless there is nothing else."""
        import numpy as np

        ids, sign = self.rows.ids, -1 if falling else 1
        by_name = texts_of(ids).order(self.view, ids, self.rows["name"])
        numbers = [sign * np.asarray(each) for each in reversed(ordered)]
        order = in_order(ids, self.rows["_stream"], by_name, *numbers)
        found: list[int] = (order[::-1] if falling and not ordered else order)[:most].tolist()
        return found

    def listed(self, places: Sequence[int]) -> list[Listed]:
        """The lines of some places."""
        import numpy as np

        rows, ids = self.rows.where(np.array(places, np.int64)), self.rows.ids
        accounts = list(map(ids.key, rows["_stream"].tolist()))
        statuses = key_statuses(self.view.among(accounts))
        named = (texts_of(ids).of(self.view, ids, rows[each].tolist()) for each in ("external_id", "name", "territory"))
        managers = [ids.key(code) if code else None for code in rows["manager"].tolist()]
        of_rows = zip(accounts, *named, managers, rows["cause"].tolist(), strict=True)
        return [
            Listed(account, external_id, name, territory, manager, statuses.get(account), cause)
            for account, external_id, name, territory, manager, cause in of_rows
        ]


def chosen(view: View, filters: AccountFilters) -> Chosen:
    """The customers that the asker may see. Raises NotFound for a territory that never was."""
    rows = customers_then(view)
    if (territories := below(Filters(territory=filters.territory), view)) is not None:
        rows = rows.where(_is_any(rows["territory"], map(rows.ids.word, territories)))
    if filters.manager:
        rows = rows.where(rows["manager"] == rows.ids.code(filters.manager))
    found = Chosen(view, rows)
    if filters.text:
        condition, parameters = text_condition(filters.text)
        found = found.among(key for (key,) in view.rows(ACCOUNTS, "key", condition, **parameters))
    return found.among(key_statuses(view)) if filters.key_only else found


def managers_of(view: View) -> set[UUID]:
    """Who manages the accounts that the asker may see."""
    import numpy as np

    rows = rows_then(view, ACCOUNT)
    return {rows.ids.key(code) for code in np.unique(rows["manager"]).tolist() if code}


def _is_any(codes: NDArray[Any], of: Iterable[int]) -> NDArray[Any]:
    import numpy as np

    return np.isin(codes, list(of))
