"""`kams audit diff`: what changed between two moments, or between two states of knowledge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.asking import (
    AccountKey,
    AsOf,
    Csv,
    Json,
    KnownAt,
    NoWait,
    Owner,
    ProductKey,
    Territory,
    filters_of,
    up_to_date,
    view_at,
)  # fmt: skip

if TYPE_CHECKING:
    from api.cli.session import System
    from api.diff import Diff
    from projections.deals import Filters
    from projections.view import View


def add(audit: typer.Typer) -> None:
    """Add the command."""
    audit.command()(diff)


def diff(
    since: Annotated[str | None, typer.Option("--from", metavar="T", help="The first moment: a day or a time.")] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="T", help="The second moment; now if not stated.")] = None,
    known_from: Annotated[
        str | None, typer.Option("--known-from", metavar="T|POSITION", help="What was known first, about one moment.")
    ] = None,
    known_to: Annotated[
        str | None, typer.Option("--known-to", metavar="T|POSITION", help="What was known then; now if not stated.")
    ] = None,
    account: AccountKey = "",
    owner: Owner = "",
    territory: Territory = "",
    product: ProductKey = "",
    period: Annotated[
        str, typer.Option("--period", help="Deals expected to close then, and the forecast of it: 2026-Q3.")
    ] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=2000, help="So many facts in between.")] = 40,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """Diff (差异): what changed between two moments, or between two states of knowledge about one moment.

    The bridge of the open amount and the change of the forecast close to the cent and name their events; beside them
    stand health and the facts in between, with before and after. CSV holds the facts, all of them.
    """
    from api.cli import diff_output
    from api.cli.fact_words import Words
    from domain.member import Role

    _must_be_one_of_both(since, to, known_from, known_to, as_of, known_at)
    with up_to_date(no_wait) as (made, asker):
        asker.must_be(Role.AUDITOR, Role.ADMIN)
        end, known = (as_of, known_to) if known_from else (to, known_at)
        with view_at(made, end, known, asker.visibility) as now:
            filters = filters_of(made, now, owner, territory, product, account, period)
            found = _diff(made, now, since, known_from, filters, None if csv else limit)
            words = Words(found.teller.names, found.teller.stages, now.policies.company.time_zone)
            diff_output.show(found, json, csv, words)


def _diff(
    made: System, now: View, since: str | None, known_from: str | None, filters: Filters, limit: int | None
) -> Diff:
    from api.diff import Diff
    from api.names import opening

    start = since or now.clock.as_of.isoformat()
    with view_at(made, start, known_from or str(now.clock.known_at), now.visibility) as then:
        if then.clock.as_of > now.clock.as_of:
            raise typer.BadParameter("the bridge would end before it starts", param_hint="--to")
        if then.clock.known_at > now.clock.known_at:
            raise typer.BadParameter("the bridge would end before it starts", param_hint="--known-to")
        return Diff(
            made.journal,
            then,
            now,
            filters,
            opening(made.journal, now),
            limit=limit,
        )


def _must_be_one_of_both(
    since: str | None, to: str | None, known_from: str | None, known_to: str | None, as_of: str | None,
    known_at: str | None,
) -> None:  # fmt: skip
    moments, knowledge = bool(since or to), bool(known_from or known_to)
    if moments == knowledge or not (since or known_from):
        raise typer.BadParameter("state --from (and --to), or --known-from (and --known-to)", param_hint="--from")
    if known_at and knowledge:
        raise typer.BadParameter("state --known-from and --known-to alone", param_hint="--known-at")
    if as_of and moments:
        raise typer.BadParameter("state --from and --to alone", param_hint="--as-of")
