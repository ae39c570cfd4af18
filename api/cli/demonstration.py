"""The command `kams demo`: the sample company, imported like everyone's files, and its three read models."""

from __future__ import annotations

import shutil
import sys
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from api.cli import output
from domain.errors import Refused
from domain.language.catalogue import say

if TYPE_CHECKING:
    from api.cli.session import System
    from domain.policies.policy import Policy

COLDEST = 12
SEED = 20260101


class AnotherCompany(Refused):
    """The sample company of the seed {found} lives in {home}: name another home in KAMS_HOME for {wanted}."""


NEXT = """
Try next (.venv/bin/kams --help lists all):
  kams funnel --as-of {earlier}          the funnel as it stood then
  kams funnel --bridge --from {earlier}  what changed since, to the cent
  kams forecast --by territory             the running quarter by territory
  kams forecast --deals                    the chance of every open deal, when it closes, and why
  kams health --account {story}              why a relationship stands where it stands
  kams portfolio                           which customers deserve key treatment, and why
  kams map O-LH-2 --as-of 2025-05-14       who decides there, and where they stood
  kams findings --account {story}            what rules of thumb say; kams todo: who does what
  kams strategy; kams plans; kams issues; kams programmes; kams experiments; kams scorecard
  kams up                                  serves console and API; prints an address to sign in
"""


def add(app: typer.Typer) -> None:
    """Add the demo."""
    app.command()(demo)


def demo(
    port: int = typer.Option(8000, help="The port to serve on, where somebody watches."),
    serve: bool | None = typer.Option(None, help="Go on serving; without it: only on a terminal."),
    seed: int = typer.Option(
        SEED, help="Another number makes another company by the same rules: for a home of its own (KAMS_HOME)."
    ),
    truth: Path | None = typer.Option(
        None, metavar="FILE", help="Write what only the generator knows, as CSV: the true chance of each opportunity."
    ),
) -> None:
    """Import the sample company (3 years, 66 accounts, 2,500 opportunities) and show its read models."""
    from api.cli.freshness import bring_up_to_date
    from api.cli.seal_key import seal_now
    from api.cli.session import system
    from api.cli.settings import Settings

    with system(Settings.from_environment(), want_valkey=True) as made:
        make_sample_company(made, seed)
        if truth is not None:
            write_truth(truth, seed)
        seal_now(made)
        bring_up_to_date(made)
        show_read_models(made)
        if serve or (serve is None and sys.stdout.isatty() and sys.stdin.isatty()):
            serve_on(made, port)
        else:
            output.say(
                say(
                    "The console is not served now, where nobody watches a terminal: `{kams} up` serves it, and prints"
                    " an address that signs you in, once; `{kams} sign-in` prints another one while it runs.",
                    kams=as_called(),
                )
            )


def as_called() -> str:
    """The command as this shell finds it: by its path, where it was called so and is on no search path."""
    called = Path(sys.argv[0])
    return str(called) if called.name == "kams" and shutil.which("kams") is None else "kams"


def make_sample_company(made: System, seed: int = SEED) -> None:
    """Import the sample company, once: the same files again record nothing, and are not even read again.

    Raises AnotherCompany where the home has one of another seed."""
    from api.cli.intake import run_import, show
    from api.demo import LAST_DAY, write

    done = made.settings.home / "sample-company"
    head, _, there = done.read_text(encoding="ascii").partition(" ") if done.exists() else ("", "", "")
    if head and int(there or SEED) != seed:
        raise AnotherCompany(home=made.settings.home, found=there or SEED, wanted=seed)
    if head and made.journal.streams.head() >= int(head):
        output.say("The sample company is there already.")
        return
    folder = made.settings.home / "sample"
    shutil.rmtree(folder, ignore_errors=True)  # what a killed demo left
    folder.mkdir(parents=True)
    sample = write(folder, seed)
    output.say(
        say(
            "Importing the sample company: {rows:,} rows of {files} files.",
            rows=sum(sample.rows.values()),
            files=len(sample.rows),
        )
    )
    _define_company(made, folder / "company.toml")
    _define_policies(made, folder / "policies.json")
    report = run_import(made, [folder], on=LAST_DAY, actor=made.asker().member)
    shutil.rmtree(folder)
    show(report, dry_run=False)
    done.write_text(f"{report.position or 0} {seed}", encoding="ascii")


