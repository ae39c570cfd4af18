"""What the journal holds and a later snapshot no longer does."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import msgspec

from api.importing.files import NAMED, Content
from api.importing.kinds import KINDS
from api.importing.names import BATCH, made_id
from api.importing.past import kind_of_source
from domain.journal.journal import Journal

WITH_STREAMS = {"accounts": "account", "members": "member", "opportunities": "opportunity"}
WITHIN_ACCOUNTS = {"stakeholders": "stakeholder", "visits": "visit"}


class Missing(msgspec.Struct):
    """All that is missing, and that of kinds of which the files hold at least half of what was imported."""

    all: list[str]
    of_most: list[str]


def missing_from(content: Content, journal: Journal) -> Missing:
    """The external ids (names, where there are none) that imports of a kind recorded, and that the files of this kind
    no longer hold. A row that is refused is there all the same, and of a file that cannot be read nobody knows."""
    found = Missing([], [])
    for kind, claim in {**WITH_STREAMS, **WITHIN_ACCOUNTS}.items():
        held = content.named.get(kind)
        if held and kind not in content.unread:
            claimed = journal.streams.all_claimed(claim, "")
            gone = {value: id_ for value, id_ in claimed.items() if value not in held}
            if kind in WITH_STREAMS:
                imported = {value for value, id_ in gone.items() if id_ == made_id(claim, value)}
            else:
                imported = gone.keys() & set(_imported_within(set(gone.values()), kind, journal))
            names = sorted(value.removeprefix(NAMED) for value in imported)
            found.all.extend(names)
            if len(claimed) - len(gone) >= len(names):
                found.of_most.extend(names)
    return found


def _imported_within(accounts: set[UUID], kind: str, journal: Journal) -> Iterator[str]:
    """The external ids that imports of a kind recorded within accounts."""
    ids = sorted(accounts)
    for begin in range(0, len(ids), BATCH):
        for history in journal.streams.histories(ids[begin : begin + BATCH]).values():
            for fact in history:
                if fact.source is not None and kind_of_source(fact.source) is KINDS[kind]:
                    yield getattr(fact.event, "external_id", "")
