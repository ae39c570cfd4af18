"""Columns of read models that a process keeps: all versions of all rows, so that what is counted of tens of thousands
of rows is reckoned in milliseconds, at whatever two clocks.

They are read once; later only rows of those streams about which something was recorded. Of few accounts, and where
nothing is kept, the rows of these accounts are read instead: the answer is the same.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from domain.journal.reading import EPOCH, microseconds
from domain.policies.company import Company
from projections.engine import ReadModel, note_asked
from projections.kept_ids import NO_ONE, Ids
from projections.kept_rows import KeptRows
from projections.lately_used import LatelyUsed
from projections.view import FEW, View

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_NEW = 5_000
"""Of more streams than so many, everything is read anew."""
NEVER = -(2**63)
"""Stands for a moment that is not there."""
NO_DAY = -(2**31)
"""Stands for a day that is not there."""
MOST_CHOSEN = 200_000
"""So many versions in all, of some accounts each, are held beside those of all."""
_FOREVER = 2**62
_NEVER_ENDS = 2**63 - 1
_FIRST_DAY = date(2000, 1, 1)
_SINCE_1970 = (_FIRST_DAY - date(1970, 1, 1)).days
_HEAD = 19
"""So many bytes stand before the first row of a binary COPY."""
_TIMES = ("valid_from", "valid_to", "known_from", "ended_at", "retracted_at", "cause")
_CURRENT = f"valid_from, 'infinity'::timestamptz, known_from, {_FOREVER}::int8, {_FOREVER}::int8, cause"
_PAST = f"valid_from, valid_to, known_from, ended_at, coalesce(retracted_at, {_FOREVER}), cause"


def place_among(words: Iterable[str], column: str) -> str:
    """SQL for the place of a column's word among some, the first is 1; null where it is none of them."""
    return f"array_position('{{{','.join(words)}}}'::text[], {column})"


@dataclass(frozen=True)
class Kind:
    """What is kept of a model: identifiers, moments, days and numbers, each a name and SQL for it. `stream` is the
    column that says whose events a row is made of, `account` the one by which it is seen (none: by nothing). Rows that
    `where` does not hold for are left out; one that lists others is there with each of those that `beside` it names.
    A word is kept as an identifier (see `word`)."""

    model: ReadModel
    stream: str
    account: str = f"'{NO_ONE}'::uuid"
    where: str = "true"
    beside: str = ""
    ids: dict[str, str] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    moments: dict[str, str] = field(default_factory=dict)
    days: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)

    @cached_property
    def identity(self) -> tuple[str, ...]:
        """What tells it from others."""
        return self.model.name, self.stream, self.account, self.where, self.beside, self.selected

    @cached_property
    def selected(self) -> str:
        """The select list of all that is kept but its times."""
        nobody = f"'{NO_ONE}'::uuid"
        found = [f"coalesce({sql}, {nobody})" for sql in self.ids.values()]
        found += [f"md5({sql})::uuid" for sql in self.words.values()]
        found += [f"coalesce({sql}, '-infinity'::timestamptz)" for sql in self.moments.values()]
        found += [f"coalesce(({sql} - '{_FIRST_DAY}'::date)::int8, {NO_DAY})" for sql in self.days.values()]
        return ", ".join([*found, *(f"coalesce(({sql})::int8, 0)" for sql in self.numbers.values())])


Columns = dict[str, "NDArray[Any]"]


class Picked(dict[str, "NDArray[Any]"]):
    """Columns at some places of others, in which nothing is changed any more: each is taken when it is asked for."""

    def __init__(self, of: Columns, places: NDArray[Any]) -> None:
        super().__init__()
        self._of, self.places = of, places

    def __missing__(self, name: str) -> NDArray[Any]:
        found: NDArray[Any] = self._of[name][self.places]
        self[name] = found
        return found


@dataclass(frozen=True)
class Rows:
    """The rows that hold at a view's clocks, of the accounts that the asker may see; columns as the kind names them,
    with `cause`, `valid_from`, `_stream` and `_account`. Identifiers are numbers of `ids`."""

    ids: Ids
    columns: Columns

    def __len__(self) -> int:
        return len(self.columns.places if isinstance(self.columns, Picked) else next(iter(self.columns.values())))

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self.columns[name]

    def where(self, chosen: NDArray[Any]) -> Rows:
        """Those of a mask, or at places."""
        return Rows(self.ids, Picked(self.columns, _places(chosen)))


