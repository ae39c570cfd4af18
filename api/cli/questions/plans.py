"""`kams plans` and `kams plan`: account plans (大客户发展计划) in the terminal, and the plan to print."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated

import typer

from api.cli.asking import AccountKey, AsOf, Csv, Json, KnownAt, NoWait, opened


class Whom(enum.Enum):
    """For whom a plan is printed."""

    US = "us"
    CUSTOMER = "customer"


def add(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(plans)
    app.command()(plan)


def plans(
    every: Annotated[bool, typer.Option("--all", help="Closed ones, too.")] = False,
    account: AccountKey = "",
    year: Annotated[int | None, typer.Option("--year", help="Only those of this fiscal year.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many, the newest years first.")] = 50,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """Account plans (大客户发展计划): how far each is, what is behind its line, which milestones are missed."""
    from api.cli import plan_output
    from api.names import find_account
    from projections.plan_progress import plans as ask

    with opened(as_of, known_at, no_wait) as (_, view):
        which = find_account(view, account) if account else None
        answer = ask(view, account=which, fiscal_year=year, every=every)
        answer.cut(limit)
        plan_output.show_plans(answer, json, csv)


def plan(
    plan: Annotated[str, typer.Argument(metavar="PLAN", help="Id or external id, or ACCOUNT:YEAR such as A-1:2026.")],
    printed: Annotated[bool, typer.Option("--document", help="The plan to print, as one page of HTML.")] = False,
    text: Annotated[bool, typer.Option("--text", help="The plan to print, as plain text.")] = False,
    whom: Annotated[Whom, typer.Option("--for", help="The customer's has nothing that is ours alone.")] = Whom.US,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write it into this file.")] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """One plan: objectives against their straight lines, milestones, three years; or the plan to print."""
    from api.cli import output, plan_output
    from api.plan_document import as_text, document
    from api.plan_page import find_plan, plan_page
    from domain.language.catalogue import say

    with opened(as_of, known_at, no_wait) as (made, view):
        page = plan_page(made.journal, view, find_plan(made.journal, view, plan))
        if not (printed or text):
            plan_output.show(page, json, csv)
            return
        write = document if printed else as_text
        written = write(page, view.policies.company, for_customer=whom is Whom.CUSTOMER)
    if out is None:
        typer.echo(written, nl=False)
        return
    out.write_text(written, encoding="utf-8")
    output.say(say("Wrote {path}.", path=out))
