"""The customers of a whole company in columns: what they are called, who looks after each, which are key accounts."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

from domain.policies.calendar import day_of
from domain.policies.service_policy import ServiceLevel
from projections.account_columns import customers_then, texts_of
from projections.accounts import AccountRow
from projections.kept_columns import (
    NO_DAY,
    Kind,
    Rows,
    day_back,
    day_number,
    days_of,
    marked,
    moment_back,
    place_among,
    rows_then,
)
from projections.kept_ids import Ids
from projections.key_status import KEY_STATUS
from projections.seen import Seen
from projections.view import View
from projections.visit_columns import customers_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

STATUS = Kind(
    KEY_STATUS,
    stream="key",
    account="key",
    where="relationship_type <> ''",
    moments={"since": "since", "decided": "decided"},
    days={"stated": "review_due"},
    numbers={"level": place_among(ServiceLevel, "relationship_type")},
)


class Customers:
    """The customers that the asker may see, as numbers: `codes`; accounts that were merged into others are not among
    them."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._rows = customers_then(view)
        self.ids: Ids = self._rows.ids
        self.codes: NDArray[Any] = self._rows["_stream"]

    @cached_property
    def are_one(self) -> NDArray[Any]:
        """A mask over all identifiers: the customers."""
        return marked(self.ids, self.codes)

    @cached_property
    def managers(self) -> NDArray[Any]:
        """For every identifier who looks after the customer that it is; 0 where nobody does."""
        return self._of_each(self._rows["manager"])

    @cached_property
    def ranks(self) -> NDArray[Any]:
        """For every identifier the place of the customer that it is in the order of names; alike for the same name."""
        return self._of_each(texts_of(self.ids).order(self._view, self.ids, self._rows["name"]))

    def has(self, code: int) -> bool:
        """Whether a number is that of a customer."""
        return self._place(code) >= 0

    def name(self, code: int) -> str:
        """What a customer is called; empty for what is none."""
        place = self._place(code)
        if place < 0:
            return ""
        return texts_of(self.ids).of(self._view, self.ids, [int(self._rows["name"][place])])[0]

    def rows_of(self, customers: Iterable[UUID]) -> dict[UUID, Seen[AccountRow]]:
        """The rows of some of the customers, of each its name and manager."""
        found, key = dict[UUID, Seen[AccountRow]](), self.ids.key
        for customer in customers:
            code = self.ids.code(customer)
            if (place := self._place(code)) >= 0:
                manager, since, cause = (int(self._rows[name][place]) for name in ("manager", "valid_from", "cause"))
                row = AccountRow(name=self.name(code), manager=key(manager) if manager else None)
                found[customer] = Seen(customer, row, moment_back(since), cause)
        return found

    @cached_property
    def keys(self) -> Rows:
        """The key accounts among them, each once: the `customer`, its `level` as accounts have it (`LEVELS`), since
        when it is one (`since`), on which day its review is `due`, whether that is `justified`."""
        import numpy as np

        view = self._view
        visible = view.visible_accounts()
        rows = rows_then(view, STATUS, None if visible is None else [*visible, *view.merged])
        rows.columns["customer"] = customers_of(view, self.ids)[rows["_account"]]
        rows = rows.where(marked(self.ids, self.codes)[rows["customer"]])
        order = np.lexsort((rows["cause"], rows["customer"] == rows["_account"]))
        newest = np.zeros(len(self.ids), np.int64)
        newest[rows["customer"][order]] = order
        rows = rows.where(np.unique(newest[rows["customer"]]))
        company, months = view.policies.company, view.policies.service.review_period_months
        lapses = many_months_after(days_of(company, rows["decided"]), months)
        rows.columns["due"] = np.where(rows["stated"] != NO_DAY, rows["stated"], lapses)
        today = day_number(day_of(company, view.clock.as_of))
        rows.columns["justified"] = np.maximum(lapses, rows["due"]) >= today
        return rows

    def _place(self, code: int) -> int:
        return int(self._places[code]) if code < len(self._places) else -1

    @cached_property
    def _places(self) -> NDArray[Any]:
        import numpy as np

        found = np.full(len(self.ids), -1, np.int64)
        found[self.codes] = np.arange(len(self.codes))
        return found

    def _of_each(self, values: NDArray[Any]) -> NDArray[Any]:
        import numpy as np

        found = np.zeros(len(self.ids), values.dtype)
        found[self.codes] = values
        return found


def many_months_after(days: NDArray[Any], months: int) -> NDArray[Any]:
    """What `key_accounts.months_after` says of each of many days."""
    import numpy as np

    stated = np.datetime64(day_back(0), "D") + days.astype(np.int64)
    month = stated.astype("datetime64[M]")
    later = np.maximum(month + months, np.datetime64("1900-01", "M"))
    last = (later + 1).astype("datetime64[D]") - 1
    found = np.minimum(later.astype("datetime64[D]") + (stated - month.astype("datetime64[D]")), last)
    number: NDArray[Any] = (found - np.datetime64(day_back(0), "D")).astype(np.int64)
    return number
