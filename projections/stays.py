"""The stays of all opportunities at their stages, in columns that a process keeps: what is asked about hundreds of
thousands of versions, at whatever two clocks, is then reckoned in milliseconds.

They are read once from the rows of the funnel; later only those of opportunities about which something was recorded.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

from domain.journal.reading import microseconds
from projections.kept_rows import KeptRows
from projections.opportunities import FUNNEL
from projections.view import View

if TYPE_CHECKING:
    from numpy.typing import NDArray

OUTCOMES = ("", "won", "lost", "disqualified")
DAY = 86_400_000_000
MOST_NEW = 20_000
"""Of more opportunities than so many, all are read anew."""
_EVER = 2**62
_OVER = [OUTCOMES.index("won"), OUTCOMES.index("lost")]
_PLACE = "hashtextextended(stage, hashtextextended(process, 0))"
_VERSIONS = (
    f"select key, valid_from, cause, known_from, {{gone}}, {_PLACE}, array_position(%(outcomes)s::text[], outcome),"
    " coalesce(since, '-infinity'), coalesce(opened, '-infinity'), coalesce(closed, '-infinity')"
    " from {table} where kind = 1{which}"
)
_PLACES = f"select distinct {_PLACE}, process, stage from {{table}} where kind = 1{{which}}"
_NAMES = ("key", "at", "cause", "known", "gone", "place", "outcome", "since", "opened", "closed")
_WIDE: dict[str, Any] = {"key": ("key", ">u8", (2,)), "outcome": ("outcome", ">i4")}
_HEAD = 19
"""So many bytes stand before the first row of a binary COPY."""


_Columns = dict[str, "NDArray[Any]"]


class Flow(msgspec.Struct, frozen=True):
    """How often opportunities went from a stage to what followed (None: they are there), and with which outcome."""

    process: str
    stage: str
    following: str | None
    outcome: str
    count: int


@dataclass(frozen=True)
class Flows:
    """All stays up to a moment, the days that half of them took by process and stage, and how opportunities ended."""

    flows: list[Flow]
    median_days: dict[tuple[str, str], int]
    won: int
    lost: int
    median_cycle_days: int | None


@dataclass(frozen=True)
class Stays:
    """All versions of opportunities in order of their business, opportunity by opportunity, as the funnel's rows stood
    at a position."""

    columns: _Columns
    codes: dict[bytes, int]
    places: dict[int, tuple[str, str]]

    def flows(self, as_of: datetime, known_at: int, keys: Iterable[bytes] | None = None) -> Flows:
        """What became of all opportunities (or of `keys`) up to a moment, by what was known at a position."""
        return self._known_at(known_at).flows(microseconds(as_of), None if keys is None else self._chosen(keys))

    def _chosen(self, keys: Iterable[bytes]) -> NDArray[Any]:
        import numpy as np

        chosen = np.zeros(len(self.codes), np.bool_)
        chosen[[self.codes[key] for key in keys]] = True
        return chosen

    def _known_at(self, position: int) -> _Course:
        if position >= self._newest[0]:
            return self._newest[1]
        return self._course((self.columns["known"] <= position) & (self.columns["gone"] > position))

    @cached_property
    def _newest(self) -> tuple[int, _Course]:
        """The last position by which it is another, and how it went by all that is known."""
        known, gone = self.columns["known"], self.columns["gone"]
        position = max(int(each[each < _EVER].max(initial=0)) for each in (known, gone))
        return position, self._course(gone == _EVER)

    def _course(self, held: NDArray[Any]) -> _Course:
        """How it went by some of the versions. What was by a past moment is its beginning."""
        import numpy as np

        rows = np.flatnonzero(held)
        of, stand, at = (self.columns[name][rows] for name in ("of", "stand", "at"))
        changes = np.flatnonzero(_differs(of) | _differs(stand) | _differs(self.columns["since"][rows]))
        return _Course(list(self.places.values()), _stays(of[changes], stand[changes], at[changes]), self._ends(rows))

    def _ends(self, rows: NDArray[Any]) -> _Columns:
        """When opportunities were won and lost, until when they were so, and after how many days."""
        import numpy as np

        of, at, outcome = self.columns["of"][rows], self.columns["at"][rows], self.columns["stand"][rows]
        _, until = _following(of, at)
        over = np.flatnonzero(np.isin(outcome % len(OUTCOMES), _OVER))
        days = (self.columns["closed"][rows[over]] - self.columns["opened"][rows[over]]) // DAY
        found = {"of": of[over], "at": at[over], "until": until[over], "days": days}
        return found | {"outcome": outcome[over] % len(OUTCOMES)}


@dataclass(frozen=True)
class _Course:
    """How opportunities went by what was known at a position: all their `stays`, stage by stage, and all their
    `ends`. Places are numbers of `names`."""

    names: list[tuple[str, str]]
    stays: _Columns
    ends: _Columns

    def flows(self, at: int, chosen: NDArray[Any] | None) -> Flows:
        """What became of all of them (or of the chosen ones) up to a moment."""
        won, lost, days = self._ended(at, chosen)
        begun = self.stays["at"] <= at if chosen is None else (self.stays["at"] <= at) & chosen[self.stays["of"]]
        left = begun & (self.stays["until"] <= at)
        return Flows(self._counted(begun, left), self._medians(left.nonzero()[0]), won, lost, days)

    def _ended(self, at: int, chosen: NDArray[Any] | None) -> tuple[int, int, int | None]:
        """How many were won and lost in the end, and in how many days half of those that were won."""
        import numpy as np

        held = (self.ends["at"] <= at) & (self.ends["until"] > at)
        if chosen is not None:
            held &= chosen[self.ends["of"]]
        won = held & (self.ends["outcome"] == _OVER[0])
        days = self.ends["days"][won]
        return len(days), int(np.count_nonzero(held)) - len(days), _middle(days) if len(days) else None

    def _counted(self, begun: NDArray[Any], left: NDArray[Any]) -> list[Flow]:
        """What followed on the stays that had begun."""
        import numpy as np

        wide = (len(self.names) + 1) * len(OUTCOMES)
        numbers = self.stays["here"] * wide + np.where(left, self.stays["then"], 0)
        counted, flows = np.bincount(numbers[begun]), []
        for number in np.flatnonzero(counted).tolist():
            place, (following, end) = number // wide, divmod(number % wide, len(OUTCOMES))
            stage = self.names[following - 1][1] if following else None
            flows.append(Flow(*self.names[place], stage, OUTCOMES[end], int(counted[number])))
        return flows

    def _medians(self, left: NDArray[Any]) -> dict[tuple[str, str], int]:
        """In how many days half of those were left that were left."""
        import numpy as np

        if not self.names:
            return {}
        ends = np.searchsorted(self.stays["here"][left], np.arange(1, len(self.names)))
        parts = np.split(self.stays["days"][left], ends)
        return {name: _middle(part) for name, part in zip(self.names, parts, strict=True) if len(part)}


def _stays(of: NDArray[Any], stand: NDArray[Any], at: NDArray[Any]) -> _Columns:
    """The stays at stages by where opportunities stood from when on: what followed, until when, and how many days these
    are."""
    import numpy as np

    goes_on, until = _following(of, at)
    then = np.where(goes_on, np.append(stand[1:], stand[:1]) + len(OUTCOMES), 0)
    stays = np.flatnonzero(stand % len(OUTCOMES) == 0)
    here, days = stand[stays] // len(OUTCOMES), (until[stays] - at[stays]) // DAY
    order = np.argsort(here.astype(np.int16), kind="stable")
    columns = {"of": of, "then": then, "at": at, "until": until}
    found = {name: column[stays[order]] for name, column in columns.items()}
    return found | {"here": here[order].astype(np.int64), "days": days[order]}


def _following(of: NDArray[Any], at: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Whether another version of the same opportunity follows, and since when that holds."""
    import numpy as np

    goes_on = np.append(of[1:] == of[:-1], np.zeros(min(len(of), 1), np.bool_))
    return goes_on, np.where(goes_on, np.append(at[1:], at[:1]), _EVER)


