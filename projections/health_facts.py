"""What relationship health is computed from: the facts of many accounts as of two clocks, in a handful of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec

from domain.account.person import Coverage, Level
from domain.account.purchases import SurveyKind
from domain.account.visits import ObjectiveMet
from domain.account_plan.objective_terms import MeasuredBy
from domain.language.catalogue import either, say, term
from domain.money import Money
from domain.opportunity.buyers import BuyerRole, Support
from domain.policies.calendar import quarter
from domain.policies.sales_target import TargetScope
from domain.policies.service_policy import Effect, ServiceLevel
from projections.accounts import ACCOUNTS
from projections.buyers import BUYERS
from projections.contacts import CONTACTS
from projections.engine import ReadModel, as_of_sql
from projections.health_components import Mapped, Relation, Survey, Touch
from projections.health_effects import Done
from projections.health_exposure import Tie
from projections.health_gathering import Line, by_day, newest, ties_of
from projections.health_issues import Complaint, complaint
from projections.health_plan import PlanAim, PlanStone
from projections.issue_promises import promised
from projections.issues import ISSUES, IssueRow
from projections.joint_activities import JOINT_ACTIVITIES
from projections.members import MEMBERS
from projections.opportunities import FUNNEL
from projections.plan_facts import Aim, plans_of
from projections.purchases import PURCHASES
from projections.satisfaction import SATISFACTION
from projections.stakeholders import RELATIONSHIPS, STAKEHOLDERS
from projections.value_given import VALUES
from projections.view import View
from projections.visits import VISITS

_TIES = """
with meeting as (select account, people, stakeholders, cause,
    exp(ln(0.5) * extract(epoch from %(as_of)s::timestamptz - at)::float8 / (86400 * %(half_life)s)) weight
    from ({meetings}) meeting)
select account, member, {person}, sum(weight), max(cause)
from meeting, unnest(people) member, unnest(stakeholders) person group by 1, 2, 3
order by 1, 2, 3
"""
_BY_DAY = """
select account, (at at time zone %(zone)s)::date, currency, sum(revenue), array_agg(cause order by cause)
from ({rows}) p group by 1, 2, 3 order by 1, 2, 3"""
ISSUE_COLUMNS = (
    *("severity", "response_due", "resolution_due", "responded", "resolved"),
    *("response_missed", "resolution_missed", "service_level", "raised", "reopened"),
)
TWO_YEARS = timedelta(days=731)
_PEOPLE = " union all ".join(
    f"select stakeholder from {table} where account = any(%(accounts)s)"
    for table in (STAKEHOLDERS.table, STAKEHOLDERS.history)
)
_MET = f"(stakeholder = any(array({_PEOPLE})) or stakeholder = any(%(doubles)s) or stakeholder = any(%(persons)s))"
"""Mapped are people who were ever known at the accounts, or who are the same as others, or whom others are."""
_MAPPED = " union all ".join(
    f"select opportunity from {table} where {_MET}" for table in (BUYERS.table, BUYERS.history)
)
"""Every opportunity on which these people were ever mapped."""


class DayOfPurchases(msgspec.Struct, frozen=True):
    """What an account bought on a day of the company's calendar, in one currency."""

    day: date
    revenue: Money
    positions: tuple[int, ...]


class PlannedQuarter(msgspec.Struct, frozen=True):
    """What an account shall buy in a quarter: its first and last day and the target."""

    first: date
    last: date
    amount: Money


class AccountFacts(msgspec.Struct):
    """An account and all that its health is made of; of the people only those who are there."""

    account: UUID
    external_id: str
    name: str
    level: ServiceLevel
    touch: Touch | None = None
    done: list[Done] = msgspec.field(default_factory=list)
    ties: list[Tie] = msgspec.field(default_factory=list)
    open_opportunities: set[UUID] = msgspec.field(default_factory=set)
    buyers: list[Mapped] = msgspec.field(default_factory=list)
    relations: list[Relation] = msgspec.field(default_factory=list)
    surveys: list[Survey] = msgspec.field(default_factory=list)
    purchases: list[DayOfPurchases] = msgspec.field(default_factory=list)
    planned: list[PlannedQuarter] = msgspec.field(default_factory=list)
    issues: list[Complaint] = msgspec.field(default_factory=list)
    aims: list[PlanAim] = msgspec.field(default_factory=list)
    stones: list[PlanStone] = msgspec.field(default_factory=list)


