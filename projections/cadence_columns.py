"""Which customers of a whole company were visited as often as agreed, found in columns: what `gaps_of` says of all of
them, but for the gaps themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from domain.journal.reading import microseconds
from projections.account_columns import ACCOUNT, LEVELS, customers_then, texts_of
from projections.kept_columns import NEVER, Rows, kept_versions, rows_then
from projections.view import View
from projections.visit_columns import VISIT, customers_of, once
from projections.visit_facts import Span

if TYPE_CHECKING:
    from numpy.typing import NDArray

DAY = 86_400_000_000


@dataclass(frozen=True)
class Cadences:
    """How many customers were known, and of how many the cadence was kept; of the others the first by name, of a single
    customer itself."""

    accounts: int
    kept: int
    shown: list[UUID]


def cadences(view: View, span: Span, most: int) -> Cadences | None:
    """The customers that the asker may see, by the end of a span as far as it went; up to so many that were not visited
    often enough. None where the process keeps no columns."""
    import numpy as np

    since = _known_since(view)
    if since is None:
        return None
    customers, until = customers_then(view), microseconds(min(span.ends, view.clock.as_of))
    longest, began = _longest(view, span, since, until)
    counted = customers.where(began[customers["_stream"]] < until)
    days = np.array([view.policies.service.visit_cadence_days[level] for level in LEVELS], np.int64)
    missed = counted.where(longest[counted["_stream"]] > days[counted["level"]] * DAY)
    shown = counted if len(counted) == 1 else missed
    return Cadences(len(counted), len(counted) - len(missed), _first_by_name(view, shown, most))


def _known_since(view: View) -> NDArray[Any] | None:
    """For every identifier since when the customer was known that it stands for."""
    import numpy as np

    versions = kept_versions(view, ACCOUNT, view.visible_accounts())
    if versions is None:
        return None
    at, known = microseconds(view.clock.as_of), view.clock.known_at
    held = (versions["valid_from"] <= at) & (versions["known_from"] <= known) & (versions["retracted_at"] > known)
    found = np.full(len(versions.ids), np.iinfo(np.int64).max)
    customer = customers_of(view, versions.ids)[versions["_stream"][held]]
    np.minimum.at(found, customer, versions["valid_from"][held])
    return found


def _longest(view: View, span: Span, since: NDArray[Any], until: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """For every identifier the longest time without a visit that reached into the span, and when that time began which
    was the first to do so."""
    import numpy as np

    rows = rows_then(view, VISIT)
    rows = rows.where(rows["logged"] > 0)
    size, first, last = len(rows.ids), microseconds(span.starts), microseconds(span.ends)
    rows.columns["customer"] = customers_of(view, rows.ids)[rows["_account"]]
    before, began = rows.where(rows["at"] < first), np.full(size, NEVER, np.int64)
    np.maximum.at(began, before["customer"], before["at"])
    began[: len(since)] = np.where(began[: len(since)] == NEVER, since, began[: len(since)])
    within = once(view, rows.where((rows["at"] >= first) & (rows["at"] <= last)), "visit")
    newest, longest = began.copy(), np.zeros(size, np.int64)
    np.maximum.at(newest, within["customer"], within["at"])
    np.maximum.at(longest, *_gaps(within, began))
    return np.maximum(longest, until - newest), began


def _gaps(visits: Rows, began: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Of each visit its customer, and the time since the one before, or since a moment before all of them."""
    import numpy as np

    order = np.lexsort((visits["at"], visits["customer"]))
    customer, at = visits["customer"][order], visits["at"][order]
    earlier = np.append(began[customer[:1]], at[:-1])
    is_first = np.append(np.True_, customer[1:] != customer[:-1])[: len(order)]
    return customer, at - np.where(is_first, began[customer], earlier[: len(order)])


def _first_by_name(view: View, customers: Rows, most: int) -> list[UUID]:
    """So many, by name; of one name by identifier."""
    ids, texts = customers.ids, texts_of(customers.ids)
    order = texts.order(view, ids, customers["name"])
    last = sorted(order.tolist())[:most][-1:]
    first = customers.where(order <= last[0]) if last else customers
    names, accounts = texts.of(view, ids, first["name"].tolist()), map(ids.key, first["_stream"].tolist())
    return [account for _, account in sorted(zip(names, accounts, strict=True))[:most]]
