"""What rules look at of a few customers, where columns of all customers are at hand: what these know is not read."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

from projections.accounts import AccountRow
from projections.finding_counts import Counted
from projections.finding_facts import Facts, Met
from projections.kept_columns import marked, moment_back
from projections.opportunities import FUNNEL, FunnelRow
from projections.seen import Seen, rows_as_of

if TYPE_CHECKING:
    from numpy.typing import NDArray


class FewFacts(Facts):
    """The facts of some of the customers that were counted."""

    def __init__(self, counted: Counted, customers: Iterable[UUID]) -> None:
        super().__init__(counted.facts.view.among(customers), counted.facts)
        self._counted = counted

    @cached_property
    def accounts(self) -> dict[UUID, Seen[AccountRow]]:
        """The customers, of each its name and manager."""
        return self._counted.customers.rows_of(self.view.visible_accounts() or ())

    @cached_property
    def deals(self) -> list[Seen[FunnelRow]]:
        """The open opportunities of the customers."""
        rows = self._counted.open.deals
        theirs = self._marked(list(self.accounts))[rows["customer"]]
        keys = [rows.ids.key(code) for code in rows["_stream"][theirs].tolist()]
        return rows_as_of(self.view, FUNNEL, FunnelRow, "key = any(%(keys)s)", keys=keys) if keys else []

    @cached_property
    def met(self) -> dict[UUID, Met]:
        """When each person of the customers was last met on a visit or spoken to."""
        ids, theirs = self._counted.open.ids, self._marked(self.view.visible_accounts() or [])
        who, at, position = self._counted.meetings.of_accounts(theirs)
        return {
            ids.key(person): Met(moment_back(moment), cause)
            for person, moment, cause in zip(who.tolist(), at.tolist(), position.tolist(), strict=True)
        }

    def _marked(self, accounts: list[UUID]) -> NDArray[Any]:
        ids = self._counted.open.ids
        return marked(ids, ids.of(accounts))