@dataclass(frozen=True)
class Versions:
    """All that rows ever were, at whatever two clocks; columns as those of rows, and their times."""

    ids: Ids
    columns: Columns
    _some: LatelyUsed[Versions] = field(default_factory=lambda: LatelyUsed(MOST_CHOSEN, len))

    def __len__(self) -> int:
        return len(self.columns["_stream"])

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self.columns[name]

    def where(self, chosen: NDArray[Any]) -> Versions:
        """Those of a mask, or at places."""
        places = _places(chosen)
        return Versions(self.ids, {name: column[places] for name, column in self.columns.items()})

    def of(self, accounts: list[UUID]) -> Versions:
        """Those of some accounts, looked for once."""
        found = self._some.get(asked := frozenset(accounts))
        if found is None:
            found = self.where(marked(self.ids, self.ids.of(accounts))[self.columns["_account"]])
            self._some.put(asked, found)
        return found

    def then(self, view: View) -> Rows:
        """The rows that hold as of the view's clocks."""
        import numpy as np

        at, known, newest = microseconds(view.clock.as_of), view.clock.known_at, self._newest
        if known >= newest.position:
            return Rows(self.ids, Picked(self.columns, newest.places[(newest.begins <= at) & (newest.ends > at)]))
        of = self.columns
        held = (of["valid_from"] <= at) & (of["known_from"] <= known) & (of["retracted_at"] > known)
        held &= (of["valid_to"] > at) | (of["ended_at"] > known)
        return Rows(self.ids, Picked(of, np.flatnonzero(held)))

    def known(self, known_at: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """The places of what is known at a position to have ever held, from when, and until when."""
        import numpy as np

        of, newest = self.columns, self._newest
        if known_at >= newest.position:
            return newest.places, newest.begins, newest.ends
        places = np.flatnonzero((of["known_from"] <= known_at) & (of["retracted_at"] > known_at))
        ends = np.where(of["ended_at"][places] > known_at, _NEVER_ENDS, of["valid_to"][places])
        return places, of["valid_from"][places], ends

    @cached_property
    def _newest(self) -> _Newest:
        import numpy as np

        of = self.columns
        places = np.flatnonzero(of["retracted_at"] == _FOREVER)
        ended = of["ended_at"][places]
        taught = [
            each[each < _FOREVER].max(initial=0) for each in (of["known_from"], of["ended_at"], of["retracted_at"])
        ]
        ends = np.where(ended == _FOREVER, _NEVER_ENDS, of["valid_to"][places])
        return _Newest(int(max(taught)), places, of["valid_from"][places], ends)


class _Newest(NamedTuple):
    """The versions that hold by all that is known: their places, from when until when; the last position by which it
    is another."""

    position: int
    places: NDArray[Any]
    begins: NDArray[Any]
    ends: NDArray[Any]


def _places(chosen: NDArray[Any]) -> NDArray[Any]:
    """Where a mask is true; places as they are."""
    found: NDArray[Any] = chosen.nonzero()[0] if chosen.dtype == bool else chosen
    return found


def day_number(day: date) -> int:
    """A day as columns have it."""
    return (day - _FIRST_DAY).days


def day_back(number: int) -> date:
    """The day that a number stands for."""
    return _FIRST_DAY + timedelta(days=int(number))


def moment_back(number: int) -> datetime:
    """The moment that a number stands for."""
    return (EPOCH + timedelta(microseconds=int(number))).astimezone(UTC)


def moment_or_none(number: int) -> datetime | None:
    """The same; None for a moment that is not there."""
    return None if number == NEVER else moment_back(number)


def days_of(company: Company, moments: NDArray[Any]) -> NDArray[Any]:
    """The company's days, as columns have them, in which moments lie."""
    from projections.forecasting import company_days

    return company_days.days_of(moments + _SINCE_1970 * 86_400_000_000, company.time_zone) - _SINCE_1970


def ends_of(company: Company, days: NDArray[Any]) -> NDArray[Any]:
    """The last moments of the company's days, as columns have both."""
    from projections.forecasting import company_days

    return company_days.ends_of(days + _SINCE_1970, company.time_zone) - _SINCE_1970 * 86_400_000_000


def rows_then(view: View, kind: Kind, of: list[UUID] | None = None) -> Rows:
    """The rows of a model as of the view's clocks, as `as_of_sql` says them, open or not; of some accounts, or of
    those that the asker may see."""
    of = view.visible_accounts() if of is None else of
    kept = kept_then(view, kind, of)
    if kept is None:
        ids = _database(view).ids
        which = "" if of is None else f" and {kind.account} = any(%(seen)s)"
        return Versions(ids, _read(view, kind, ids, which, {"seen": of} if which else {})).then(view)
    return kept


def kept_then(view: View, kind: Kind, of: list[UUID] | None = None) -> Rows | None:
    """The rows of a model as of the view's clocks, of some accounts or whoever may see them; None where the process
    keeps none. For who sees few accounts nothing is read that is not kept already."""
    versions = kept_versions(view, kind, of)
    return None if versions is None else versions.then(view)


def kept_versions(view: View, kind: Kind, of: list[UUID] | None = None) -> Versions | None:
    """All that these rows ever were."""
    note_asked(kind.model)
    database = _database(view)
    if (kept := database.kept.get(kind.identity)) is None:
        kept = database.kept.setdefault(kind.identity, _keeping(kind, database.ids))  # one, whoever comes first
    visible = view.visible_accounts()
    versions = kept.of(view, only_ready=visible is not None and len(visible) <= FEW)
    return versions if versions is None or of is None else versions.of(of)


def marked(ids: Ids, codes: NDArray[Any]) -> NDArray[Any]:
    """A mask over all identifiers: these."""
    import numpy as np

    found = np.zeros(len(ids), np.bool_)
    found[codes] = True
    return found


@dataclass
class _Database:
    """What a process keeps of one database."""

    ids: Ids = field(default_factory=Ids)
    kept: dict[tuple[str, ...], KeptRows[Versions]] = field(default_factory=dict)


_databases: dict[tuple[str, int, str], _Database] = {}
_lock = threading.Lock()


def forget(beginning: str) -> None:
    """Begin anew with databases whose names begin so. Who asks of one of them meanwhile may mix numbers of identifiers:
    it is for tests, beside which others are asked."""
    with _lock:
        for each in [each for each in _databases if each[2].startswith(beginning)]:
            del _databases[each]


def _database(view: View) -> _Database:
    known: dict[str, _Database] = view.of_transaction
    if "columns" not in known:
        info = view.connection.info
        with _lock:
            known["columns"] = _databases.setdefault((info.host, info.port, info.dbname), _Database())
    return known["columns"]


def _keeping(kind: Kind, ids: Ids) -> KeptRows[Versions]:
    return KeptRows(
        kind.model,
        lambda view: Versions(ids, _read(view, kind, ids, "", {})),
        lambda view, versions, told: Versions(ids, _exchanged(view, kind, ids, versions.columns, told)),
        MOST_NEW,
    )


def _read(view: View, kind: Kind, ids: Ids, which: str, parameters: dict[str, Any]) -> Columns:
    """All versions of all rows, or of some."""
    import numpy as np

    own = ", ".join(filter(None, (kind.stream, f"coalesce({kind.account}, '{NO_ONE}'::uuid)", kind.selected)))
    parts = ((kind.model.table, _CURRENT), (kind.model.history, _PAST))
    found_in = f"{{}}{kind.beside} where kind = 1 and {kind.where}{which}"
    sql = " union all ".join(f"select {times}, {own} from {found_in.format(table)}" for table, times in parts)
    with (
        view.connection.cursor() as cursor,
        cursor.copy(f"copy ({sql}) to stdout (format binary)".encode(), parameters) as copy,
    ):
        told = b"".join(bytes(each) for each in copy)
    names = ["_stream", "_account", *kind.ids, *kind.words]
    wide = dict.fromkeys(names, ("V16", 16))
    every = [*_TIMES, *names, *kind.moments, *kind.days, *kind.numbers]
    layout: list[Any] = [("count", ">i2")]
    for name in every:
        layout += [(f"length of {name}", ">i4"), (name, wide[name][0] if name in wide else ">i8")]
    shape = np.dtype(layout)
    rows = np.frombuffer(told, shape, (len(told) - _HEAD) // shape.itemsize, _HEAD)
    found: Columns = {}
    for name in every:
        if name in wide:
            raw = np.ascontiguousarray(rows[name]).tobytes()
            found[name] = ids.codes([raw[at : at + 16] for at in range(0, len(raw), 16)])
        else:
            found[name] = rows[name].astype(np.int64)
    return found


def _exchanged(view: View, kind: Kind, ids: Ids, columns: Columns, told: list[UUID]) -> Columns:
    """The columns with the rows of some streams as they are now."""
    import numpy as np

    new = _read(view, kind, ids, f" and {kind.stream} = any(%(told)s)", {"told": told})
    left = ~marked(ids, ids.of(told))[columns["_stream"]]
    return {name: np.concatenate((column[left], new[name])) for name, column in columns.items()}
