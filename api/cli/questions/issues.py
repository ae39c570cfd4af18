"""kams issues, kams issue, kams service: what customers came with, and how we answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from api.cli.asking import AccountKey, AsOf, Csv, Json, KnownAt, NoWait, opened
from api.cli.options import none_of

if TYPE_CHECKING:
    from api.cli.session import System
    from projections.view import View


def add(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(issues)
    app.command()(issue)
    app.command()(service)


def issues(
    account: AccountKey = "",
    severity: Annotated[
        int | None, typer.Option("--severity", min=1, max=4, help="Only this severity: 1 (stands still) to 4 (a wish).")
    ] = None,
    only_open: Annotated[bool, typer.Option("--open", help="Only those that are not resolved.")] = False,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """Issues (客户投诉与反馈): what is open, what was promised, whether it was kept."""
    from api.cli import issues_output
    from api.names import find_account, opening
    from projections.issue_list import issues as ask

    with opened(as_of, known_at, no_wait) as (made, view):
        answer = ask(
            view,
            account=find_account(view, account) if account else None,
            only_open=only_open,
            severity=severity,
            read=opening(made.journal, view),
        )
        issues_output.show_issues(answer, json, csv, view.policies.company.time_zone)


def issue(
    which: Annotated[str, typer.Argument(metavar="ISSUE", help="Id or external id.")],
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    no_wait: NoWait = False,
) -> None:
    """One issue (客户投诉): how far it is, what departments were asked, what changed because of it."""
    from api.cli import issues_output
    from api.names import member_names, opening
    from projections.issue_list import issue as ask

    with opened(as_of, known_at, no_wait) as (made, view):
        answer = ask(view, _identifier(made, view, which), opening(made.journal, view))
        issues_output.show_issue(answer, json, view.policies.company.time_zone, member_names(made.journal, view))


def service(
    by: Annotated[
        str, typer.Option("--by", metavar="WHAT", help="severity, category, account, manager or territory.")
    ] = "severity",
    period: Annotated[
        str, typer.Option("--period", metavar="P", help="2026-10, 2026-Q4 or 2026; the 365 days before if left out.")
    ] = "",
    account: AccountKey = "",
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """Service (投诉): open issues, SLAs kept, time to resolve, causes that repeat, improvements."""
    from api.cli import issues_output
    from api.names import find_account, member_names, opening
    from projections.service import ServiceBy
    from projections.service import service as ask

    if by not in list(ServiceBy):
        raise none_of(by, ServiceBy, "--by")
    with opened(as_of, known_at, no_wait) as (made, view):
        about = find_account(view, account) if account else None
        answer = ask(view, period, by=ServiceBy(by), account=about, read=opening(made.journal, view))
        if answer.by is ServiceBy.MANAGER:
            names = member_names(made.journal, view)
            for line in answer.lines:
                line.name = names.get(line.key, "") if line.key else ""
        issues_output.show_service(answer, json, csv)


def _identifier(made: System, view: View, text: str) -> UUID:
    """The issue of an id or external id, if the asker may see it. Raises NotFound by what was stated."""
    from api.identity import is_identifier
    from api.named import named
    from domain.errors import NotFound
    from projections.issue_list import complaints

    found = UUID(text) if is_identifier(text) else made.journal.streams.claimed("issue", "", [text]).get(text)
    if found is None or not complaints(view, where="key = %(key)s", key=found):
        raise NotFound(kind="issue", key=text)
    return named(found)
