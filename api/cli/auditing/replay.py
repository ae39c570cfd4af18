"""`kams audit replay`: an account event by event, as it stood; walked through in a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from api.cli.asking import AsOf, Csv, Json, KnownAt, NoWait, up_to_date, view_at

if TYPE_CHECKING:
    from api.cli.fact_words import Words
    from api.cli.session import System
    from api.replay import Replay
    from projections.view import View

WALK = 0
"""What `--step` without a number means."""


class Stepping(TyperCommand):
    """A command whose `--step` may stand without its number."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Give a bare `--step` the number that means walking."""
        given = list(args)
        for place, word in enumerate(args):
            if word == "--step" and not (place + 1 < len(args) and args[place + 1].isdigit()):
                given[place] = f"--step={WALK}"
        return super().parse_args(ctx, given)


def add(audit: typer.Typer) -> None:
    """Add the command."""
    audit.command(cls=Stepping)(replay)


def replay(
    which: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Id, external id or name.")],
    step: Annotated[
        int | None,
        typer.Option("--step", metavar="[N]", min=0, help="Walk step by step in a terminal; with a number, that step."),
    ] = None,
    opportunity: Annotated[
        str, typer.Option("--opportunity", metavar="OPPORTUNITY", help="Only this opportunity: id or external id.")
    ] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=2000, help="So many steps, the last ones.")] = 40,
    before: Annotated[
        int | None, typer.Option("--before", metavar="POSITION", help="The steps before this fact, further back.")
    ] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """Replay (重演): an account and its opportunities event by event, each with before and after.

    --known-at shows what was known then and, side by side, what became known about that moment since. CSV holds all
    steps.
    """
    from api.cli import replay_output
    from api.cli.auditing.walking import walk

    terminal = sys.stdin.isatty() and sys.stdout.isatty() and not (json or csv)
    with up_to_date(no_wait) as (made, asker):
        with view_at(made, as_of, known_at, asker.visibility) as view:
            found, words = _replay(made, view, which, opportunity, then=known_at is not None, dated=as_of is not None)
            if step is None:
                replay_output.show(found.stretch(None if csv else limit, before), json, csv, words)
            elif step != WALK or not terminal:
                replay_output.show_step(found.step(step or len(found)), json, csv, words)
        if step == WALK and terminal:
            walk(found, words)


def _replay(made: System, view: View, which: str, opportunity: str, *, then: bool, dated: bool) -> tuple[Replay, Words]:
    """The replay at the view's clocks, and the words in which it is said."""
    from api.cli.fact_words import Words
    from api.names import find_account, find_opportunity, opening
    from api.replay import Replay, at_its_time

    view = view if dated or not then else at_its_time(view)
    with made.reader.view(view.visibility, as_of=view.clock.as_of) as now:
        account = find_account(now, which)
        deal = find_opportunity(made.journal, now, opportunity) if opportunity else None
        found = Replay(
            made.journal,
            view,
            account,
            opening(made.journal, view),
            opportunity=deal,
            now=now if then else None,
        )
    return found, Words(found.teller.names, found.teller.stages, now.policies.company.time_zone)
