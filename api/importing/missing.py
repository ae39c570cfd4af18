"""What the journal holds and a later snapshot no longer does."""

from __future__ import annotations

from api.importing.files import Content
from api.importing.names import NAMED
from domain.journal.journal import Journal

KINDS_WITH_IDS = {
    "accounts": "account",
    "members": "member",
    "opportunities": "opportunity",
    "stakeholders": "stakeholder",
    "visits": "visit",
}


def missing_from(content: Content, journal: Journal) -> list[str]:
    """The external ids (names, where there are none) that are recorded, of the kinds that the files hold, but are in
    no row."""
    found: list[str] = []
    for kind, claim in KINDS_WITH_IDS.items():
        rows = content.of(kind)
        if rows:
            own = {row.external_id or f"{NAMED}{row.name}" for row in rows}
            gone = journal.streams.claimed_values(claim, "") - own
            found.extend(sorted(value.removeprefix(NAMED) for value in gone))
    return found
