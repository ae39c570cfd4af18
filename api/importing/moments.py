"""The earliest dated fact of an import: where everything that is named without a date begins."""

from __future__ import annotations

from datetime import date, datetime

from api.importing.desk import Clock
from api.importing.files import Content
from api.importing.kinds import KINDS
from api.importing.kinds.commands import CommandKind

BEGINNING_OF_RECORDS = date(1970, 1, 1)
DATED = {
    "accounts": ("registered_on",),
    "members": ("joined_on",),
    "products": ("from_",),
    "opportunities": ("opened_on", "closed_on"),
    "stage_history": ("at",),
    "stakeholders": ("since",),
    "relationships": ("on",),
    "buyers": ("on",),
    "visits": ("planned_on", "start"),
    "satisfaction": ("on",),
    "purchases": ("on",),
    "key_status": ("on",),
    "managers": ("effective_on",),
    "answers": ("on",),
    "rates": ("on",),
    "facts": ("on",),
}


def earliest(content: Content, clock: Clock) -> datetime:
    """The moment of the earliest date in the files, or the export's day where that is earlier.

    Where nothing is dated, the beginning of records: what is known of a customer without any date must not stand in
    the way of the dated facts that a later import brings.
    """
    found = clock.export
    dated = False
    given = {kind.name: ("on",) for kind in KINDS.values() if isinstance(kind, CommandKind)}
    for kind, columns in {**DATED, **given}.items():
        for column in columns:
            days = {value for row in content.of(kind) if (value := getattr(row, column)) is not None}
            dated = dated or bool(days)
            found = min([found, *(clock.moment(day) for day in days)])
    return found if dated else clock.moment(BEGINNING_OF_RECORDS)