class _Loading:
    """The facts while they are read: one query per kind of row."""

    def __init__(self, view: View, accounts: list[UUID] | None) -> None:
        self._view = view
        self._of = "account = any(%(accounts)s)" if accounts is not None else ""
        self._parameters = {"accounts": accounts, **view.group_parameters()}
        where = "key = any(%(accounts)s)" if accounts is not None else ""
        found = self._rows(ACCOUNTS, "key, external_id, name, relationship_type", where)
        self.facts = {
            key: AccountFacts(key, external_id, name, ServiceLevel(level or ServiceLevel.NONE))
            for key, external_id, name, level in found
            if key not in view.merged
        }
        self._present = {
            (account, person)
            for account, person in self._rows(STAKEHOLDERS, "account, stakeholder", self._and("present"))
        }

    def read(self) -> dict[UUID, AccountFacts]:
        """Everything."""
        self._touches()
        self._ties()
        self._buyers()
        self._relations()
        self._surveys()
        self._purchases()
        self._targets()
        self._issues()
        self._plans()
        return self.facts

    def _touches(self) -> None:
        """The newest visit, contact or joint activity that took place; what was done for each other."""
        for account, at, cause in self._newest(VISITS, "account, at, cause", self._and("status = 'logged'")):
            self._touch(account, Touch(at, cause))
        for account, at, cause, channel in self._newest(CONTACTS, "account, at, cause, channel", self._of):
            self._touch(
                account,
                Touch(at, cause, say("contact ({channel})", channel=either(channel, term("ContactChannel", channel)))),
            )
        columns, took_place = (
            "account, coalesce(concluded, started) at, cause, aim_met",
            self._and(f"started is not null and {self._view.once_sql('activity')}"),
        )
        for account, at, cause, aim_met in self._rows(JOINT_ACTIVITIES, columns, took_place):
            self._touch(account, Touch(at, cause, "joint activity"))
            effect = Effect.ACTIVITY_AIM_MET if aim_met == ObjectiveMet.YES else Effect.ACTIVITY
            self._did(account, Done(effect, at, cause))
        columns = "account, coalesce(acknowledged, given) at, cause, acknowledged is not null"
        for account, at, cause, acknowledged in self._rows(VALUES, columns, self._and("given_by = 'us'")):
            effect = Effect.VALUE_ACKNOWLEDGED if acknowledged else Effect.VALUE_GIVEN
            self._did(account, Done(effect, at, cause))

    def _touch(self, account: UUID, touch: Touch) -> None:
        facts = self.facts.get(account)
        if facts and (facts.touch is None or (facts.touch.at, facts.touch.position) < (touch.at, touch.position)):
            facts.touch = touch

    def _did(self, account: UUID, done: Done) -> None:
        if facts := self.facts.get(account):
            facts.done.append(done)

    def _ties(self) -> None:
        """The meetings of each of ours with each of theirs, over visits and contacts of which both sides are known."""
        columns, known = "account, at, cause, people, stakeholders", "people <> '{}' and stakeholders <> '{}'"
        meetings = [
            (VISITS, columns, self._and(f"status = 'logged' and {known}")),
            (CONTACTS, columns, self._and(known)),
        ]
        half_life = self._view.policies.service.thread_half_life_days
        gone = {key for (key,) in self._rows(MEMBERS, "key", "has_left")}
        if self._view.goes_through:
            found = ties_of((row for each in meetings for row in self._rows(*each)), self._view, half_life)
        else:
            both = " union all ".join(self._sql(*each) for each in meetings)
            found = self._ask(_TIES.format(meetings=both, person=self._view.person_sql("person")), half_life=half_life)
        for account, member, person, weight, position in found:
            if facts := self.facts.get(account):
                holds = member not in gone and (account, person) in self._present
                facts.ties.append(Tie(member, person, weight, position, holds))

    def _buyers(self) -> None:
        """Who is mapped on an open opportunity counts where that belongs, else wherever the person does."""
        homes = defaultdict[UUID, list[UUID]](list)
        for account, person in self._present:
            homes[person].append(account)
        columns = "opportunity, stakeholder, role, support, key_player, valid_from, cause"
        mapped = self._rows(BUYERS, columns, _MET if self._of else "")
        which = f"({self._of} or key = any(array({_MAPPED})))" if self._of else ""
        at_work: dict[UUID, UUID] = dict(self._rows(FUNNEL, "key, account", which))
        for opportunity, account in at_work.items():
            if facts := self.facts.get(account):
                facts.open_opportunities.add(opportunity)
        for opportunity, person, role, support, key_player, at, cause in mapped:
            found = Mapped(opportunity, person, BuyerRole(role), Support(support), key_player, at, cause)
            for account in [at_work[opportunity]] if opportunity in at_work else homes[person]:
                if (account, person) in self._present and (facts := self.facts.get(account)):
                    facts.buyers.append(found)

    def _relations(self) -> None:
        for account, person, level, desired, covered, cause in self._rows(
            RELATIONSHIPS, "account, stakeholder, level, desired, coverage, cause", self._of
        ):
            if (account, person) in self._present and (facts := self.facts.get(account)):
                nearest = Coverage(covered) if covered else None
                aim = Level(desired) if desired else None
                facts.relations.append(Relation(person, Level(level), aim, nearest, cause))

    def _surveys(self) -> None:
        columns = "account, stakeholder, at, cause, survey, score"
        for account, person, at, cause, kind, score in self._newest(SATISFACTION, columns, self._of, by=2):
            is_there = person is None or (account, person) in self._present
            if is_there and (facts := self.facts.get(account)):
                facts.surveys.append(Survey(at, SurveyKind(kind), score, cause))

    def _purchases(self) -> None:
        columns, since = "account, at, currency, revenue, cause", self._view.clock.as_of - TWO_YEARS
        zone = self._view.policies.company.time_zone
        if self._view.goes_through:
            found = by_day((row for row in self._rows(PURCHASES, columns, self._of) if row[1] > since), zone)
        else:
            rows = self._sql(PURCHASES, columns, self._and("at > %(since)s"))
            found = self._ask(_BY_DAY.format(rows=rows), since=since, zone=zone)
        for account, day, currency, revenue, causes in found:
            if facts := self.facts.get(account):
                facts.purchases.append(DayOfPurchases(day, Money(revenue, currency), tuple(causes)))

    def _targets(self) -> None:
        by_account = _planned_of(self._view)
        for account, facts in self.facts.items():
            facts.planned = [each for one in self._view.together(account) for each in by_account.get(str(one), [])]

    def _issues(self) -> None:
        columns, rows, told = ", ".join(ISSUE_COLUMNS), dict[UUID, IssueRow](), list[tuple[UUID, UUID, int]]()
        for key, account, position, *values in self._rows(ISSUES, f"key, account, cause, {columns}", self._of):
            rows[key] = IssueRow(**dict(zip(ISSUE_COLUMNS, values, strict=True)))
            told.append((key, account, position))
        rows = promised(self._view, rows)
        for key, account, position in told:
            if facts := self.facts.get(account):
                facts.issues.append(complaint(key, rows[key], position, self._view.clock.as_of))

    def _plans(self) -> None:
        """What approved plans that are not closed promise: drafts bind nobody."""
        bind = "status in ('approved', 'agreed', 'revised')"
        for plan in plans_of(self._view, accounts=self._parameters["accounts"], where=bind).plans:
            if facts := self.facts.get(plan.customer):
                facts.aims += [_aim(aim) for aim in plan.aims]
                facts.stones += [
                    PlanStone(stone.row.due, stone.row.reached_on, stone.row.stated, stone.row.ended)
                    for stone in plan.stones
                    if stone.row.due
                ]

    def _and(self, condition: str) -> str:
        return f"{self._of} and {condition}" if self._of else condition

    def _rows(self, model: ReadModel, columns: str, where: str) -> list[Line]:
        """The rows, merged accounts as one and persons who are the same as one."""
        return self._view.rows(model, self._one(columns), where, **self._parameters)

    def _newest(self, model: ReadModel, columns: str, where: str, by: int = 1) -> Iterable[Line]:
        """The newest row of each, by so many first columns; moment and position are the columns that follow."""
        if self._view.goes_through:
            return newest(self._rows(model, columns, where), by)
        keys = ", ".join(columns.split(", ")[:by])
        rows = self._sql(model, columns, where)
        return self._ask(f"select distinct on ({keys}) {columns} from ({rows}) v order by {keys}, at desc, cause desc")

    def _sql(self, model: ReadModel, columns: str, where: str) -> str:
        return as_of_sql(model, self._one(columns), where, only_open=True)

    def _one(self, columns: str) -> str:
        one = {"account": self._view.group_sql(), "stakeholder": self._view.person_sql()}
        return ", ".join(
            f"{one[each]} as {each}" if one.get(each, each) != each else each for each in columns.split(", ")
        )

    def _ask(self, sql: str, **more: Any) -> list[Line]:
        asked = self._view.parameters(**self._parameters, **more)
        return self._view.connection.execute(sql.encode(), asked).fetchall()