def write_truth(file: Path, seed: int) -> None:
    """The true probability of each opportunity, as of its opening, which no file of the company holds."""
    from api.demo.company import deals_of
    from api.files import new_file

    lines = ["opportunity,opened_on,win_probability"]
    lines += [f"{deal.external_id},{deal.opened_on},{deal.probability}" for deal in deals_of(seed)]
    with new_file(file) as out:
        out.write("\n".join([*lines, ""]).encode())


def show_read_models(made: System) -> None:
    """Funnel, forecast and relationship health at the end of the sample's history."""
    from api.cli import forecast_output, funnel_output, health_output
    from api.cli.forecasting.learning import learned_at
    from api.demo import LAST_DAY
    from domain.policies.calendar import day_end
    from projections.forecast import current_period, forecast
    from projections.forecast_quantiles import add_quantiles
    from projections.funnel import funnel
    from projections.relationship_health import health

    moment = day_end(made.calendar.company, LAST_DAY)
    with made.reader.view(made.asker().visibility, as_of=moment) as view:
        funnel_output.show_funnel(funnel(view), json=False, csv=False)
        output.console().print()
        expected = add_quantiles(view, forecast(view, current_period(view)), learned_at(made, view))
        forecast_output.show(expected, json=False, csv=False)
        output.console().print()
        answer = health(view)
        answer.accounts = [each for each in answer.accounts if each.score is not None][:COLDEST]
        health_output.show(answer, json=False, csv=False)
    earlier = (LAST_DAY - timedelta(days=182)).isoformat()
    output.console().print(NEXT.format(earlier=earlier, story="A-01"), highlight=False)


def serve_on(made: System, port: int) -> None:
    """Go on with workers and API until Ctrl-C."""
    from api.cli.running import ended_by_signals, working
    from api.cli.serving import opened_door
    from api.cli.signing_in import own_address
    from api.demo import LAST_DAY
    from api.signing_in.tokens import LONGEST

    with opened_door(made, "127.0.0.1", port) as door, ended_by_signals(door.stop), working(made, door.stop):
        address = own_address(made, door.url, f"/console/?as_of={LAST_DAY}", LONGEST) or door.url
        output.say(say("Open this address; it signs you in once:"))
        output.say(address)
        output.say(say("Serving at this address until Ctrl-C; in another terminal, try the commands above."))
        door.serve()


def _define_company(made: System, file: Path) -> None:
    """Set the company's policy as its own file states it, dated before everything else."""
    import tomllib
    from datetime import UTC, datetime, time

    from api.demo import FIRST_DAY
    from domain.journal.context import Context
    from domain.policies.company import Company
    from domain.policies.policy import policy_id

    document = tomllib.loads(file.read_text(encoding="utf-8"))
    at = datetime.combine(FIRST_DAY - timedelta(days=365), time(0), UTC)
    context = Context(at=at, actor=made.asker().member)
    made.journal.run(Company, policy_id("Company"), lambda company: company.define_from(document), context)


def _define_policies(made: System, file: Path) -> None:
    """Set the policies that have dates of their own, each at the beginning of its day."""
    import json
    from datetime import UTC, date, datetime, time

    from api.policies import POLICIES
    from domain.journal.context import Context
    from domain.policies.policy import policy_id

    for stated in json.loads(file.read_text(encoding="utf-8")):
        root, at = POLICIES[stated["policy"]], datetime.combine(date.fromisoformat(stated["on"]), time(0), UTC)
        context = Context(at=at, actor=made.asker().member)
        decide = partial(_define, stated["document"])
        made.journal.run(root, policy_id(root.__name__, stated["key"]), decide, context)


def _define(document: dict[str, Any], policy: Policy) -> None:
    policy.define_from(document)
