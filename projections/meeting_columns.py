"""Who of ours met whom of theirs, in columns: when each was met last, which customers one pair carries."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from domain.account.person import Coverage
from domain.journal.reading import microseconds
from projections.contacts import CONTACTS
from projections.deal_columns import PRESENT, Unkept, persons_of, then
from projections.exposure_facts import YEAR
from projections.finding_facts import Facts
from projections.kept_columns import NEVER, Kind, Rows, kept_then, marked
from projections.kept_ids import Ids
from projections.member_columns import MEMBER
from projections.stakeholders import RELATIONSHIPS
from projections.visit_columns import customers_of
from projections.visits import VISITS

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PAIRS = " left join unnest(stakeholders) person on true left join unnest(people) one on true"
_IDS = {"who": "person", "ours": "one"}
MET = Kind(
    VISITS,
    stream="account",
    account="account",
    where="status = 'logged'",
    beside=_PAIRS,
    ids=_IDS,
    moments={"at": "at"},
)
SPOKEN = Kind(CONTACTS, stream="account", account="account", beside=_PAIRS, ids=_IDS, moments={"at": "at"})
ASSESSED = Kind(
    RELATIONSHIPS,
    stream="account",
    account="account",
    where=f"coalesce(coverage, '') <> '{Coverage.NONE}'",
    ids={"who": "stakeholder", "ours": "member"},
)


class Meetings:
    """Who met whom, of the accounts that the asker may see."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    @cached_property
    def _met(self) -> list[Rows]:
        both = (then(self._facts, kind) for kind in (MET, SPOKEN))
        return [rows.where(rows["who"] > 0) for rows in both]

    def at_work(self, since: datetime) -> NDArray[Any]:
        """Who of ours met or spoke to somebody since then, whoever may see with whom. Raises Unkept."""
        import numpy as np

        begin = microseconds(since)
        found: list[NDArray[Any]] = []
        for kind in (MET, SPOKEN):
            if (rows := kept_then(self._facts.view, kind)) is None:
                raise Unkept
            found.append(rows["ours"][(rows["at"] >= begin) & (rows["valid_from"] >= begin)])
        return np.unique(np.concatenate(found))

    def last(self, ids: Ids) -> NDArray[Any]:
        """For every person when he was last met or spoken to; NEVER where he was not. Raises Unkept."""
        import numpy as np

        both = self._met
        persons = persons_of(self._facts, ids)
        found = np.full(len(ids), NEVER, np.int64)
        for rows in both:
            np.maximum.at(found, persons[rows["who"]], rows["at"])
        return found

    def of_accounts(self, theirs: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Who of some accounts, a mask over all identifiers, was met or spoken to; when last, and the position of that
        fact. Raises Unkept."""
        import numpy as np

        both = [rows.where(theirs[rows["_account"]]) for rows in self._met]
        persons = persons_of(self._facts, both[0].ids)
        who, at, cause = (np.concatenate([rows[name] for rows in both]) for name in ("who", "at", "cause"))
        who = persons[who]
        order = np.lexsort((cause, at, who))
        last = np.append(who[order][1:] != who[order][:-1], np.True_) if len(order) else np.zeros(0, np.bool_)
        newest = order[last]
        return who[newest], at[newest], cause[newest]

    def carried_by_one_pair(self, ids: Ids) -> NDArray[Any]:
        """Which customers one of ours and one of theirs, who are both still here, carry alone: a mask over all
        identifiers, by assessments and by meetings and contacts of a year. Raises Unkept."""
        import numpy as np

        facts, since = self._facts, microseconds(self._facts.now - YEAR)
        several = [rows.where(rows["at"] > since) for rows in self._met] + [then(facts, ASSESSED)]
        present = then(facts, PRESENT)
        members = then(facts, MEMBER)
        left = members["_stream"][members["has_left"] > 0]
        customers, persons, has_left = customers_of(facts.view, ids), persons_of(facts, ids), marked(ids, left)
        at_home = np.zeros(len(ids), np.int32)
        at_home[persons[present["who"]]] = customers[present["_account"]]
        customer = customers[np.concatenate([rows["_account"] for rows in several])]
        theirs = persons[np.concatenate([rows["who"] for rows in several])]
        ours = np.concatenate([rows["ours"] for rows in several])
        counts = (ours > 0) & ~has_left[ours] & (at_home[theirs] == customer)
        found: NDArray[Any] = _is_one(customer[counts], ours[counts], len(ids))
        found &= _is_one(customer[counts], theirs[counts], len(ids))
        return found


def _is_one(customer: NDArray[Any], who: NDArray[Any], size: int) -> NDArray[Any]:
    """Which customers know one alone."""
    import numpy as np

    anyone, found = np.zeros(size, np.int32), np.zeros(size, np.bool_)
    anyone[customer] = who
    found[customer] = True
    found[customer[anyone[customer] != who]] = False
    return found
