"""kams visits: visits, the monthly plan, discipline, stores and the calendar in the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from api.cli import output
from api.cli.asking import AccountKey, AsOf, Csv, Json, KnownAt, NoWait, opened
from api.cli.options import Note, On, none_of
from domain.language.catalogue import say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from api.cli.session import System
    from projections.view import View

Who = Annotated[
    str, typer.Argument(metavar="[MEMBER]", help="Id, external id or name of a member; yourself if left out.")
]
Member = Annotated[str, typer.Option("--member", metavar="MEMBER", help="Only this member's.")]
Month = Annotated[
    str, typer.Option("--month", metavar="P", help="2026-10, 2026-Q4 or 2026; the running month if left out.")
]
OutletsOf = Annotated[
    str, typer.Option("--outlets-of", metavar="ACCOUNT", help="Only the outlets of this wholesaler or distributor.")
]


def add(app: typer.Typer) -> None:
    """Add `kams visits`."""
    visits = typer.Typer(help="Visits (客户拜访): plan, discipline, stores, calendar.", no_args_is_help=True)
    for name, command in (
        ("list", list_visits),
        ("show", show),
        ("plan", plan),
        ("hand-in", hand_in),
        ("discipline", discipline),
        ("stores", stores),
        ("ics", ics),
    ):
        visits.command(name)(command)
    app.add_typer(visits, name="visits")


def list_visits(
    month: Month = "",
    member: Member = "",
    account: AccountKey = "",
    outlets_of: OutletsOf = "",
    status: Annotated[str, typer.Option("--status", help="planned, cancelled or logged.")] = "",
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """The visits of a month: who, what, why, where, when."""
    from api.cli import visits_output
    from projections.visit_list import visits as ask
    from projections.visits import VisitStatus

    if status and status not in list(VisitStatus):
        raise none_of(status, VisitStatus, "--status")
    with opened(as_of, known_at, no_wait) as (made, view):
        about = _about(made, view, member, account, outlets_of)
        answer = ask(view, month, status=VisitStatus(status) if status else None, **about)
        zone = view.policies.company.time_zone
        visits_output.show_visits(answer, _names(made, view, answer.visits), json, csv, zone)


def show(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Id, external id or name.")],
    visit: Annotated[
        str, typer.Argument(metavar="VISIT", help="The id of the visit, as `kams visits list --json` names it.")
    ],
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    no_wait: NoWait = False,
) -> None:
    """One visit (客户拜访): its plan and its log whole, and every version of both."""
    from api.cli import visit_output
    from api.identity import is_identifier
    from api.names import find_account
    from api.visit_page import visit_page
    from domain.errors import NotFound

    if not is_identifier(visit):
        raise NotFound(kind="visit", key=visit)
    with opened(as_of, known_at, no_wait) as (made, view):
        visit_output.show(visit_page(made.journal, view, find_account(view, account), UUID(visit)), json)


def plan(
    member: Who = "",
    month: Month = "",
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """A member's month (月拜访计划): the visits one by one, and whether the plan was handed in on time."""
    from api.cli import visits_output
    from projections.visit_list import month_plan as ask

    with opened(as_of, known_at, no_wait) as (made, view):
        answer = ask(view, _member(made, view, member), month)
        zone = view.policies.company.time_zone
        visits_output.show_visits(answer, _names(made, view, answer.visits), json, csv, zone)


def hand_in(
    member: Who = "",
    month: Month = "",
    chance: Annotated[str | None, typer.Option("--chance", help="How likely the month succeeds: 0 to 1.")] = None,
    remark: Annotated[str | None, typer.Option("--remark", help="Kept sealed.")] = None,
    on: On = None,
    note: Note = None,
    json: Json = False,
) -> None:
    """Hand in a month's plan: all visits of the member that are planned for it, without the cancelled ones."""
    from api.cli.calling import Counter, Stated
    from domain import Member as Root
    from projections.visit_list import month_plan as ask
    from projections.visits import VisitStatus

    with opened(None, None, False) as (made, view):
        who = _member(made, view, member)
        found = ask(view, who, month)
        kept = [each for each in found.visits if each.status is not VisitStatus.CANCELLED and not each.ad_hoc]
        visits = [{"account": str(each.account), "visit": str(each.visit)} for each in kept]
        body: dict[str, Any] = {"month": found.period, "visits": visits, "chance": chance, "remark": remark}
        given = Counter(made).give(Root, "visit_plans.submit", {"id": who}, body, Stated(on, note))
    if json:
        output.print_json(given)
    elif given.positions:
        output.say(
            say(
                "Handed in {visits} visits for {period}, position {position}.",
                visits=len(visits),
                period=found.period,
                position=given.position,
            )
        )
    else:
        output.say(say("Unchanged, the plan of {period} says so already.", period=found.period))


def discipline(
    by: Annotated[str, typer.Option("--by", metavar="WHAT", help="manager or account.")] = "manager",
    month: Month = "",
    member: Member = "",
    account: AccountKey = "",
    outlets_of: OutletsOf = "",
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """Visit discipline (拜访执行): planned against logged, plans, cadence, days to the log, steps, objectives."""
    from api.cli import visits_output
    from api.names import member_names
    from projections.visit_discipline import DisciplineBy
    from projections.visit_discipline import discipline as ask

    if by not in list(DisciplineBy):
        raise none_of(by, DisciplineBy, "--by")
    with opened(as_of, known_at, no_wait) as (made, view):
        answer = ask(view, month, by=DisciplineBy(by), **_about(made, view, member, account, outlets_of))
        names = member_names(made.journal, view)
        for line in answer.lines:
            line.name = line.name or (names.get(line.key, "") if line.key else "")
        visits_output.show_discipline(answer, json, csv)


def stores(
    month: Month = "",
    account: AccountKey = "",
    outlets_of: OutletsOf = "",
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """Stores (店面): display, stock as counted last, orders of the month; per outlet and together."""
    from api.cli import visits_output
    from projections.store_standing import stores as ask

    with opened(as_of, known_at, no_wait) as (made, view):
        about = _about(made, view, "", account, outlets_of)
        del about["member"]
        visits_output.show_stores(ask(view, month, **about), json, csv)


def ics(
    member: Who = "",
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write there, not to the terminal.")] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    no_wait: NoWait = False,
) -> None:
    """A member's planned visits as a calendar (.ics), from three months back to a year ahead."""
    from api.files import whole
    from api.visit_calendar import calendar_of, feed_of

    with opened(as_of, known_at, no_wait) as (made, view):
        found = feed_of(view, _member(made, view, member))
    content = calendar_of(found)
    if out is None:
        typer.echo(content.decode(), nl=False)
        return
    with whole(out) as file:
        file.write(content)
    output.say(say("{found} visits written to {out}.", found=len(found), out=out))


def _member(made: System, view: View, text: str) -> UUID:
    from api.names import find_member

    return find_member(made.journal, view, text) if text else made.asker().member


def _about(made: System, view: View, member: str, account: str, outlets_of: str) -> dict[str, Any]:
    """Whom and what a question is about, names resolved."""
    from api.names import find_account

    return {
        "member": _member(made, view, member) if member else None,
        "account": find_account(view, account) if account else None,
        "outlets_of": find_account(view, outlets_of) if outlets_of else None,
    }


def _names(made: System, view: View, visits: Iterable[Any]) -> dict[UUID, str]:
    """The names of our people and theirs, for those who may read them."""
    from api.names import member_names, stakeholder_names

    accounts = {each for account in {visit.account for visit in visits} for each in view.together(account)}
    return {**member_names(made.journal, view), **stakeholder_names(made.journal, view, accounts)}
