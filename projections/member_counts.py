"""Of whom of ours rules of thumb hold, counted on columns. What each means its rule in `findings` says."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from projections import findings as rules
from projections.customer_columns import OPEN_ITEM
from projections.deal_columns import then
from projections.finding_counts import Counted
from projections.kept_columns import NO_DAY, Rows, marked
from projections.member_columns import MEMBER
from projections.monthly_plans import MONTHLY_PLANS

if TYPE_CHECKING:
    from numpy.typing import NDArray


def _here(counted: Counted) -> Rows:
    members = then(counted.facts, MEMBER)
    return members.where(members["has_left"] == 0)


def _managers(counted: Counted) -> NDArray[Any]:
    """A mask over all identifiers: those who look after customers, and are here to do so."""
    here = _here(counted)
    managers = here["_stream"][here["manages"] > 0]
    theirs = marked(here.ids, counted.customers.managers)
    return marked(here.ids, managers[theirs[managers]])


def _too_many(counted: Counted) -> NDArray[Any]:
    import numpy as np

    often = np.bincount(counted.customers.managers[counted.keys["customer"]])
    many = np.flatnonzero(often > rules.MOST_KEY_ACCOUNTS)
    return many[_managers(counted)[many]] if len(many) else many


def _not_handed_in(counted: Counted) -> NDArray[Any]:
    import numpy as np

    rows = counted.facts.view.rows(MONTHLY_PLANS, "member", "month = %(m)s", m=f"{counted.facts.today:%Y-%m}")
    managers = np.flatnonzero(_managers(counted))
    handed_in = marked(counted.open.ids, counted.open.ids.of([member for (member,) in rows]))
    found: NDArray[Any] = managers[~handed_in[managers]]
    return found


def _untouched(counted: Counted) -> NDArray[Any]:
    import numpy as np

    items = counted.once(OPEN_ITEM)
    late = (items["due_on"] != NO_DAY) & (items["due_on"] < counted.today - rules.A_WEEK.days)
    owners = np.unique(items["owner"][late])
    if not len(owners):
        return owners
    idle = ~marked(items.ids, counted.meetings.at_work(counted.facts.now - rules.A_WEEK))
    here = marked(items.ids, _here(counted)["_stream"])
    found: NDArray[Any] = owners[here[owners] & idle[owners]]
    return found


OF_MEMBERS: dict[str, Callable[[Counted], NDArray[Any]]] = {
    rules.too_many_key_accounts.name: _too_many,
    rules.monthly_plan_not_handed_in.name: _not_handed_in,
    rules.todo_untouched.name: _untouched,
}
"""Of whom rules hold, as identifiers, by their names."""
