"""Facts of one kind as they come in, batch after batch, and what their codes stand for: what comes is put in its place
among what is in order already, so that one fact more costs little, however many there are."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import fields, replace
from itertools import islice
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from projections.forecasting.decoding import Moments
from projections.forecasting.tables import Table, Withdrawals

K = TypeVar("K")
Codes = NDArray[np.int32]
FEW = 32
"""One more for so many that are there is put in its place; where more come, all are ordered anew."""


class Interned(dict[K, int], Generic[K]):
    """A number for each value, in the order in which they are first met."""

    def __missing__(self, key: K) -> int:
        self[key] = number = len(self)
        return number


class Ranked(Interned[K]):
    """The same of values that have an order."""

    def __init__(self) -> None:
        super().__init__()
        self._keys: list[Any] = []
        self._codes = np.zeros(0, np.int32)
        self._ranks = np.zeros(0, np.int32)

    def ranked(self) -> tuple[Codes, list[K]]:
        """The rank of each number, and what the ranks stand for; the same objects as long as no value comes."""
        if len(self) > len(self._keys):
            self._put_in_order(sorted(islice(self, len(self._keys), None)))
        return self._ranks, self._keys

    def _put_in_order(self, new: list[Any]) -> None:
        if len(new) * FEW > len(self._keys):
            self._keys = sorted([*self._keys, *new])
            self._codes = np.fromiter(map(self.__getitem__, self._keys), np.int32, len(self))
        else:
            places = [bisect_left(self._keys, key) for key in new]
            self._codes = np.insert(self._codes, places, [self[key] for key in new])
            self._keys = _inserted(self._keys, places, new)
        self._ranks = np.empty(len(self), np.int32)
        self._ranks[self._codes] = np.arange(len(self), dtype=np.int32)


def _inserted(there: list[Any], places: list[int], new: list[Any]) -> list[Any]:
    """A list with others before these places, which are in order."""
    parts = [
        part for first, last, one in zip([0, *places], places, new, strict=False) for part in (there[first:last], [one])
    ]
    return [one for part in (*parts, there[places[-1] :]) for one in part]


class Pile:
    """Facts of one kind."""

    def __init__(self) -> None:
        self._fresh: list[tuple[NDArray[Any], ...]] = []
        self._coded = _table(_NOTHING, Withdrawals())
        self._shown = self._coded
        self._made_of: tuple[Table, Codes | None, Codes | None] = (self._coded, None, None)
        self._withdrawn = 0

    def add(
        self,
        of: Any,
        occurred: Moments,
        knowable: Moments,
        position: Moments,
        *,
        kind: Any = 0,
        key: Any = -1,
        value: Any = np.nan,
        unit: Any = -1,
    ) -> None:
        """Facts, one for each position; a single value stands for all of them."""
        count = len(position)
        columns = (_filled(of, count, np.int32), occurred, np.maximum(occurred, knowable), position)
        said = (_filled(kind, count, np.int8), _filled(key, count, np.int32))
        rest = (_filled(value, count, np.float64), _filled(unit, count, np.int32))
        self._fresh.append((*columns, *said, *rest))

    def table(
        self,
        withdrawn: Withdrawals,
        of: Codes | None = None,
        key: Codes | None = None,
        kinds: Iterable[int] | None = None,
    ) -> Table:
        """Everything so far, in business order, the same object where nothing became another. `of` and `key` are the
        ranks by which these columns are numbered, `key` that of facts of some kinds alone."""
        self._take_back(withdrawn)
        self._put_in_place(withdrawn, of)
        made_of = self._coded, of, key
        if any(one is not other for one, other in zip(self._made_of, made_of, strict=True)):
            self._shown, self._made_of = _numbered(self._coded, of, key, kinds), made_of
        return self._shown

    def _take_back(self, withdrawn: Withdrawals) -> None:
        """Say what of this was withdrawn since."""
        if self._withdrawn == withdrawn.told:
            return
        self._withdrawn = withdrawn.told
        gone, gone_at = withdrawn.of(self._coded.position)
        if not (np.array_equal(gone, self._coded.gone) and np.array_equal(gone_at, self._coded.gone_at)):
            self._coded = replace(self._coded, gone=gone, gone_at=gone_at)

    def _put_in_place(self, withdrawn: Withdrawals, of: Codes | None) -> None:
        """Put what came among the rest. What one event says keeps the order in which it was added."""
        if not self._fresh:
            return
        fresh = _table(map(np.concatenate, zip(*self._fresh, strict=True)), withdrawn)
        self._fresh = []
        if len(fresh) * FEW > len(self._coded):
            self._coded = _in_order(_together(self._coded, fresh), of)
        elif len(fresh):
            fresh = _in_order(fresh, of)
            self._coded = _with(self._coded, _places(self._coded, fresh, of), fresh)


_COLUMNS = {
    "of": np.int32,
    "occurred": np.int64,
    "when": np.int64,
    "position": np.int64,
    "kind": np.int8,
    "key": np.int32,
    "value": np.float64,
    "unit": np.int32,
}
_NOTHING: list[NDArray[Any]] = [np.zeros(0, kind) for kind in _COLUMNS.values()]


def _table(columns: Iterable[NDArray[Any]], withdrawn: Withdrawals) -> Table:
    said = dict(zip(_COLUMNS, columns, strict=True))
    gone, gone_at = withdrawn.of(said["position"])
    return Table(**said, gone=gone, gone_at=gone_at)


def _in_order(table: Table, of: Codes | None) -> Table:
    """The facts in business order."""
    return table.taken(np.lexsort((table.position, table.occurred, _ranked(table.of, of))))


def _places(table: Table, fresh: Table, of: Codes | None) -> NDArray[np.int64]:
    """Before which facts of a table others belong, which come after those that are equal; both are in order."""
    column, about = _ranked(table.of, of), _ranked(fresh.of, of)
    first, last = np.searchsorted(column, about, "left"), np.searchsorted(column, about, "right")
    for moments, later in ((table.occurred, fresh.occurred), (table.position, fresh.position)):
        found = [
            (begin + np.searchsorted(moments[begin:end], moment, "left"), begin + _after(moments[begin:end], moment))
            for begin, end, moment in zip(first.tolist(), last.tolist(), later.tolist(), strict=True)
        ]
        first, last = np.array(found, np.int64).reshape(-1, 2).T
    return last


def _after(moments: Moments, moment: int) -> int:
    return int(np.searchsorted(moments, moment, "right"))


def _together(*tables: Table) -> Table:
    columns = (field.name for field in fields(Table))
    return Table(**{name: np.concatenate([getattr(each, name) for each in tables]) for name in columns})


def _with(table: Table, places: NDArray[np.int64], fresh: Table) -> Table:
    """A table with facts in their places."""
    columns = (field.name for field in fields(Table))
    return Table(**{name: np.insert(getattr(table, name), places, getattr(fresh, name)) for name in columns})


def _numbered(table: Table, of: Codes | None, key: Codes | None, kinds: Iterable[int] | None) -> Table:
    """A table whose columns are numbered by ranks."""
    keys = _ranked(table.key, key)
    if kinds is not None:
        keys = np.where(np.isin(table.kind, [*kinds]), keys, table.key)
    return replace(table, of=_ranked(table.of, of), key=keys)


def _ranked(codes: Codes, ranks: Codes | None) -> Codes:
    """Codes by their ranks; what is below 0 is no code, and stays, as does what is not ranked."""
    if ranks is None or not len(ranks):
        return codes
    return np.where(codes < 0, codes, ranks[np.clip(codes, 0, len(ranks) - 1)]).astype(np.int32)


def _filled(values: Any, count: int, kind: Any) -> NDArray[Any]:
    if isinstance(values, int | float):
        return np.full(count, values, kind)
    return np.asarray(values, kind)
