"""`kams doctor`: what is wrong with an installation, and how to mend it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from api.checks import Check
from api.cli import output
from api.cli.asking import Json
from domain.language.catalogue import say

if TYPE_CHECKING:
    from api.cli.settings import Settings

FAILED, UNREACHABLE = 1, 3
PASSWORD_IN_ADDRESS = re.compile(r"(://[^:/@?#]*:)(.*)(?=@)")
PASSWORD_PARAMETER = re.compile(r"((?:^|[?&\s])(?:ssl)?password=)[^&\s]*", re.IGNORECASE)
SHOWN = "***"


@dataclass(frozen=True)
class DoctorReport:
    """Everything that was looked at. Addresses are without passwords; null where there is none."""

    ok: bool
    database_url: str | None
    redis_url: str | None
    checks: tuple[Check, ...]

    @property
    def reachable(self) -> bool:
        """Whether the database, without which nothing works, was reached."""
        return all(check.ok for check in self.checks if check.name == "database")


def add(app: typer.Typer) -> None:
    """Add `kams doctor`."""
    app.command()(doctor)


def doctor(json: Json = False) -> None:
    """Say what is wrong with this installation and how to mend it."""
    from api.cli.settings import Settings, SettingsError

    try:
        report = run(Settings.from_environment())
    except SettingsError as error:
        report = report_of([Check("settings", ok=False, found=str(error), remedy="Mend the variable, or unset it.")])
    if json:
        output.print_json(report)
    else:
        show(report)
    if not report.ok:
        raise typer.Exit(FAILED if report.reachable else UNREACHABLE)


def run(settings: Settings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> DoctorReport:
    """Look at everything. Never raises: what cannot be looked at is a failed check that says why.

    Embedded servers that do not run are started for the time of the examination; `clock` is this machine's.
    """
    from api.cli.doctor_servers import examine

    examined = examine(settings, clock)
    return report_of(examined.checks, examined.database_url, examined.redis_url)


def report_of(checks: list[Check], database_url: str | None = None, redis_url: str | None = None) -> DoctorReport:
    """The report: well if every check is; no password is in it."""
    secrets = [secret for url in (database_url, redis_url) if url for secret in passwords_in(url)]
    clean = tuple(
        Check(check.name, check.ok, without(secrets, say(check.found)), without(secrets, say(check.remedy)))
        for check in checks
    )
    return DoctorReport(all(check.ok for check in clean), masked(database_url), masked(redis_url), clean)


def show(report: DoctorReport) -> None:
    """Print the report for a person."""
    rows = [(_word(check), check.name, check.found, check.remedy) for check in report.checks]
    output.print_table("", ["", "check", "found", "remedy"], rows)
    if report.database_url:
        output.say(say("Database: {database_url}", database_url=report.database_url))
    if report.redis_url:
        output.say(say("Valkey:   {redis_url}", redis_url=report.redis_url))
    warned = any(check.remedy for check in report.checks)
    well = "Nothing FAILED; see what is warned of." if warned else "All is well."
    output.say(well if report.ok else "Mend what FAILED, then run `kams doctor` again.")


def _word(check: Check) -> str:
    return "FAILED" if not check.ok else "warning" if check.remedy else "ok"


def masked(url: str | None) -> str | None:
    """An address without its password."""
    if url is None:
        return None
    return PASSWORD_PARAMETER.sub(rf"\g<1>{SHOWN}", PASSWORD_IN_ADDRESS.sub(rf"\g<1>{SHOWN}", url))


def passwords_in(url: str) -> list[str]:
    """The passwords in an address, as written and as meant."""
    from urllib.parse import unquote

    found = [match[2] for match in PASSWORD_IN_ADDRESS.finditer(url)]
    found += [match[0].partition("=")[2] for match in PASSWORD_PARAMETER.finditer(url)]
    return [secret for each in found for secret in (each, unquote(each)) if secret]


def without(secrets: list[str], text: str) -> str:
    """A text in which no secret is left."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, SHOWN)
    return text
