"""What somebody needs who is about to log a visit: where he was last, whom he met there, what is open."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from domain.account.visit_kinds import VisitKind
from projections.accounts import ACCOUNTS
from projections.directory import AccountFilters, account_conditions
from projections.engine import as_of_sql
from projections.opportunities import FUNNEL
from projections.seen import rows_as_of
from projections.stakeholders import STAKEHOLDERS, StakeholderRow
from projections.team import TEAM_MEMBERS, TeamMemberRow
from projections.view import View
from projections.visit_facts import accounts_asked
from projections.visit_list import VisitLine, lines
from projections.visits import VISITS, VisitRow, VisitStatus

NEAR = timedelta(days=4)


class PersonThere(msgspec.Struct, frozen=True):
    """Somebody of the customer's who is there, and when he was last met on a visit."""

    stakeholder: UUID
    title: str
    met: datetime | None


class Visited(msgspec.Struct, frozen=True):
    """What the visits of an account say: whom one meets there, the last met first, and of which kind the last was."""

    people: list[PersonThere]
    last_at: datetime | None
    last_kind: VisitKind | None


class AccountVisited(msgspec.Struct, frozen=True):
    """An account, and when it was last visited."""

    id: UUID
    name: str
    last: datetime | None


def visited(view: View, account: UUID) -> Visited:
    """Who is there at a customer, by when they were last met."""
    together = view.together(account)
    where = "account = any(%(accounts)s)"
    visits = rows_as_of(view, VISITS, VisitRow, f"{where} and status = 'logged'", accounts=together)
    met: dict[UUID, datetime] = {}
    newest: VisitRow | None = None
    for each in visits:
        if each.row.at is None:
            continue
        if newest is None or newest.at is None or each.row.at > newest.at:
            newest = each.row
        for who in each.row.stakeholders:
            person = view.person(who)
            met[person] = max(met.get(person, each.row.at), each.row.at)
    rows = rows_as_of(view, STAKEHOLDERS, StakeholderRow, f"{where} and present", accounts=together)
    people = [
        PersonThere(each.row.stakeholder, each.row.title, met.get(each.row.stakeholder))
        for each in rows
        if each.row.stakeholder and view.person(each.row.stakeholder) == each.row.stakeholder
    ]
    people.sort(key=lambda each: (-(each.met.timestamp() if each.met else 0.0), str(each.stakeholder)))
    return Visited(people, newest.at if newest else None, newest.what if newest else None)


def last_visited(view: View, filters: AccountFilters, limit: int) -> tuple[list[AccountVisited], int]:
    """Up to `limit` visible accounts, those last visited first, the others by name; and how many there are in all."""
    wanted, parameters = account_conditions(view, filters)
    accounts = as_of_sql(ACCOUNTS, "key, name", " and ".join(wanted))
    visits = as_of_sql(VISITS, "account, at", "status = 'logged'", only_open=True)
    sql = f"""select key, name, last, count(*) over () from ({accounts}) account
        left join (select account as key, max(at) as last from ({visits}) visit group by account) visited using (key)
        order by last desc nulls last, name, key limit %(limit)s"""
    found = view.connection.execute(sql.encode(), view.parameters(limit=limit, **parameters)).fetchall()
    return [AccountVisited(*row[:3]) for row in found], found[0][3] if found else 0


def planned_near(view: View, member: UUID | None) -> list[VisitLine]:
    """The planned visits of some days before and after the moment asked about, of one of ours or of everybody."""
    now = view.clock.as_of
    found = lines(view, accounts_asked(view), now - NEAR, now + NEAR, member=member)
    return [each for each in found if each.status is VisitStatus.PLANNED]


def colleagues(view: View, account: UUID) -> list[UUID]:
    """Those of ours in the team around a customer."""
    rows = rows_as_of(view, TEAM_MEMBERS, TeamMemberRow, "account = any(%(accounts)s)", accounts=view.together(account))
    return list(dict.fromkeys(each.row.member for each in rows if each.row.member))


def open_opportunities(view: View, account: UUID) -> list[UUID]:
    """The open opportunities of a customer."""
    sql = as_of_sql(FUNNEL, "key, close_on", "account = any(%(accounts)s) and outcome = ''")
    rows = view.connection.execute(
        f"select key from ({sql}) deal order by close_on nulls last, key".encode(),
        view.parameters(accounts=view.together(account)),
    )
    return [key for (key,) in rows]


def account_of_visit(view: View, visit: UUID) -> UUID | None:
    """The account of a visit among those that the asker may see."""
    visible = view.visible_accounts()
    for each in rows_as_of(view, VISITS, VisitRow, "visit = %(visit)s", visit=visit):
        if each.row.account and (visible is None or each.row.account in visible):
            return each.row.account
    return None
