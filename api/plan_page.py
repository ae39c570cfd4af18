"""An account plan as the asker may read it: its progress, its situation and lessons opened, names of people."""

from __future__ import annotations

from uuid import UUID

import msgspec

from api.identity import OF_A_YEAR, is_identifier
from api.named import named
from api.names import find_account, member_names, opening, stakeholder_names, with_members
from domain.account.team import TeamFunction
from domain.account_plan.situation import QUADRANTS
from domain.claims import Claim
from domain.errors import NotFound
from domain.journal.journal import Journal
from projections.account_plans import ACCOUNT_PLANS, SITUATIONS, AccountPlanRow, SituationRow
from projections.accounts import ACCOUNTS, AccountRow
from projections.plan_progress import PlanProgress, plan_progress
from projections.seen import rows_as_of
from projections.team import TEAM_MEMBERS, TeamMemberRow
from projections.view import View


class PlanSituation(msgspec.Struct):
    """Where we stand at the customer, item by item; None where it was not analysed or may not be read."""

    strengths: list[str] | None = None
    weaknesses: list[str] | None = None
    opportunities: list[str] | None = None
    threats: list[str] | None = None


class PlanTeamLine(msgspec.Struct):
    """One of ours who works for the customer; without a function he is the manager."""

    member: UUID
    function: TeamFunction | None
    name: str | None


class PlanPage(PlanProgress, kw_only=True):
    """A plan (大客户发展计划) as of the view's clocks: how far it is, what was written down about it, our team, and
    the names of our people and the customer's by their identifiers, for those who may read them."""

    situation: PlanSituation
    team: list[PlanTeamLine]
    lessons: str | None
    people: dict[str, str]


def find_plan(journal: Journal, view: View, text: str) -> UUID:
    """A plan by id, external id, or its account and year (ACCOUNT:2026), among those that the asker may see. Raises
    NotFound."""
    found = _of_year(view, text) if OF_A_YEAR.fullmatch(text) else None
    if found is None and is_identifier(text):
        found = UUID(text)
    if found is None:
        holder = journal.streams.holder(Claim("accountplan", "", text))
        found = holder[0] if holder else None
    if found is None or not _seen(view, found):
        raise NotFound(kind="plan", key=text)
    return named(found)


def _of_year(view: View, text: str) -> UUID | None:
    account, _, year = text.rpartition(":")
    together = view.together(view.leads_to(find_account(view, account)))
    where = "account = any(%(accounts)s) and fiscal_year = %(year)s"
    rows = rows_as_of(view, ACCOUNT_PLANS, AccountPlanRow, where, accounts=together, year=int(year))
    return rows[0].key if rows else None


def _seen(view: View, plan: UUID) -> bool:
    visible = view.visible_accounts()
    rows = rows_as_of(view, ACCOUNT_PLANS, AccountPlanRow, "key = %(plan)s", plan=plan)
    return any(visible is None or each.row.account in visible for each in rows)


def plan_page(journal: Journal, view: View, plan: UUID) -> PlanPage:
    """The page of a plan. Raises NotFound."""
    progress = plan_progress(view, plan)
    read = opening(journal, view)
    (row,) = rows_as_of(view, ACCOUNT_PLANS, AccountPlanRow, "key = %(plan)s", plan=plan)
    situation = PlanSituation()
    for each in rows_as_of(view, SITUATIONS, SituationRow, "key = %(plan)s", plan=plan):
        for name in QUADRANTS:
            text = getattr(each.row, name)
            words = read(text, name) if text else None
            setattr(situation, name, _items(words) if words else None)
    team = _team(view, progress.plan.account)
    people = _people(journal, view, progress, team)
    for line in team:
        line.name = people.get(str(line.member))
    return PlanPage(
        **{name: getattr(progress, name) for name in progress.__struct_fields__},
        situation=situation,
        lessons=read(row.row.lessons, "lessons") if row.row.lessons else None,
        team=team,
        people=people,
    )


def _items(text: str) -> list[str]:
    """One item a line."""
    return [line.strip(" \t-•*") for line in text.splitlines() if line.strip(" \t-•*")]


def _team(view: View, account: UUID) -> list[PlanTeamLine]:
    """The manager, then the team by function."""
    together = view.together(account)
    managed = rows_as_of(view, ACCOUNTS, AccountRow, "key = %(account)s and manager is not null", account=account)
    found = [PlanTeamLine(each.row.manager, None, None) for each in managed if each.row.manager]
    where = "account = any(%(accounts)s)"
    places = [each.row for each in rows_as_of(view, TEAM_MEMBERS, TeamMemberRow, where, accounts=together)]
    places.sort(key=lambda row: (str(row.function), str(row.member)))
    return [*found, *(PlanTeamLine(row.member, row.function, None) for row in places if row.member)]


def _people(journal: Journal, view: View, progress: PlanProgress, team: list[PlanTeamLine]) -> dict[str, str]:
    ours = {line.member for line in team} | {each.owner for each in progress.milestones} | {progress.approved_by}
    theirs = {each.stakeholder for each in progress.milestones} | {progress.agreed_by}
    members = with_members(journal, view, member_names(journal, view), [each for each in ours if each])
    stakeholders = stakeholder_names(journal, view, view.together(progress.plan.account))
    known = {**members, **stakeholders}
    return {str(key): name for key, name in known.items() if key in ours | theirs}