def _differs(column: NDArray[Any]) -> NDArray[Any]:
    """Where a value is not that of the version before."""
    import numpy as np

    found = np.ones(len(column), np.bool_)
    found[1:] = column[1:] != column[:-1]
    return found


def _middle(days: NDArray[Any]) -> int:
    import numpy as np

    place = (len(days) - 1) // 2
    return int(np.partition(days, place)[place])


_kept: dict[tuple[str, int, str], KeptRows[Stays]] = {}
_lock = threading.Lock()


def forget() -> None:
    """Begin anew."""
    with _lock:
        _kept.clear()


def stays_of(view: View, *, only_ready: bool = False) -> Stays | None:
    """The stays that the rows of a view know; None where they are not kept: its transaction sees fewer than were read,
    or rows that nobody recorded; `only_ready` as `KeptRows.of` has it."""
    info = view.connection.info
    with _lock:
        kept = _kept.setdefault((info.host, info.port, info.dbname), KeptRows(FUNNEL, _read, _exchanged, MOST_NEW))
    return kept.of(view, only_ready=only_ready)


def _read(view: View, which: str = "", **parameters: Any) -> Stays:
    """The stays of all opportunities, or of some."""
    import numpy as np

    raw, places = _rows(view, which, parameters)
    ids = raw["key"]
    order = np.lexsort((raw["cause"], raw["at"], ids[:, 1], ids[:, 0]))
    rows, ids = raw[order], ids[order]
    new = np.ones(len(rows), np.bool_)
    new[1:] = (ids[1:] != ids[:-1]).any(axis=1)
    hashes = sorted(places)
    place = np.searchsorted(np.array(hashes, np.int64), rows["place"].astype(np.int64))
    stand = place * len(OUTCOMES) + rows["outcome"] - 1
    columns: dict[str, NDArray[Any]] = {"of": np.cumsum(new, dtype=np.int32) - 1, "stand": stand.astype(np.int32)}
    for name in ("at", "known", "gone", "since", "opened", "closed"):
        columns[name] = rows[name].astype(np.int64)
    firsts = np.ascontiguousarray(ids[new]).tobytes()
    codes = {firsts[n * 16 : n * 16 + 16]: n for n in range(len(firsts) // 16)}
    return Stays(columns, codes, {each: places[each] for each in hashes})


def _rows(view: View, which: str, parameters: dict[str, Any]) -> tuple[NDArray[Any], dict[int, tuple[str, str]]]:
    """The versions as they come, and the processes and stages by their hashes."""
    import numpy as np

    tables = ((FUNNEL.table, str(_EVER)), (FUNNEL.history, f"coalesce(retracted_at, {_EVER})"))
    sql = " union all ".join(_VERSIONS.format(gone=gone, table=table, which=which) for table, gone in tables)
    with view.connection.cursor() as cursor:
        asked = {"outcomes": list(OUTCOMES), **parameters}
        with cursor.copy(f"copy ({sql}) to stdout (format binary)".encode(), asked) as copy:
            told = b"".join(bytes(each) for each in copy)
    fields: list[Any] = [("count", ">i2")]
    for name in _NAMES:
        fields += [(f"length of {name}", ">i4"), _WIDE.get(name, (name, ">i8"))]
    kind = np.dtype(fields)
    rows = np.frombuffer(told, kind, (len(told) - _HEAD) // kind.itemsize, _HEAD)
    names = " union ".join(_PLACES.format(table=table, which=which) for table, _ in tables)
    found = view.connection.execute(names.encode(), parameters).fetchall()
    return rows, {place: (process, stage) for place, process, stage in found}


def _exchanged(view: View, stays: Stays, told: list[Any]) -> Stays:
    """The stays with those of some opportunities as they are now."""
    import numpy as np

    new = _read(view, " and key = any(%(keys)s)", keys=told)
    codes, places = dict(stays.codes), dict(stays.places)
    gone = np.zeros(len(codes), np.bool_)
    gone[[codes[key.bytes] for key in told if key.bytes in codes]] = True
    for key in new.codes:
        codes.setdefault(key, len(codes))
    for place, name in new.places.items():
        places.setdefault(place, name)
    place_of, code_of = (np.array(each, np.int32) for each in _numbered(new, codes, places))
    left = ~gone[stays.columns["of"]]
    moved = dict(new.columns)
    where, outcome = divmod(moved["stand"], len(OUTCOMES))
    moved["of"], moved["stand"] = code_of[moved["of"]], place_of[where] * len(OUTCOMES) + outcome
    columns = {name: np.concatenate((column[left], moved[name])) for name, column in stays.columns.items()}
    return Stays(columns, codes, places)


def _numbered(new: Stays, codes: dict[bytes, int], places: dict[int, tuple[str, str]]) -> tuple[list[int], list[int]]:
    """Where the places and opportunities of new stays stand among all."""
    order = {place: number for number, place in enumerate(places)}
    return [order[place] for place in new.places], [codes[key] for key in new.codes]