def _planned_of(view: View) -> dict[str, list[PlannedQuarter]]:
    """What accounts shall buy, by the account: of one state of the policies the same for all questions."""
    of, company = view.policies.targets, view.policies.company
    known: tuple[object, object, dict[str, list[PlannedQuarter]]] | None = view.of_transaction.get("targets")
    if known is None or known[0] is not of or known[1] is not company:
        by_account = defaultdict[str, list[PlannedQuarter]](list)
        scope = f"{TargetScope.ACCOUNT.value}\n"
        for target in [of.targets[place] for place in of.targets if place.startswith(scope)]:
            by_account[target.key].append(PlannedQuarter(*quarter(company, target.period), target.amount))
        known = view.of_transaction["targets"] = of, company, by_account
    return known[2]


def _aim(aim: Aim) -> PlanAim:
    row = aim.row
    readings = tuple((each.position, each.value) for each in aim.readings)
    if row.measured_by is MeasuredBy.RECORDED and row.progressed and row.value is not None:
        readings = ((row.progressed, row.value),)
    return PlanAim(aim.line, aim.value, row.stated, readings)


def facts_of(view: View, account: UUID | None = None) -> list[AccountFacts]:
    """The facts of the accounts that the asker may see, or of one of them, as of the view's clocks; accounts that
    were merged are one, where they lead to.

    An account that is not there, or that the asker may not see, is not among them.
    """
    visible = view.visible_accounts()
    if account is None:
        return list(_Loading(view, visible).read().values())
    seen = visible is None or account in visible
    return list(_Loading(view, view.together(view.leads_to(account)) if seen else []).read().values())
