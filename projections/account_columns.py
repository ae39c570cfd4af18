"""The accounts of a whole company in columns: what they are called, who looks after them, what they are to us."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from domain.policies.service_policy import ServiceLevel
from projections.accounts import ACCOUNTS
from projections.kept_columns import Kind, Rows, marked, place_among, rows_then
from projections.kept_ids import Ids, word
from projections.view import View

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEVELS = (ServiceLevel.NONE, *ServiceLevel)
"""What an account is to us, by its number."""
ACCOUNT = Kind(
    ACCOUNTS,
    stream="key",
    account="key",
    ids={"manager": "manager"},
    words={"name": "name", "external_id": "external_id", "territory": "territory"},
    numbers={"level": place_among(ServiceLevel, "relationship_type")},
)
_TEXTS = "select distinct unnest(array[name, external_id, territory]) from {} where kind = 1"


def customers_then(view: View) -> Rows:
    """The accounts as of the view's clocks, but for those that ended by a merge."""
    rows = rows_then(view, ACCOUNT)
    if not view.merged:
        return rows
    return rows.where(~marked(rows.ids, rows.ids.of(list(view.merged)))[rows["_stream"]])


def in_order(ids: Ids, codes: NDArray[Any], *keys: NDArray[Any]) -> NDArray[Any]:
    """The places of identifiers in the order of keys, the most important last, as `lexsort` takes them; what is alike
    in all of them by how identifiers are written."""
    import numpy as np

    order = np.lexsort(keys)
    alike = np.ones(max(len(order) - 1, 0), np.bool_)
    for key in keys:
        alike &= key[order[1:]] == key[order[:-1]]
    if not alike.any():
        return order
    raw = b"".join([ids.key(code).bytes for code in codes.tolist()])
    first, second = np.frombuffer(raw, ">u8").reshape(-1, 2).T
    return np.lexsort((second, first, *keys))


class Texts:
    """The words of accounts by their numbers, and the order of these words."""

    def __init__(self) -> None:
        import numpy as np

        self._lock = Lock()
        self._said: dict[int, str] = {}
        self._order: NDArray[Any] = np.zeros(1, np.int32)

    def of(self, view: View, ids: Ids, codes: Iterable[int]) -> list[str]:
        """What numbers stand for."""
        wanted = list(codes)
        if not self._said.keys() >= set(wanted):
            self._read(view, ids)
        return [self._said[code] for code in wanted]

    def order(self, view: View, ids: Ids, codes: NDArray[Any]) -> NDArray[Any]:
        """Numbers that rise as the words do that others stand for."""
        if codes.max(initial=0) >= len(self._order) or (len(codes) and self._order[codes].min() == 0):
            self._read(view, ids)
        found: NDArray[Any] = self._order[codes]
        return found

    def _read(self, view: View, ids: Ids) -> None:
        """Read the words of all accounts; those that were read before stay, for who sees an older state of the rows."""
        import numpy as np

        sql = " union ".join(_TEXTS.format(table) for table in (ACCOUNTS.table, ACCOUNTS.history))
        texts = [text for (text,) in view.connection.execute(sql.encode())]
        codes = ids.of([word(text) for text in texts]).tolist()
        with self._lock:
            said = self._said | dict(zip(codes, texts, strict=True))
            order = np.zeros(max(said, default=0) + 1, np.int32)
            order[sorted(said, key=said.__getitem__)] = np.arange(1, len(said) + 1)
            self._said, self._order = said, order


def places_of_names(view: View, accounts: Rows) -> NDArray[Any]:
    """For every identifier a number that rises with the name of its account; 0 where it is none of these accounts."""
    import numpy as np

    ids = accounts.ids
    named = texts_of(ids).order(view, ids, accounts["name"])
    found = np.zeros(len(ids), np.int32)
    found[accounts["_stream"]] = named
    return found


_texts = WeakKeyDictionary[Ids, Texts]()
_lock = Lock()


def texts_of(ids: Ids) -> Texts:
    """The words that some numbers stand for."""
    with _lock:
        return _texts.setdefault(ids, Texts())
