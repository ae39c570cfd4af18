"""What the doctor looks at around personal data."""

from __future__ import annotations

import psycopg

from api.checks import Check
from api.cli.people_key import PeopleKeyUnreadable, key_in
from api.cli.settings import Settings
from domain.journal.forgotten import forgettings, not_destroyed
from domain.journal.wrapping import PeopleKeyIsAnother, PeopleKeyMissing, Wrapping, in_use, see_that_it_fits
from domain.language.catalogue import say

OTHERS = 0o077


def check_people_key(connection: psycopg.Connection, settings: Settings) -> Check:
    """Whether this machine has the people key, it is nobody else's to read, and whoever was forgotten is."""
    path = settings.people_key_path
    try:
        key = key_in(path)
        see_that_it_fits(connection, Wrapping(key) if key else None)
    except (PeopleKeyUnreadable, PeopleKeyMissing, PeopleKeyIsAnother, OSError) as error:
        remedy = say("Copy {path} from a machine that has it; without it nobody reads personal data.", path=path)
        return Check("people_key", ok=False, found=str(error), remedy=remedy)
    if in_use(connection) is None:
        remedy = "Run `kams migrate`: it makes the people key and wraps the secrets with it."
        found = "the secrets of personal data lie in the database as they are"
        return Check("people_key", ok=settings.database_url is None, found=found, remedy=remedy)
    if path.stat().st_mode & OTHERS:
        remedy = say("Run: chmod 600 {path}", path=path)
        return Check("people_key", ok=False, found=say("others can read {path}", path=path), remedy=remedy)
    keys = {key for each in forgettings(connection) for key in each.keys}
    if left := len(not_destroyed(connection, keys)):
        found = say("{left} keys of people who were forgotten are not destroyed yet", left=left)
        return Check("people_key", ok=False, found=found, remedy="Run `kams migrate`, which finishes it.")
    return Check("people_key", ok=True, found=say("in {path}, apart from the database", path=path))
