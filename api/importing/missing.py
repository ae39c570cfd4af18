"""What the journal holds and a later snapshot no longer does."""

from __future__ import annotations

from api.importing.files import Content
from api.importing.names import NAMED, made_id
from domain.journal.journal import Journal

WITH_STREAMS = {"accounts": "account", "members": "member", "opportunities": "opportunity"}
WITHIN_ACCOUNTS = {"stakeholders": "stakeholder", "visits": "visit"}


def missing_from(content: Content, journal: Journal) -> list[str]:
    """The external ids (names, where there are none) that are recorded, of the kinds that the files hold, but are in
    no row. What people opened here, under identifiers that no import gives, was never in the files."""
    found: list[str] = []
    for kind, claim in {**WITH_STREAMS, **WITHIN_ACCOUNTS}.items():
        rows = content.of(kind)
        if rows:
            own = {row.external_id or f"{NAMED}{row.name}" for row in rows}
            gone = {value: id_ for value, id_ in journal.streams.all_claimed(claim, "").items() if value not in own}
            if kind in WITH_STREAMS:
                gone = {value: id_ for value, id_ in gone.items() if id_ == made_id(claim, value)}
            found.extend(sorted(value.removeprefix(NAMED) for value in gone))
    return found
