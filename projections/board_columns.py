"""The order of the cards of a board of a whole company, found in columns: what its SQL says, in a fraction of the
time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from projections.deals import Filters, stages
from projections.funnel_columns import by_stage
from projections.kept_columns import NO_DAY, Rows, marked
from projections.valued_columns import Unvalued, Valued, money_of, open_then
from projections.view import View

if TYPE_CHECKING:
    from numpy.typing import NDArray

NOTHING = "{}"
"""The products of an opportunity that has none."""
LAST = 2**62


@dataclass(frozen=True)
class Page:
    """Which opportunities of a board: `by_amount` or by when they are due, so many after some, at one stage or all, of
    or among some accounts and opportunities."""

    process: str
    by_amount: bool
    limit: int
    skip: int
    stage: str
    among: Sequence[UUID] | None


@dataclass(frozen=True)
class Ranked:
    """A card's opportunity and stage, how many stand there, and what it is worth; None where no amount is known."""

    key: UUID
    stage: str
    number: int
    value: Decimal | None


def ranked(view: View, filters: Filters, page: Page) -> list[Ranked] | None:
    """The opportunities of a page of the board in order, stage by stage; None where columns do not say it."""
    try:
        found = open_then(view, filters)
    except Unvalued:
        return None
    known, ordered = stages(view), _order(found, by_amount=page.by_amount)
    chosen = _among(found.rows, page.among)
    cards: list[Ranked] = []
    for places in by_stage(found):
        process, stage = known[int(found.stage[places[0]])]
        if process == page.process and page.stage in ("", stage.key):
            theirs = places[chosen[places]]
            first = _first(found.rows, ordered, theirs, page.skip + page.limit)[page.skip :]
            cards += [_card(view, found, place, stage.key, len(theirs)) for place in first]
    return cards


def _card(view: View, found: Valued, place: int, stage: str, number: int) -> Ranked:
    key = found.rows.ids.key(int(found.rows["_stream"][place]))
    known = _is_known(found.rows)[place]
    return Ranked(key, stage, number, money_of(view, int(found.value[place])) if known else None)


def _is_known(rows: Rows) -> NDArray[Any]:
    """Whether an amount is stated, or products are whose prices stand for it."""
    found: NDArray[Any] = (rows["stated"] > 0) | (rows["basket"] != rows.ids.word(NOTHING))
    return found


def _order(found: Valued, *, by_amount: bool) -> NDArray[Any]:
    """Numbers by which opportunities are ordered; those of which nothing is known stand last."""
    import numpy as np

    if by_amount:
        return np.where(_is_known(found.rows), -found.value, LAST)
    close_on = found.rows["close_on"]
    return np.where(close_on == NO_DAY, LAST, close_on)


def _among(rows: Rows, among: Sequence[UUID] | None) -> NDArray[Any]:
    import numpy as np

    if among is None:
        return np.ones(len(rows), np.bool_)
    wanted = marked(rows.ids, rows.ids.of(among))
    found: NDArray[Any] = wanted[rows["_account"]] | wanted[rows["_stream"]]
    return found


def _first(rows: Rows, ordered: NDArray[Any], places: NDArray[Any], most: int) -> list[int]:
    """The first so many of some places: of what is ordered alike by identifier."""
    import numpy as np

    if len(places) > most > 0:
        last = np.partition(ordered[places], most - 1)[most - 1]
        places = places[ordered[places] <= last]
    return sorted(places.tolist(), key=lambda each: (ordered[each], rows.ids.key(int(rows["_stream"][each]))))[:most]
