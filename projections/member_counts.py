"""Of whom of ours rules of thumb hold, counted on columns. What each means its rule in `findings` says."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from domain.member import Role
from projections import findings as rules
from projections.customer_columns import OPEN_ITEM
from projections.finding_counts import Counted
from projections.kept_columns import NO_DAY, marked
from projections.members import MEMBERS
from projections.monthly_plans import MONTHLY_PLANS

if TYPE_CHECKING:
    from numpy.typing import NDArray


def _managers(counted: Counted) -> NDArray[Any]:
    """A mask over all identifiers: those who look after customers, and are here to do so."""
    rows = counted.facts.view.rows(MEMBERS, "key", "not has_left and %(manager)s = any(roles)", manager=Role.MANAGER)
    here = counted.open.ids.of([key for (key,) in rows])
    managers = counted.customers.managers
    return marked(counted.open.ids, here[marked(counted.open.ids, managers)[here]])


def _too_many(counted: Counted) -> NDArray[Any]:
    import numpy as np

    often = np.bincount(counted.customers.managers[counted.keys["customer"]])
    many = np.flatnonzero(often > rules.MOST_KEY_ACCOUNTS)
    return many[_managers(counted)[many]] if len(many) else many


def _not_handed_in(counted: Counted) -> NDArray[Any]:
    import numpy as np

    rows = counted.facts.view.rows(MONTHLY_PLANS, "member", "month = %(m)s", m=f"{counted.facts.today:%Y-%m}")
    handed_in = counted.open.ids.of([member for (member,) in rows])
    return np.flatnonzero(_managers(counted) & ~marked(counted.open.ids, handed_in))


def _untouched(counted: Counted) -> NDArray[Any]:
    import numpy as np

    items = counted.once(OPEN_ITEM)
    late = (items["due_on"] != NO_DAY) & (items["due_on"] < counted.today - rules.A_WEEK.days)
    owners = np.unique(items["owner"][late])
    if not len(owners):
        return owners
    key, at_work = items.ids.key, counted.facts.at_work(counted.facts.now - rules.A_WEEK)
    idle = [code for code in owners.tolist() if code and key(code) not in at_work]
    rows = counted.facts.view.rows(MEMBERS, "key", "not has_left and key = any(%(keys)s)", keys=[*map(key, idle)])
    return items.ids.of([member for (member,) in rows])


OF_MEMBERS: dict[str, Callable[[Counted], NDArray[Any]]] = {
    rules.too_many_key_accounts.name: _too_many,
    rules.monthly_plan_not_handed_in.name: _not_handed_in,
    rules.todo_untouched.name: _untouched,
}
"""Of whom rules hold, as identifiers, by their names."""
