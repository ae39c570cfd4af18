"""Errors as the command line says them, with the exit code: 1 refused, 2 wrong use, 3 system not reachable."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

REFUSED, WRONG_USE, UNREACHABLE = 1, 2, 3


def leave(error: Exception) -> NoReturn:
    """Say what was wrong on standard error and end with the fitting code. What nobody foresaw is raised."""
    code = exit_code(error)
    if code is None:
        raise error
    if isinstance(error, BrokenPipeError):  # whoever read the output has gone: `kams funnel | head`
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 nothing may be written at the interpreter's end either
        sys.exit(code)
    from domain.errors import Refused

    said = error.in_full if isinstance(error, Refused) else str(error)
    print(f"kams: {said}", file=sys.stderr)
    sys.exit(code)


def exit_code(error: Exception) -> int | None:
    """The exit code of an error; None for one that is a fault of the program."""
    import psycopg
    from psycopg_pool import PoolTimeout
    from redis.exceptions import RedisError

    from api.access import NotAllowed, NotSignedIn
    from api.cli.embedded import ServerError
    from api.cli.session import NoKey, NotMigrated
    from api.cli.settings import SettingsError
    from domain.errors import KamsError, Malformed
    from domain.journal.writer import JournalUnreachable
    from domain.policies.calendar import PeriodUnknown

    if isinstance(error, SettingsError | Malformed | PeriodUnknown):
        return WRONG_USE
    unreachable = (ServerError, JournalUnreachable, NotMigrated, psycopg.OperationalError, PoolTimeout, RedisError)
    if isinstance(error, unreachable):
        return UNREACHABLE
    if isinstance(error, KamsError | NotAllowed | NotSignedIn | NoKey | OSError):
        return REFUSED
    return None
