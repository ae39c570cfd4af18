"""`kams audit trail | log`: who did what, and who came in, was refused, read or took away."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import output
from api.cli.asking import Csv, Json, KnownAt, NoWait, opened
from api.cli.auditing import access
from api.cli.auditing import trail_output as shown_as

if TYPE_CHECKING:
    from uuid import UUID

    from api.cli.session import System
    from domain.journal.trail import TrailFilters
    from projections.view import View

SHOWN = 100
LATE_DAYS = 7.0
"""A week, as the rule of thumb "late logging" says (`domain.lateness`)."""

From = Annotated[str | None, typer.Option("--from", metavar="T", help="Recorded from then on: a day or an ISO time.")]
To = Annotated[str | None, typer.Option("--to", metavar="T", help="Recorded up to then: a day or an ISO time.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="So many lines of a table or of --json.")]
Cursor = Annotated[str | None, typer.Option("--cursor", help="Go on where a page ended: its `next`.")]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="Write everything to FILE.parquet, .jsonl or .csv.")
]


def add(audit: typer.Typer) -> None:
    """Add the commands."""
    audit.command()(trail)
    audit.command()(log)
    access.add(audit)


def trail(
    which: Annotated[
        str, typer.Argument(metavar="[ACCOUNT]", help="With what was merged into it, its deals and findings.")
    ] = "",
    opportunity: Annotated[str, typer.Option("--opportunity", metavar="DEAL", help="Only this one.")] = "",
    actor: Annotated[str, typer.Option("--actor", metavar="WHO", help="A member, or worker, or import.")] = "",
    kind: Annotated[
        str, typer.Option("--kind", metavar="NAMES", help="Events or aggregates: Account.VisitLogged, Member.")
    ] = "",
    since: From = None,
    to: To = None,
    occurred_from: Annotated[str | None, typer.Option("--occurred-from", metavar="T", help="Occurred then.")] = None,
    occurred_to: Annotated[str | None, typer.Option("--occurred-to", metavar="T", help="Occurred by then.")] = None,
    correlation: Annotated[str, typer.Option("--correlation", metavar="ID", help="Of this request.")] = "",
    command: Annotated[str, typer.Option("--command", metavar="ID", help="Of this command.")] = "",
    late: Annotated[bool, typer.Option("--late", help="What people recorded long after it occurred.")] = False,
    late_days: Annotated[float, typer.Option("--late-days", min=0, help="More days than these.")] = LATE_DAYS,
    corrections: Annotated[bool, typer.Option("--corrections", help="Withdrawals and replacements.")] = False,
    overrides: Annotated[bool, typer.Option("--overrides", help="Decisions against a rule, with reasons.")] = False,
    with_access: Annotated[bool, typer.Option("--with-access", help="The access log between them, marked.")] = False,
    limit: Limit = SHOWN,
    cursor: Cursor = None,
    out: Out = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """The audit trail (审计轨迹): who did what and when, before and after, newest first.

    For auditors and admins. --csv and --out hold everything, tables and --json a page.
    """
    import msgspec

    from api.cli.fact_words import Words
    from api.questions.audit_trail import TrailAnswer
    from api.trail import Asked, access_beside, cursor_of, page, place_of
    from api.trail import trail as ask
    from api.trail_lines import TrailLine, TrailTeller

    place, wanted = place_of(cursor), shown_as.format_of(out, otherwise=csv or json)
    of_request = shown_as.identifier("--correlation", correlation), shown_as.identifier("--command", command)
    with opened(None, known_at, no_wait) as (made, view):
        shown_as.must_audit(made)
        moments = {"recorded": (since, to), "occurred": (occurred_from, occurred_to)}
        filters = msgspec.structs.replace(
            _filters(made, view, (which, opportunity), actor, kind, moments),
            correlation=of_request[0],
            command=of_request[1],
            late=timedelta(days=late_days) if late else None,
            corrections=corrections,
            overrides=overrides,
        )
        asked = Asked(filters=filters, access=access_beside(filters) if with_access else None)
        teller = TrailTeller(made.journal, view)
        if csv or out is not None:
            with shown_as.progress_back(view, quiet=out is None) as examined:
                shown_as.hand_over(TrailLine, ask(teller, asked, place, examined), out, wanted)
            return
        lines, following = page(ask(teller, asked, place), limit, place)
        if json:
            output.print_json(TrailAnswer(**view.head(), lines=lines, next=cursor_of(following)))
        else:
            words = Words(teller.names, teller.stages, view.policies.company.time_zone)
            shown_as.show_trail(lines, cursor_of(following), words)


def _filters(
    made: System,
    view: View,
    about: tuple[str, str],
    actor: str,
    kind: str,
    moments: dict[str, tuple[str | None, str | None]],
) -> TrailFilters:
    """What a person states, names resolved."""
    from api.names import find_account, find_member, find_opportunity
    from api.trail import actor_of, beside, must_go_forward, streams_of, topics_of
    from domain.journal.trail import TrailFilters

    account, opportunity = about
    streams: tuple[UUID, ...] | None = None
    more: tuple[int, ...] = ()
    if account:
        key = find_account(view, account)
        streams, more = streams_of(view, key), beside(view, key)
    if opportunity:
        deal = find_opportunity(made.journal, view, opportunity)
        streams, more = (deal,) if streams is None or deal in streams else (), ()
    origin = actor_of(actor)
    recorded, occurred = (
        (made.calendar.beginning(f"{name} from", since), made.calendar.moment(f"{name} to", to))
        for name, (since, to) in moments.items()
    )
    must_go_forward("recorded to", *recorded)
    must_go_forward("occurred to", *occurred)
    return TrailFilters(
        streams=streams,
        beside=more,
        topics=topics_of(kind),
        actor=find_member(made.journal, view, actor) if actor and origin is None else None,
        origin=origin,
        recorded_from=recorded[0],
        recorded_to=recorded[1],
        occurred_from=occurred[0],
        occurred_to=occurred[1],
    )


def log(
    member: Annotated[str, typer.Option("--member", metavar="MEMBER", help="Only what this member did.")] = "",
    kind: Annotated[str, typer.Option("--kind", metavar="NAMES", help="signed_in, refused, personal, exported.")] = "",
    since: From = None,
    to: To = None,
    verify: Annotated[bool, typer.Option("--verify", help="Compare each sealed hour with its seal.")] = False,
    limit: Limit = SHOWN,
    cursor: Cursor = None,
    out: Out = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """The access log (访问日志): sign-ins, refused attempts, reads of personal data, exports; newest first."""
    from api.cli.fact_words import Words
    from api.log_verdict import verified
    from api.names import find_member
    from api.questions.audit_trail import AccessLogAnswer, LogLine, kinds_of, log_lines
    from api.trail import cursor_of, must_go_forward, place_of
    from api.trail_lines import TrailTeller
    from projections.access_log import AccessFilters, lines

    place, wanted = place_of(cursor), shown_as.format_of(out, otherwise=csv or json)
    with opened(None, None, no_wait) as (made, view):
        shown_as.must_audit(made)
        if verify:
            shown_as.show_verdict(verified(made.journal, view.connection), json)
            return
        filters = AccessFilters(
            member=find_member(made.journal, view, member) if member else None,
            kinds=kinds_of(kind),
            since=made.calendar.beginning("from", since),
            until=made.calendar.moment("to", to),
        )
        must_go_forward("to", filters.since, filters.until)
        teller = TrailTeller(made.journal, view)
        found = log_lines(teller, lines(view.connection, filters, place.access))
        if csv or out is not None:
            shown_as.hand_over(LogLine, found, out, wanted)
            return
        shown = list(islice(found, limit))
        following = cursor_of(type(place)(access=shown[-1].id)) if len(shown) == limit else None
        if json:
            output.print_json(AccessLogAnswer(**view.head(), lines=shown, next=following))
        else:
            words = Words(teller.names, teller.stages, view.policies.company.time_zone)
            shown_as.show_log(shown, following, words)
